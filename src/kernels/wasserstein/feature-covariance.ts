import covarianceShader from '../../../shaders/feature-covariance/covariance.wgsl?raw';
import meanShader from '../../../shaders/feature-covariance/mean.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Positions and channels of the feature map. */
export type CovarianceAttributes = { readonly positions: number; readonly channels: number };

const WORKGROUP = 64;

/** Mean and covariance in float64. */
export function featureCovarianceReference({ positions, channels }: CovarianceAttributes, values: Values): Values {
  const { gram = new Float64Array(), sums = new Float64Array(), ridge = new Float64Array() } = values;
  const mean = sums.map((sum) => sum / positions);
  const covariance = gram.map((value, i) => {
    const [row, column] = [Math.floor(i / channels), i % channels];
    return value - (mean[row] ?? 0) * (mean[column] ?? 0) + (row === column ? (ridge[0] ?? 0) : 0);
  });
  return { covariance, mean };
}

/** Mean and covariance of a feature map. */
export const featureCovariance = defineKernel<CovarianceAttributes>({
  name: 'featureCovariance',
  summary: 'Mean and covariance of a feature map from its Gram matrix and sums, with a ridge on the diagonal.',
  formula: 'mean = sums / positions; covariance = gram - mean meanᵀ + ridge I',
  source: 'By definition.',
  inputs: [
    { name: 'gram', dtype: 'f32', summary: 'raw second moments [channels, channels]' },
    { name: 'sums', dtype: 'f32', summary: 'sums over positions [channels]' },
    { name: 'ridge', dtype: 'f32', summary: 'what is added to every variance [1]' },
  ],
  outputs: [
    { name: 'covariance', dtype: 'f32', summary: 'covariance [channels, channels]' },
    { name: 'mean', dtype: 'f32', summary: 'means [channels]' },
  ],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes({ positions, channels }) {
    requireInteger('featureCovariance', 'positions', positions);
    requireInteger('featureCovariance', 'channels', channels);
    const square = [channels, channels];
    return { gram: square, sums: [channels], ridge: [1], covariance: square, mean: [channels] };
  },
  reference: featureCovarianceReference,
  cost: ({ channels }) => ({ flops: 3 * channels * channels, bytes: 8 * channels * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element, after one per mean.',
      accepts: () => true,
      passes: ({ positions, channels }, device) => {
        const limit = device.limits.maxComputeWorkgroupsPerDimension;
        return [
          {
            shader: { path: 'feature-covariance/mean.wgsl', source: meanShader },
            constants: { WORKGROUP },
            params: { channels, scale: 1 / positions },
            workgroups: linearWorkgroups(ceilDiv(channels, WORKGROUP), limit),
          },
          {
            shader: { path: 'feature-covariance/covariance.wgsl', source: covarianceShader },
            constants: { WORKGROUP },
            params: { channels },
            workgroups: linearWorkgroups(ceilDiv(channels * channels, WORKGROUP), limit),
          },
        ];
      },
    },
  ],
  gradient: { none: 'wassersteinTerm gives the gradient of the distance that it serves.' },
  samples: [
    { positions: 1, channels: 1 },
    { positions: 7, channels: 5 },
    { positions: 100, channels: 12 },
    { positions: 9, channels: 67 },
  ],
  generate: ({ positions, channels }, uniform) => ({ sums: Float64Array.from({ length: channels }, () => positions * uniform(-1, 1)) }),
});
