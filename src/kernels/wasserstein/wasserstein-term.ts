import differenceShader from '../../../shaders/wasserstein-term/difference.wgsl?raw';
import lossShader from '../../../shaders/wasserstein-term/loss.wgsl?raw';
import rowShader from '../../../shaders/wasserstein-term/row.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { requireInteger } from '../../engine/errors.js';
import type { CovarianceAttributes } from './feature-covariance.js';

const WORKGROUP = 64;

/** Loss and derivatives in float64. */
export function wassersteinTermReference({ positions, channels }: CovarianceAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { covariance = empty, root = empty, transport = empty, mean = empty, meanTarget = empty, traceTarget = empty, normaliser = empty } = values;
  const at = (matrix: Float64Array, row: number, column: number): number => matrix[row * channels + column] ?? 0;
  const trace = (matrix: Float64Array): number => mean.reduce((sum, _, i) => sum + at(matrix, i, i), 0);
  const offsets = mean.map((value, i) => value - (meanTarget[i] ?? 0));
  const distance = offsets.reduce((sum, value) => sum + value * value, 0) + trace(covariance) + (traceTarget[0] ?? 0) - 2 * trace(root);
  // d distance / d covariance = I - transport.
  const derivative = covariance.map((_, i) => {
    const [row, column] = [Math.floor(i / channels), i % channels];
    return ((row === column ? 1 : 0) - (at(transport, row, column) + at(transport, column, row)) / 2) / channels;
  });
  const row = mean.map((_, c) => {
    const product = mean.reduce((sum, value, j) => sum + at(derivative, c, j) * value, 0);
    return ((2 * (offsets[c] ?? 0)) / channels - 2 * product) / positions;
  });
  return {
    difference: derivative.map((value) => (value * channels * channels) / 2),
    row,
    loss: Float64Array.of(((normaliser[0] ?? 0) * distance) / channels),
  };
}

/** Wasserstein-2 distance of a feature map's mean and covariance to a target's. */
export const wassersteinTerm = defineKernel<CovarianceAttributes>({
  name: 'wassersteinTerm',
  summary: 'Squared Wasserstein-2 distance of two normal distributions, with what its gradient needs, from the square root of their product.',
  formula:
    'loss = normaliser (|mean - meanTarget|² + tr covariance + tr target - 2 tr root) / channels; gradient = 4 / (positions channels²) features · difference + row',
  source: 'Dowson, Landau, "The Fréchet distance between multivariate normal distributions", 1982; as a style loss: crowsonkb/style-transfer-pytorch.',
  inputs: [
    { name: 'covariance', dtype: 'f32', summary: 'covariance of the features [channels, channels]' },
    { name: 'root', dtype: 'f32', summary: '(A covariance A)^½, A the root of the target’s covariance [channels, channels]' },
    { name: 'transport', dtype: 'f32', summary: 'A (A covariance A)^-½ A [channels, channels]' },
    { name: 'mean', dtype: 'f32', summary: 'means of the features [channels]' },
    { name: 'meanTarget', dtype: 'f32', summary: 'means of the target [channels]' },
    { name: 'traceTarget', dtype: 'f32', summary: 'trace of the target’s covariance [1]' },
    { name: 'normaliser', dtype: 'f32', summary: 'factor of the loss [1]' },
  ],
  outputs: [
    { name: 'difference', dtype: 'f32', summary: 'what gramLossGradient takes [channels, channels]' },
    { name: 'row', dtype: 'f32', summary: 'what addRow adds at every position [channels]' },
    { name: 'loss', dtype: 'f32', summary: 'the loss [1]' },
  ],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes({ positions, channels }) {
    requireInteger('wassersteinTerm', 'positions', positions);
    requireInteger('wassersteinTerm', 'channels', channels);
    const [square, vector] = [[channels, channels], [channels]];
    return {
      covariance: square,
      root: square,
      transport: square,
      mean: vector,
      meanTarget: vector,
      traceTarget: [1],
      normaliser: [1],
      difference: square,
      row: vector,
      loss: [1],
    };
  },
  reference: wassersteinTermReference,
  cost: ({ channels }) => ({ flops: 7 * channels * channels, bytes: 12 * channels * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element of the derivative, one per channel of the row, one for the loss.',
      accepts: () => true,
      passes: ({ positions, channels }, device) => {
        const limit = device.limits.maxComputeWorkgroupsPerDimension;
        return [
          {
            shader: { path: 'wasserstein-term/difference.wgsl', source: differenceShader },
            constants: { WORKGROUP },
            params: { channels },
            workgroups: linearWorkgroups(ceilDiv(channels * channels, WORKGROUP), limit),
          },
          {
            shader: { path: 'wasserstein-term/row.wgsl', source: rowShader },
            constants: { WORKGROUP },
            params: { channels, scale: 1 / positions },
            workgroups: linearWorkgroups(ceilDiv(channels, WORKGROUP), limit),
          },
          { shader: { path: 'wasserstein-term/loss.wgsl', source: lossShader }, params: { channels }, workgroups: { x: 1, y: 1, z: 1 } },
        ];
      },
    },
  ],
  gradient: { none: 'It gives the gradient itself, by way of gramLossGradient and addRow.' },
  samples: [
    { positions: 1, channels: 1 },
    { positions: 7, channels: 5 },
    { positions: 100, channels: 12 },
    { positions: 9, channels: 67 },
  ],
  // The loss is a difference of traces: kept of their size.
  generate: ({ channels }, uniform) => ({
    traceTarget: Float64Array.of(channels * uniform(2, 3)),
    normaliser: Float64Array.of(uniform(0.5, 2)),
  }),
});
