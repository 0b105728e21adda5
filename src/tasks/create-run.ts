import type { Engine } from '../engine/engine.js';
import { MIN_SIDE_PX, type Picture } from './picture.js';
import { resizePicture } from './pictures/resize.js';
import type { CreateOptions, ImageRun } from './run-types.js';
import type { StyleTransferInputs } from './run-start.js';
import type { StyleTransferSettings } from './settings.js';
import { createStyleTransfer } from './style-transfer.js';

/**
 * Makes a run of whatever the settings ask for, ready to step: colours of the styles matched, then one size or several. Throws coded
 * errors for bad input.
 */
export async function createRun(engine: Engine, asked: StyleTransferSettings, inputs: StyleTransferInputs, options: CreateOptions = {}): Promise<ImageRun> {
  const settings = inputs.masks === undefined ? asked : { ...asked, regions: inputs.masks.length };
  const styles: Picture[] = [];
  for (const [index, style] of inputs.styles.entries()) styles.push(await prepareStyle(style, settings.styleScales?.[index] ?? 1, settings, inputs.content));
  const prepared = { ...inputs, styles };
  if (settings.scales === undefined) return createStyleTransfer(engine, settings, prepared, options);
  const { createMultiScale } = await import('./multi-scale/multi-scale-run.js');
  return createMultiScale(engine, settings, prepared, options);
}

/** The style at its scale, in the colours that are asked for. */
async function prepareStyle(style: Picture, scale: number, { colours }: StyleTransferSettings, content: Picture | undefined): Promise<Picture> {
  const sized = scaled(style, scale);
  if (colours !== 'covariance' && colours !== 'histogram') return sized;
  const { matchColours } = await import('./pictures/match-colours.js');
  return matchColours(sized, content, colours);
}

function scaled(style: Picture, scale: number): Picture {
  const side = (pixels: number): number => Math.max(MIN_SIDE_PX, Math.round(pixels * scale));
  return scale === 1 ? style : resizePicture(style, { height: side(style.height), width: side(style.width) });
}
