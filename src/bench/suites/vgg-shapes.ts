/** Shapes of VGG19's layers at the image sizes that are worth knowing. */
import type { Attributes } from '../../engine/contract.js';
import type { SuiteShape } from './suite.js';

/** Image sizes, px. */
export const IMAGE_SIZES = [64, 128, 224, 256, 512, 1_024] as const;
const STANDARD_SIZE = 128;
const QUICK_SIZE = 64;

/** One of VGG19's distinct convolutions. */
export interface VggConvolution {
  readonly name: string;
  /** How often the map was halved before. */
  readonly halvings: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

const layer = (name: string, halvings: number, inChannels: number, outChannels: number): VggConvolution => ({ name, halvings, inChannels, outChannels });

/** The distinct ones; the others repeat their shapes. */
export const VGG_CONVOLUTIONS: readonly VggConvolution[] = [
  layer('conv1_1', 0, 3, 64),
  layer('conv1_2', 0, 64, 64),
  layer('conv2_1', 1, 64, 128),
  layer('conv2_2', 1, 128, 128),
  layer('conv3_1', 2, 128, 256),
  layer('conv3_2', 2, 256, 256),
  layer('conv4_1', 3, 256, 512),
  layer('conv4_2', 3, 512, 512),
  layer('conv5_1', 4, 512, 512),
];

/** Shapes `NAME@SIZE` of convolutions at every image size. `quick` names those of the quick suite, at 64 px. */
export function convolutionShapes(
  convolutions: readonly VggConvolution[],
  quick: readonly string[],
  attributes: (convolution: VggConvolution, side: number) => Attributes,
): SuiteShape[] {
  return IMAGE_SIZES.flatMap((size) =>
    convolutions.map((convolution) => ({
      name: `${convolution.name}@${String(size)}`,
      attributes: attributes(convolution, size >> convolution.halvings),
      isStandard: size === STANDARD_SIZE,
      isQuick: size === QUICK_SIZE && quick.includes(convolution.name),
    })),
  );
}

/** The taps of style, first convolution of each block: `relu1_1@128`. */
export function tapShapes(quick: readonly number[], attributes: (side: number, channels: number) => Attributes): SuiteShape[] {
  return IMAGE_SIZES.flatMap((size) =>
    [64, 128, 256, 512, 512].map((channels, block) => ({
      name: `relu${String(block + 1)}_1@${String(size)}`,
      attributes: attributes(size >> block, channels),
      isStandard: size === STANDARD_SIZE,
      isQuick: size === QUICK_SIZE && quick.includes(block + 1),
    })),
  );
}

/** The maps that are pooled, the end of blocks 1 to 4: `pool1@128`. */
export function poolShapes(attributes: (side: number, channels: number) => Attributes): SuiteShape[] {
  return IMAGE_SIZES.flatMap((size) =>
    [64, 128, 256, 512].map((channels, block) => ({
      name: `pool${String(block + 1)}@${String(size)}`,
      attributes: attributes(size >> block, channels),
      isStandard: size === STANDARD_SIZE,
      isQuick: size === QUICK_SIZE && block === 0,
    })),
  );
}

/** Whole images: `image@128`. */
export function imageShapes(attributes: (side: number) => Attributes): SuiteShape[] {
  return IMAGE_SIZES.map((size) => ({
    name: `image@${String(size)}`,
    attributes: attributes(size),
    isStandard: size === STANDARD_SIZE,
    isQuick: size === QUICK_SIZE,
  }));
}
