/** The pictures of a run, checked, and the one it starts from. */
import { GramaryeError } from '../engine/errors.js';
import { fillPhilox } from '../engine/random.js';
import type { VggWeights } from '../models/vgg19.js';
import { checkMasks } from './masks.js';
import { checkPicture, type Picture } from './picture.js';
import { coverPicture } from './pictures/resize.js';
import type { PreviousFrame } from './sequence/temporal-term.js';
import type { StyleTransferSettings } from './settings.js';

/** Pictures and net of a run. The content and init pictures have the size of the result. */
export interface StyleTransferInputs {
  readonly net: VggWeights;
  readonly content?: Picture;
  readonly styles: readonly Picture[];
  /** Grey pictures of any size, one for each style, that say where it goes: white there, black elsewhere, soft edges in between. */
  readonly masks?: readonly Picture[];
  /** The start, for `init: 'picture'`. */
  readonly init?: Picture;
  /** The frame before, which this one is held to by `temporalWeight`. */
  readonly previous?: PreviousFrame;
}

/** Uniform noise in [0, 1) from Philox4x32-10, in row-major order. */
export function noisePicture(height: number, width: number, seed: number): Picture {
  const words = new Uint32Array(height * width * 3);
  fillPhilox(words, seed);
  const data = new Float32Array(words.length);
  // 24 bits, which f32 holds exactly.
  for (let index = 0; index < data.length; index++) data[index] = ((words[index] ?? 0) >>> 8) / 2 ** 24;
  return { height, width, data };
}

/** Checks the pictures against the settings and gives the start. Throws `bad-option` or `bad-picture`. */
export function checkedStart(settings: StyleTransferSettings, inputs: StyleTransferInputs): Picture {
  const { content, styles } = inputs;
  if (settings.styleLayers.length > 0 && styles.length === 0) {
    throw new GramaryeError('bad-option', 'There is no style picture.', { remedy: 'Give at least one.' });
  }
  if (settings.contentLayers.length > 0 && content === undefined)
    throw new GramaryeError('bad-option', 'There is no content picture.', { remedy: 'Give one, or name no content layer.' });
  if (content === undefined && settings.colours !== undefined && settings.colours !== 'style') {
    throw new GramaryeError('bad-option', `Colours are to be kept by ${settings.colours}, but there is no content picture to take them from.`, {
      remedy: 'Give a content picture, or colours of the style.',
    });
  }
  styles.forEach((style, index) => {
    checkPicture(`Style picture ${String(index + 1)}`, style);
  });
  if (inputs.masks !== undefined) checkMasks(inputs.masks, styles.length);
  if (content !== undefined) {
    checkPicture('The content picture', content);
    if (settings.contentLayers.length > 0 || settings.colours === 'luminance') requireSize('The content picture', content, settings);
  }
  if (inputs.previous !== undefined) {
    checkPicture('The result of the frame before', inputs.previous.result);
    requireSize('The result of the frame before', inputs.previous.result, settings);
  }
  const start = initialPicture(settings, inputs);
  checkPicture('The picture to start from', start);
  return start;
}

function requireSize(name: string, picture: Picture, { height, width }: StyleTransferSettings): void {
  if (picture.height === height && picture.width === width) return;
  throw new GramaryeError(
    'bad-picture',
    `${name} is ${String(picture.width)} × ${String(picture.height)} px; the result is ${String(width)} × ${String(height)} px.`,
    { remedy: 'Scale it to the size of the result.' },
  );
}

/** Grey with noise below one level of 8 bits, without which no place would differ from another. */
export function greyPicture(height: number, width: number, seed: number): Picture {
  const noise = noisePicture(height, width, seed);
  return { height, width, data: noise.data.map((value) => 0.5 + (value - 0.5) / 255) };
}

/** The picture that a run of these settings starts from. Throws `bad-option`, or `bad-picture` where its size is another. */
export function initialPicture(settings: StyleTransferSettings, inputs: StyleTransferInputs): Picture {
  const { height, width, seed, init } = settings;
  if (init === 'noise') return noisePicture(height, width, seed);
  if (init === 'grey') return greyPicture(height, width, seed);
  const chosen = { content: inputs.content, style: inputs.styles[0], picture: inputs.init }[init];
  if (chosen === undefined)
    throw new GramaryeError('bad-option', `The run is to start from "${init}", but there is no such picture.`, {
      remedy: 'Give the picture, or start from noise.',
    });
  if (init === 'style') return coverPicture(chosen, settings);
  requireSize('The picture to start from', chosen, settings);
  return chosen;
}
