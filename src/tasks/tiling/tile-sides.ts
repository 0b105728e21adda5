/** Which sides of tiles are tried. */
import { tileMetrics, type LayerShape } from './windows.js';

/** What a tiled step takes at most besides image, optimiser and weights where no budget is given. */
export const TILE_WORKING_BYTES = 1e9;

const SIDES = [2_048, 1_536, 1_280, 1_024, 896, 768, 640, 512, 448, 384, 320, 256, 224];

/** Sides of tiles for a picture whose longer side is `longer` px, the largest first: less of a large tile is halo. */
export function tileSides(layers: readonly LayerShape[], longer: number): number[] {
  const { least, stride } = tileMetrics(layers);
  return [...SIDES.filter((side) => side > least && side < longer && side % stride === 0), ...(least < longer ? [least] : [])];
}
