import { defineKernel, type Values } from '../../engine/contract.js';
import { productVariants, transposePass } from './matmul.js';
import { POINTWISE_SAMPLES, requirePointwise } from './pointwise-conv.js';

/** Dimensions of the convolution whose gradient is taken. */
export type PointwiseConvInputGradientAttributes = { readonly pixels: number; readonly inChannels: number; readonly outChannels: number };

/** The definition, in float64. */
export function pointwiseConvInputGradientReference({ pixels, inChannels, outChannels }: PointwiseConvInputGradientAttributes, values: Values): Values {
  const { gradient = new Float64Array(), weights = new Float64Array() } = values;
  const inputGradient = new Float64Array(pixels * inChannels);
  for (let p = 0; p < pixels; p++) {
    for (let k = 0; k < inChannels; k++) {
      let sum = 0;
      for (let n = 0; n < outChannels; n++) sum += (gradient[p * outChannels + n] ?? 0) * (weights[k * outChannels + n] ?? 0);
      inputGradient[p * inChannels + k] = sum;
    }
  }
  return { inputGradient };
}

/** Gradient of a 1×1 convolution (or dense layer) to its input. */
export const pointwiseConvInputGradient = defineKernel<PointwiseConvInputGradientAttributes>({
  name: 'pointwiseConvInputGradient',
  summary: 'Gradient of a 1×1 convolution (or dense layer) to its input.',
  formula: 'inputGradient[p, k] = Σ_n gradient[p, n] weights[k, n]',
  source: 'Chain rule of pointwiseConv.',
  inputs: [
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [pixels, outChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [inChannels, outChannels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient of the input [pixels, inChannels]' }],
  attributes: { pixels: 'batch × height × width', inChannels: 'input channels', outChannels: 'output channels' },
  shapes(attributes) {
    requirePointwise('pointwiseConvInputGradient', attributes);
    const { pixels, inChannels, outChannels } = attributes;
    return { gradient: [pixels, outChannels], weights: [inChannels, outChannels], inputGradient: [pixels, inChannels] };
  },
  reference: pointwiseConvInputGradientReference,
  cost: ({ pixels, inChannels, outChannels }) => ({
    flops: 2 * pixels * inChannels * outChannels,
    bytes: 4 * (pixels * (inChannels + outChannels) + inChannels * outChannels),
  }),
  variants: productVariants(
    ({ pixels, inChannels, outChannels }) => ({
      rows: pixels,
      inner: outChannels,
      bRows: outChannels,
      columns: inChannels,
      bias: false,
      relu6: false,
      bind: { a: 'gradient', b: 'transposed', bias: 'gradient', output: 'inputGradient' },
    }),
    {
      scratch: ({ inChannels, outChannels }) => ({ transposed: 4 * inChannels * outChannels }),
      passes: ({ inChannels, outChannels }) => [transposePass(inChannels, outChannels, inChannels, 'weights', 'transposed')],
    },
  ),
  gradient: { none: 'Second derivatives are not needed.' },
  samples: POINTWISE_SAMPLES,
});
