import affine from '../../../shaders/preprocess/affine.wgsl?raw';
import { defineKernel, type Pass, type Values } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { GramaryeError, requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How a network was trained to see pictures. */
export type PreprocessMode = 'caffe' | 'torch';

/** Dimensions of the picture and the network's convention. */
export type PreprocessAttributes = { readonly height: number; readonly width: number; readonly mode: PreprocessMode };

interface Convention {
  /** Blue first. */
  readonly reversed: boolean;
  /** output[k] = scale[k] · image[source(k)] + offset[k] */
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
}

/** ImageNet's channel means and deviations: of 255-valued BGR (Caffe's VGG) and of RGB in [0, 1] (torchvision). */
const CONVENTIONS: Readonly<Record<PreprocessMode, Convention>> = {
  caffe: { reversed: true, scale: [255, 255, 255], offset: [-103.939, -116.779, -123.68] },
  torch: { reversed: false, scale: [1 / 0.229, 1 / 0.224, 1 / 0.225], offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225] },
};

const WORKGROUP = 64;

function conventionOf({ mode }: PreprocessAttributes): Convention {
  const convention = (CONVENTIONS as Partial<Record<string, Convention>>)[mode];
  if (convention === undefined) throw new GramaryeError('bad-option', `There is no preprocessing "${mode}".`, { remedy: 'Use "caffe" or "torch".' });
  return convention;
}

function pictureShape(kernel: string, attributes: PreprocessAttributes): number[] {
  requireInteger(kernel, 'height', attributes.height);
  requireInteger(kernel, 'width', attributes.width);
  conventionOf(attributes);
  return [attributes.height, attributes.width, 3];
}

/** Channel of the picture that channel `k` of the network's input comes from, and the other way round. */
function exchange(k: number, reversed: boolean): number {
  return reversed ? 2 - k : k;
}

/** Float64: the affine map of each channel. */
export function preprocessReference(attributes: PreprocessAttributes, { image = new Float64Array() }: Values): Values {
  const { reversed, scale, offset } = conventionOf(attributes);
  return {
    output: image.map(
      (_, index) => (scale[index % 3] ?? NaN) * (image[index - (index % 3) + exchange(index % 3, reversed)] ?? NaN) + (offset[index % 3] ?? NaN),
    ),
  };
}

/** Float64: its transpose. */
export function preprocessGradientReference(attributes: PreprocessAttributes, { outputGradient = new Float64Array() }: Values): Values {
  const { reversed, scale } = conventionOf(attributes);
  return {
    imageGradient: outputGradient.map((_, index) => {
      const source = exchange(index % 3, reversed);
      return (scale[source] ?? NaN) * (outputGradient[index - (index % 3) + source] ?? NaN);
    }),
  };
}

function affinePass({ height, width }: PreprocessAttributes, device: DeviceTraits, { reversed, scale, offset }: Convention): Pass {
  const pixels = height * width;
  return {
    shader: { path: 'preprocess/affine.wgsl', source: affine },
    constants: { WORKGROUP, REVERSE: Number(reversed) },
    params: { pixels, scale_0: scale[0], scale_1: scale[1], scale_2: scale[2], offset_0: offset[0], offset_1: offset[1], offset_2: offset[2] },
    workgroups: linearWorkgroups(ceilDiv(pixels, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

const ATTRIBUTES = {
  height: 'rows',
  width: 'columns',
  mode: 'caffe (BGR, 0 to 255, means subtracted) or torch (RGB, means subtracted, divided by deviations)',
} as const;
const SOURCE = 'Keras applications.imagenet_utils.preprocess_input, modes caffe and torch.';
const COST = ({ height, width }: PreprocessAttributes) => ({ flops: 6 * height * width, bytes: 24 * height * width });
const SAMPLES: readonly PreprocessAttributes[] = [
  { height: 1, width: 1, mode: 'caffe' },
  { height: 7, width: 13, mode: 'torch' },
  { height: 16, width: 31, mode: 'caffe' },
];

/** From a picture to a network's input. */
export const preprocess = defineKernel<PreprocessAttributes>({
  name: 'preprocess',
  summary: 'A picture as a network wants it: channel order, range, means and deviations.',
  formula: 'caffe: output[k] = 255 · image[2 - k] - mean[k]; torch: output[k] = (image[k] - mean[k]) / deviation[k]',
  source: SOURCE,
  inputs: [{ name: 'image', dtype: 'f32', summary: 'picture [height, width, 3], RGB in [0, 1]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: "the network's input [height, width, 3]" }],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    const shape = pictureShape('preprocess', attributes);
    return { image: shape, output: shape };
  },
  reference: preprocessReference,
  cost: COST,
  variants: [
    {
      id: 'pixelwise',
      summary: 'One invocation per pixel.',
      accepts: () => true,
      passes: (attributes, device) => [affinePass(attributes, device, conventionOf(attributes))],
    },
  ],
  gradient: { kernel: 'preprocessGradient', summary: 'The transposed map.' },
  samples: SAMPLES,
  generate: ({ height, width }, uniform) => ({ image: Float64Array.from({ length: height * width * 3 }, () => uniform(0, 1)) }),
});

/** The gradient of {@link preprocess} to the picture. */
export const preprocessGradient = defineKernel<PreprocessAttributes>({
  name: 'preprocessGradient',
  summary: "Gradient to the picture from the gradient to the network's input; overwrites.",
  formula: 'caffe: imageGradient[c] = 255 · outputGradient[2 - c]; torch: imageGradient[c] = outputGradient[c] / deviation[c]',
  source: SOURCE,
  inputs: [{ name: 'outputGradient', dtype: 'f32', summary: "gradient to the network's input [height, width, 3]" }],
  outputs: [{ name: 'imageGradient', dtype: 'f32', summary: 'gradient to the picture [height, width, 3]' }],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    const shape = pictureShape('preprocessGradient', attributes);
    return { outputGradient: shape, imageGradient: shape };
  },
  reference: preprocessGradientReference,
  cost: COST,
  variants: [
    {
      id: 'pixelwise',
      summary: 'One invocation per pixel.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { reversed, scale } = conventionOf(attributes);
        const transposed: Convention = { reversed, scale: [scale[exchange(0, reversed)] ?? 0, scale[1], scale[exchange(2, reversed)] ?? 0], offset: [0, 0, 0] };
        return [{ ...affinePass(attributes, device, transposed), bind: { image: 'outputGradient', output: 'imageGradient' } }];
      },
    },
  ],
  gradient: { none: 'It is a gradient itself; the map is affine.' },
  samples: SAMPLES,
});
