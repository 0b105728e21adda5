/** Masks: grey pictures that say which style goes where. */
import { GramaryeError } from '../engine/errors.js';
import type { Picture } from './picture.js';
import type { Dimensions } from './pictures/picture-size.js';
import { resizeValues } from './pictures/resize.js';
import type { StepLayer } from './vgg-net.js';

/** How much each position of a tap belongs to a region. */
export interface GuideFactors {
  /** √(w positions / Σw): features scaled by it have the region's Gram matrix [positions]. */
  readonly loss: Float32Array<ArrayBuffer>;
  /** w positions / Σw [positions]. */
  readonly gradient: Float32Array<ArrayBuffer>;
  /** Σw / positions: the share of the picture. A region counts by it, so that a pixel's style counts the same in small and large ones. */
  readonly area: number;
}

/** Factors of a mask at a tap (Gatys et al., "Controlling perceptual factors in neural style transfer", CVPR 2017, section 4). */
export function guideFactors(mask: Picture, layers: readonly Pick<StepLayer, 'name' | 'pooledBefore'>[], layer: string, size: Dimensions): GuideFactors {
  let { height, width } = size;
  for (const { name, pooledBefore } of layers) {
    if (pooledBefore) [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
    if (name === layer) break;
  }
  const grey = new Float32Array(mask.height * mask.width);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * (mask.data[3 * i] ?? 0) + 0.587 * (mask.data[3 * i + 1] ?? 0) + 0.114 * (mask.data[3 * i + 2] ?? 0);
  }
  const weights = resizeValues(grey, mask, { height, width }, 1, 'linear');
  const sum = weights.reduce((total, value) => total + value, 0);
  const positions = height * width;
  const gradient = sum > 0 ? weights.map((value) => (value * positions) / sum) : weights;
  return { loss: gradient.map(Math.sqrt), gradient, area: sum / positions };
}

/** Checks that there is a mask for every style and that each is white somewhere. Throws `bad-option`. */
export function checkMasks(masks: readonly Picture[], styleCount: number): void {
  if (masks.length !== styleCount) {
    throw new GramaryeError('bad-option', `There are ${String(masks.length)} masks for ${String(styleCount)} style pictures.`, {
      remedy: 'Give one mask for each style picture, in their order.',
    });
  }
  masks.forEach(({ data }, index) => {
    if (!data.some((value) => value > 0)) {
      throw new GramaryeError('bad-option', `Mask ${String(index + 1)} is black everywhere: its style would go nowhere.`, {
        remedy: 'Paint white where the style is to go.',
      });
    }
  });
}
