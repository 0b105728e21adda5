/** Texture synthesis from Gram matrices (Gatys, Ecker, Bethge: "Texture synthesis using CNNs", NeurIPS 2015). */
import type { Engine } from '../engine/engine.js';
import type { StyleTransferSettings } from './settings.js';
import { createRun } from './create-run.js';
import type { StyleTransferInputs } from './run-start.js';
import type { CreateOptions, ImageRun } from './run-types.js';

/** Settings of a texture: those of a style transfer without the content term. */
export type TextureSettings = Omit<StyleTransferSettings, 'contentLayers' | 'contentWeight' | 'contentLoss' | 'contentNormalize'>;

/** Makes a run whose only losses are style and total variation. */
export function createTextureSynthesis(
  engine: Engine,
  settings: TextureSettings,
  inputs: Omit<StyleTransferInputs, 'content'>,
  options: CreateOptions = {},
): Promise<ImageRun> {
  return createRun(engine, { ...settings, contentLayers: [], contentWeight: 0, contentLoss: 'mse', contentNormalize: 'none' }, inputs, options);
}
