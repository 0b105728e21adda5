/** Everything that runs in tiles need, for them to load at once. */
export { planRun, tileAfterRefusal } from './choose-tiles.js';
export { TiledEvaluation } from './tiled-evaluation.js';
export { buildTiledStep } from './tiled-step.js';
export { tiledContents, tiledGrams } from './tiled-targets.js';
export { planTiles } from './windows.js';
