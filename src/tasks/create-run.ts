import type { Engine } from '../engine/engine.js';
import { createMultiScale } from './multi-scale/multi-scale-run.js';
import { MIN_SIDE_PX, type Picture } from './picture.js';
import { matchColours } from './pictures/match-colours.js';
import { resizePicture } from './pictures/resize.js';
import type { CreateOptions, ImageRun } from './run-types.js';
import type { StyleTransferInputs } from './run-start.js';
import type { StyleTransferSettings } from './settings.js';
import { createStyleTransfer } from './style-transfer.js';

/**
 * Makes a run of whatever the settings ask for, ready to step: colours of the styles matched, then one size or several. Throws coded
 * errors for bad input.
 */
export function createRun(engine: Engine, asked: StyleTransferSettings, inputs: StyleTransferInputs, options: CreateOptions = {}): Promise<ImageRun> {
  const settings = inputs.masks === undefined ? asked : { ...asked, regions: inputs.masks.length };
  const styles = inputs.styles.map((style, index) => matchColours(scaled(style, settings.styleScales?.[index] ?? 1), inputs.content, settings.colours));
  const prepared = { ...inputs, styles };
  return settings.scales === undefined ? createStyleTransfer(engine, settings, prepared, options) : createMultiScale(engine, settings, prepared, options);
}

function scaled(style: Picture, scale: number): Picture {
  const side = (pixels: number): number => Math.max(MIN_SIDE_PX, Math.round(pixels * scale));
  return scale === 1 ? style : resizePicture(style, { height: side(style.height), width: side(style.width) });
}
