/**
 * How a picture becomes a network's input. The mean is subtracted per pixel and never folded into the first layer's bias:
 * the zero padding is zero after the subtraction, so folding would change the picture's border.
 */
import { GramaryeError } from '../engine/errors.js';

/** The two conventions of VGG19 weights. */
export type PreprocessName = 'caffe' | 'torch';

/** `input[c] = picture[order[c]] * scale[c] - mean[c]`, with the picture's RGB in [0, 1]. */
export interface Preprocess {
  readonly name: PreprocessName;
  /** Which of red (0), green (1) and blue (2) each input channel takes. */
  readonly order: readonly [number, number, number];
  readonly scale: readonly [number, number, number];
  readonly mean: readonly [number, number, number];
}

/**
 * `caffe`: BGR in 0..255 minus ImageNet's mean (Simonyan and Zisserman 2014; Keras's VGG19). `torch`: RGB in 0..1 minus the
 * mean, over the standard deviation (torchvision, timm).
 */
export const PREPROCESS: Readonly<Record<PreprocessName, Preprocess>> = {
  caffe: { name: 'caffe', order: [2, 1, 0], scale: [255, 255, 255], mean: [103.939, 116.779, 123.68] },
  torch: { name: 'torch', order: [0, 1, 2], scale: [1 / 0.229, 1 / 0.224, 1 / 0.225], mean: [0.485 / 0.229, 0.456 / 0.224, 0.406 / 0.225] },
};

/**
 * A preprocessing by name.
 *
 * @throws GramaryeError `bad-option` naming the known ones; `origin` says where the name came from.
 */
export function preprocessNamed(name: string, origin: string): Preprocess {
  if (name !== 'caffe' && name !== 'torch')
    throw new GramaryeError('bad-option', `${origin}: unknown preprocessing "${name.slice(0, 40)}".`, { remedy: 'Known are caffe and torch.' });
  return PREPROCESS[name];
}
