import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv } from '../../engine/grid.js';
import { productVariants, transposePass } from './matmul.js';
import { POINTWISE_SAMPLES, requirePointwise } from './pointwise-conv.js';

/** Dimensions of the convolution whose gradient is taken. */
export type PointwiseConvFilterGradientAttributes = { readonly pixels: number; readonly inChannels: number; readonly outChannels: number };

/** Pixels rounded up to whole vectors; the transposed input is zero beyond the real ones. */
const paddedPixels = (pixels: number): number => 4 * ceilDiv(pixels, 4);

/** The definition, in float64. */
export function pointwiseConvFilterGradientReference({ pixels, inChannels, outChannels }: PointwiseConvFilterGradientAttributes, values: Values): Values {
  const { input = new Float64Array(), gradient = new Float64Array() } = values;
  const filterGradient = new Float64Array(inChannels * outChannels);
  for (let k = 0; k < inChannels; k++) {
    for (let n = 0; n < outChannels; n++) {
      let sum = 0;
      for (let p = 0; p < pixels; p++) sum += (input[p * inChannels + k] ?? 0) * (gradient[p * outChannels + n] ?? 0);
      filterGradient[k * outChannels + n] = sum;
    }
  }
  return { filterGradient };
}

/** Gradient of a 1×1 convolution (or dense layer) to its filter. */
export const pointwiseConvFilterGradient = defineKernel<PointwiseConvFilterGradientAttributes>({
  name: 'pointwiseConvFilterGradient',
  summary: 'Gradient of a 1×1 convolution (or dense layer) to its filter, summed over the batch.',
  formula: 'filterGradient[k, n] = Σ_p input[p, k] gradient[p, n]',
  source: 'Chain rule of pointwiseConv.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [pixels, inChannels]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [pixels, outChannels]' },
  ],
  outputs: [{ name: 'filterGradient', dtype: 'f32', summary: 'gradient of the filter [inChannels, outChannels]' }],
  attributes: { pixels: 'batch × height × width', inChannels: 'input channels', outChannels: 'output channels' },
  shapes(attributes) {
    requirePointwise('pointwiseConvFilterGradient', attributes);
    const { pixels, inChannels, outChannels } = attributes;
    return { input: [pixels, inChannels], gradient: [pixels, outChannels], filterGradient: [inChannels, outChannels] };
  },
  reference: pointwiseConvFilterGradientReference,
  cost: ({ pixels, inChannels, outChannels }) => ({
    flops: 2 * pixels * inChannels * outChannels,
    bytes: 4 * (pixels * (inChannels + outChannels) + inChannels * outChannels),
  }),
  variants: productVariants(
    ({ pixels, inChannels, outChannels }) => ({
      rows: inChannels,
      inner: paddedPixels(pixels),
      bRows: pixels,
      columns: outChannels,
      bias: false,
      relu6: false,
      bind: { a: 'transposed', b: 'gradient', bias: 'gradient', output: 'filterGradient' },
    }),
    {
      scratch: ({ pixels, inChannels }) => ({ transposed: 4 * paddedPixels(pixels) * inChannels }),
      passes: ({ pixels, inChannels }) => [transposePass(pixels, inChannels, paddedPixels(pixels), 'input', 'transposed')],
    },
  ),
  gradient: { none: 'Second derivatives are not needed.' },
  samples: POINTWISE_SAMPLES,
});
