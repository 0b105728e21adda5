import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { productVariants } from './matmul.js';

/** Pixels of the whole batch, channels, and what is fused into the end. */
export type PointwiseConvAttributes = {
  readonly pixels: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly bias: boolean;
  readonly relu6: boolean;
};

/** Dimensions of a 1×1 convolution. */
export type PointwiseDimensions = Pick<PointwiseConvAttributes, 'pixels' | 'inChannels' | 'outChannels'>;

/** Dimensions that every kernel of the family is tried with. */
export const POINTWISE_SAMPLES: readonly PointwiseDimensions[] = [
  { pixels: 1, inChannels: 1, outChannels: 1 },
  { pixels: 1, inChannels: 4, outChannels: 4 },
  { pixels: 49, inChannels: 24, outChannels: 36 },
  { pixels: 67, inChannels: 16, outChannels: 20 },
  { pixels: 257, inChannels: 40, outChannels: 64 },
  { pixels: 32, inChannels: 132, outChannels: 120 },
  { pixels: 31, inChannels: 7, outChannels: 5 },
];

/** Throws `bad-shape` naming the dimension. */
export function requirePointwise(owner: string, { pixels, inChannels, outChannels }: PointwiseDimensions): void {
  requireInteger(owner, 'pixels', pixels);
  requireInteger(owner, 'inChannels', inChannels);
  requireInteger(owner, 'outChannels', outChannels);
}

/** The definition, in float64. */
export function pointwiseConvReference({ pixels, inChannels, outChannels, bias: hasBias, relu6 }: PointwiseConvAttributes, values: Values): Values {
  const { input = new Float64Array(), weights = new Float64Array(), bias = new Float64Array() } = values;
  const output = new Float64Array(pixels * outChannels);
  for (let p = 0; p < pixels; p++) {
    for (let n = 0; n < outChannels; n++) {
      let sum = hasBias ? (bias[n] ?? 0) : 0;
      for (let k = 0; k < inChannels; k++) sum += (input[p * inChannels + k] ?? 0) * (weights[k * outChannels + n] ?? 0);
      output[p * outChannels + n] = relu6 ? Math.min(6, Math.max(0, sum)) : sum;
    }
  }
  return { output };
}

/** 1×1 convolution of a batch, which is also a dense layer: one pixel per example. */
export const pointwiseConv = defineKernel<PointwiseConvAttributes>({
  name: 'pointwiseConv',
  summary: '1×1 convolution (or dense layer) with an optional bias and ReLU6.',
  formula: 'output[p, n] = act(bias[n] + Σ_k input[p, k] weights[k, n])',
  source: 'Lin, Chen, Yan, "Network in network", ICLR 2014; act is min(max(x, 0), 6) or nothing.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [pixels, inChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [inChannels, outChannels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [outChannels], not read without bias' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [pixels, outChannels]' }],
  attributes: {
    pixels: 'batch × height × width',
    inChannels: 'input channels',
    outChannels: 'output channels',
    bias: 'whether a bias is added',
    relu6: 'whether ReLU6 follows',
  },
  shapes(attributes) {
    requirePointwise('pointwiseConv', attributes);
    const { pixels, inChannels, outChannels } = attributes;
    return { input: [pixels, inChannels], weights: [inChannels, outChannels], bias: [outChannels], output: [pixels, outChannels] };
  },
  reference: pointwiseConvReference,
  cost: ({ pixels, inChannels, outChannels }) => ({
    flops: 2 * pixels * inChannels * outChannels,
    bytes: 4 * (pixels * (inChannels + outChannels) + inChannels * outChannels),
  }),
  variants: productVariants(({ pixels, inChannels, outChannels, bias, relu6 }) => ({
    rows: pixels,
    inner: inChannels,
    bRows: inChannels,
    columns: outChannels,
    bias,
    relu6,
    bind: { a: 'input', b: 'weights', bias: 'bias', output: 'output' },
  })),
  gradient: { kernel: 'pointwiseConvInputGradient', summary: 'to the input; pointwiseConvFilterGradient to the filter, columnSum to the bias' },
  samples: POINTWISE_SAMPLES.map((dimensions, index) => ({ ...dimensions, bias: index % 3 !== 1, relu6: index % 2 === 0 })),
  largeSamples: [{ pixels: 65_537 * 64 + 3, inChannels: 1, outChannels: 1, bias: true, relu6: true }],
  generate: ({ inChannels, outChannels }, uniform) => ({
    // Wide enough for ReLU6 to clip on both sides.
    weights: Float64Array.from({ length: inChannels * outChannels }, () => uniform(-4, 4)),
  }),
});
