import applyShader from '../../../shaders/batch-norm/apply.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { BATCH_NORM_SAMPLES, BATCH_NORM_SOURCE, requireBatchNorm, WORKGROUP, type BatchNormDimensions } from './dimensions.js';

/** Sizes, what is added to the variance, and whether ReLU6 follows. */
export type BatchNormAttributes = BatchNormDimensions & { readonly epsilon: number; readonly relu6: boolean };

/** The definition, in float64. */
export function batchNormReference({ pixels, channels, epsilon, relu6 }: BatchNormAttributes, values: Values): Values {
  const { input = new Float64Array(), gamma = new Float64Array(), beta = new Float64Array(), moments = new Float64Array() } = values;
  const output = new Float64Array(pixels * channels);
  for (let i = 0; i < output.length; i++) {
    const c = i % channels;
    const value = (gamma[c] ?? 0) * (((input[i] ?? 0) - (moments[c] ?? 0)) / Math.sqrt((moments[channels + c] ?? 0) + epsilon)) + (beta[c] ?? 0);
    output[i] = relu6 ? Math.min(6, Math.max(0, value)) : value;
  }
  return { output };
}

/** Batch normalisation with given moments: the batch's in training, the moving averages in inference. */
export const batchNorm = defineKernel<BatchNormAttributes>({
  name: 'batchNorm',
  summary: 'Batch normalisation with given mean and variance, optionally with ReLU6.',
  formula: 'output = act(gamma (input - mean) / sqrt(variance + epsilon) + beta)',
  source: BATCH_NORM_SOURCE,
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [pixels, channels]' },
    { name: 'gamma', dtype: 'f32', summary: 'scale [channels]' },
    { name: 'beta', dtype: 'f32', summary: 'offset [channels]' },
    { name: 'moments', dtype: 'f32', summary: 'means, then variances [2, channels]' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [pixels, channels]' }],
  attributes: { pixels: 'batch × height × width', channels: 'channels', epsilon: 'added to the variance', relu6: 'whether ReLU6 follows' },
  shapes(attributes) {
    requireBatchNorm('batchNorm', attributes);
    const { pixels, channels } = attributes;
    return { input: [pixels, channels], gamma: [channels], beta: [channels], moments: [2, channels], output: [pixels, channels] };
  },
  reference: batchNormReference,
  cost: ({ pixels, channels }) => ({ flops: 4 * pixels * channels, bytes: 8 * pixels * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per value, lanes along the channels.',
      accepts: () => true,
      passes: ({ pixels, channels, epsilon, relu6 }) => [
        {
          shader: { path: 'batch-norm/apply.wgsl', source: applyShader },
          constants: { WORKGROUP, RELU6: relu6 ? 1 : 0 },
          params: { count: pixels * channels, channels, epsilon },
          workgroups: linearWorkgroups(ceilDiv(pixels * channels, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { kernel: 'batchNormGradient', summary: 'with batch statistics, to input, gamma and beta' },
  samples: BATCH_NORM_SAMPLES.map((dimensions, index) => ({ ...dimensions, epsilon: 1e-3, relu6: index % 2 === 0 })),
  largeSamples: [{ pixels: 65_537, channels: 65, epsilon: 1e-3, relu6: true }],
  generate: ({ channels }, uniform) => ({
    gamma: Float64Array.from({ length: channels }, () => uniform(-5, 5)),
    moments: Float64Array.from({ length: 2 * channels }, (_, i) => (i < channels ? uniform(-1, 1) : uniform(0.05, 2))),
  }),
});
