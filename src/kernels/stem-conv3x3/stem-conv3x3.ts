import vec4Channels from '../../../shaders/stem-conv3x3/vec4-channels.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { deriveConv3x3, requireFours, requirePaddable, visitConv3x3, type Padding } from '../depthwise-conv3x3/geometry.js';

/** Sizes of the first convolution of MobileNetV2. */
export type StemGeometry = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly outChannels: number;
  readonly padding: Padding;
};

/** Sizes, and what is fused into the end. */
export type StemConv3x3Attributes = StemGeometry & { readonly bias: boolean; readonly relu6: boolean };

const WORKGROUP = 16;

/** What each attribute of the sizes means. */
export const STEM_ATTRIBUTES = {
  batch: 'pictures',
  height: 'rows of the picture',
  width: 'columns of the picture',
  outChannels: 'output channels, a multiple of 4',
  padding: 'same (TensorFlow, Keras, TFLite), symmetric (PyTorch) or valid (none)',
} as const;

/** Sizes that the kernels of the stem are tried with. */
export const STEM_SAMPLES: readonly StemGeometry[] = [
  { batch: 1, height: 1, width: 1, outChannels: 4, padding: 'same' },
  { batch: 2, height: 8, width: 7, outChannels: 12, padding: 'same' },
  { batch: 1, height: 9, width: 16, outChannels: 32, padding: 'symmetric' },
  { batch: 3, height: 33, width: 34, outChannels: 16, padding: 'same' },
  { batch: 2, height: 6, width: 9, outChannels: 8, padding: 'valid' },
];

/** Throws `bad-shape` naming the dimension. */
export function requireStem(owner: string, { batch, height, width, outChannels, padding }: StemGeometry): void {
  requireInteger(owner, 'batch', batch);
  requirePaddable(owner, { height, width, padding });
  requireFours(owner, 'outChannels', outChannels);
}

/** The definition, in float64. */
export function stemConv3x3Reference(attributes: StemConv3x3Attributes, values: Values): Values {
  const { batch, outChannels, bias: hasBias, relu6 } = attributes;
  const { input = new Float64Array(), weights = new Float64Array(), bias = new Float64Array() } = values;
  const geometry = { ...attributes, stride: 2 };
  const { outHeight, outWidth } = deriveConv3x3(geometry);
  const output = Float64Array.from({ length: batch * outHeight * outWidth * outChannels }, (_, i) => (hasBias ? (bias[i % outChannels] ?? 0) : 0));
  visitConv3x3(geometry, (from, to, tap) => {
    for (let k = 0; k < 3; k++) {
      for (let n = 0; n < outChannels; n++) {
        output[to * outChannels + n] = (output[to * outChannels + n] ?? 0) + (input[from * 3 + k] ?? 0) * (weights[(tap * 3 + k) * outChannels + n] ?? 0);
      }
    }
  });
  return { output: relu6 ? output.map((value) => Math.min(6, Math.max(0, value))) : output };
}

/** The first convolution of MobileNetV2: 3×3, three channels, stride 2. */
export const stemConv3x3 = defineKernel<StemConv3x3Attributes>({
  name: 'stemConv3x3',
  summary: '3×3 convolution of a picture with stride 2, an optional bias and ReLU6.',
  formula: 'output[b, y, x, n] = act(bias[n] + Σ_{i,j,k} input[b, 2 y + i - padTop, 2 x + j - padLeft, k] weights[i, j, k, n])',
  source: 'Sandler et al., "MobileNetV2", CVPR 2018, table 2; zero padding as TensorFlow (same) or PyTorch (symmetric).',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'picture [batch, height, width, 3]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, 3, outChannels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [outChannels], not read without bias' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [batch, ceil(height / 2), ceil(width / 2), outChannels]' }],
  attributes: { ...STEM_ATTRIBUTES, bias: 'whether a bias is added', relu6: 'whether ReLU6 follows' },
  shapes(attributes) {
    requireStem('stemConv3x3', attributes);
    const { batch, height, width, outChannels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3({ ...attributes, stride: 2 });
    return {
      input: [batch, height, width, 3],
      weights: [3, 3, 3, outChannels],
      bias: [outChannels],
      output: [batch, outHeight, outWidth, outChannels],
    };
  },
  reference: stemConv3x3Reference,
  cost: (attributes) => {
    const { batch, height, width, outChannels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3({ ...attributes, stride: 2 });
    const outputs = batch * outHeight * outWidth * outChannels;
    return { flops: 54 * outputs, bytes: 4 * (3 * batch * height * width + outputs + 27 * outChannels) };
  },
  variants: [
    {
      id: 'vec4-channels',
      summary: 'One invocation per pixel × 8 channels, lanes along the pixels; no workgroup memory.',
      accepts: () => true,
      passes: (attributes) => {
        const { batch, height, width, outChannels, bias, relu6 } = attributes;
        const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3({ ...attributes, stride: 2 });
        const pixels = batch * outHeight * outWidth;
        const pixelGroups = ceilDiv(pixels, WORKGROUP);
        return [
          {
            shader: { path: 'stem-conv3x3/vec4-channels.wgsl', source: vec4Channels },
            constants: { WORKGROUP, OUT_CHANNELS: outChannels, HAS_BIAS: bias ? 1 : 0, RELU6: relu6 ? 1 : 0 },
            params: {
              height,
              width,
              out_height: outHeight,
              out_width: outWidth,
              pad_top: padTop,
              pad_left: padLeft,
              pixels,
              pixel_groups: pixelGroups,
            },
            workgroups: linearWorkgroups(pixelGroups * ceilDiv(outChannels, 8)),
          },
        ];
      },
    },
  ],
  gradient: { kernel: 'stemConv3x3FilterGradient', summary: 'to the filter; the picture needs none' },
  samples: STEM_SAMPLES.map((geometry, index) => ({ ...geometry, bias: index !== 1, relu6: index % 2 === 1 })),
  largeSamples: [{ batch: 1, height: 2_051, width: 2_050, outChannels: 4, padding: 'same', bias: true, relu6: true }],
});
