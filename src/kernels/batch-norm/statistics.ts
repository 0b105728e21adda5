import finishShader from '../../../shaders/batch-norm/moments-finish.wgsl?raw';
import partialsShader from '../../../shaders/batch-norm/moments-partials.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { BATCH_NORM_SAMPLES, BATCH_NORM_SOURCE, momentsOf, requireBatchNorm, slicesOf, WORKGROUP, type BatchNormDimensions } from './dimensions.js';

/** Sizes, and how much of the old moving averages is kept. */
export type BatchNormStatisticsAttributes = BatchNormDimensions & { readonly momentum: number };

/** Batch statistics of a feature map, with the update of the moving averages. */
export const batchNormStatistics = defineKernel<BatchNormStatisticsAttributes>({
  name: 'batchNormStatistics',
  summary: 'Mean and variance of each channel over a batch, and the moving averages updated by them.',
  formula: 'moments = [mean_p x, mean_p (x - mean)²]; movingMoments = momentum · movingMoments + (1 - momentum) · moments',
  source: BATCH_NORM_SOURCE,
  inputs: [{ name: 'input', dtype: 'f32', summary: 'feature map [pixels, channels]' }],
  outputs: [
    { name: 'moments', dtype: 'f32', summary: 'means, then biased variances [2, channels]' },
    { name: 'movingMoments', dtype: 'f32', summary: 'moving averages of both [2, channels]', inPlace: true },
  ],
  attributes: { pixels: 'batch × height × width', channels: 'channels', momentum: 'share of the old moving averages that is kept' },
  shapes(attributes) {
    requireBatchNorm('batchNormStatistics', attributes);
    const { pixels, channels } = attributes;
    return { input: [pixels, channels], moments: [2, channels], movingMoments: [2, channels] };
  },
  reference: (attributes, { input = new Float64Array(), movingMoments = new Float64Array() }) => {
    const moments = momentsOf(attributes, input);
    return { moments, movingMoments: movingMoments.map((old, i) => attributes.momentum * old + (1 - attributes.momentum) * (moments[i] ?? 0)) };
  },
  cost: ({ pixels, channels }) => ({ flops: 4 * pixels * channels, bytes: 4 * pixels * channels }),
  variants: [
    {
      id: 'shifted-slices',
      summary: 'One reading: sums of strided pixels relative to the first pixel, then their sum; no workgroup memory.',
      accepts: () => true,
      scratch: (attributes) => ({ partials: 8 * slicesOf(attributes) * attributes.channels }),
      passes: (attributes) => {
        const { pixels, channels, momentum } = attributes;
        const slices = slicesOf(attributes);
        return [
          {
            shader: { path: 'batch-norm/moments-partials.wgsl', source: partialsShader },
            constants: { WORKGROUP },
            params: { pixels, channels, slices, rounds: ceilDiv(pixels, slices) },
            workgroups: linearWorkgroups(ceilDiv(slices * channels, WORKGROUP)),
          },
          {
            shader: { path: 'batch-norm/moments-finish.wgsl', source: finishShader },
            constants: { WORKGROUP },
            params: { channels, slices, inverse_pixels: 1 / pixels, momentum },
            workgroups: linearWorkgroups(ceilDiv(channels, WORKGROUP)),
          },
        ];
      },
    },
  ],
  gradient: { kernel: 'batchNormGradient', summary: 'of statistics and normalisation together' },
  samples: BATCH_NORM_SAMPLES.map((dimensions) => ({ ...dimensions, momentum: 0.999 })),
  largeSamples: [{ pixels: 3, channels: 65_537 * 64 + 1, momentum: 0.9 }],
  // A mean far from zero shows cancellation in the variance.
  generate: ({ pixels, channels }, uniform) => ({ input: Float64Array.from({ length: pixels * channels }, () => uniform(9, 12)) }),
  tolerance: () => 1e-4,
});
