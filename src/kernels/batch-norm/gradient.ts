import finishShader from '../../../shaders/batch-norm/gradient-finish.wgsl?raw';
import inputShader from '../../../shaders/batch-norm/gradient-input.wgsl?raw';
import partialsShader from '../../../shaders/batch-norm/gradient-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import type { BatchNormAttributes } from './batch-norm.js';
import { BATCH_NORM_SAMPLES, BATCH_NORM_SOURCE, momentsOf, requireBatchNorm, slicesOf, WORKGROUP } from './dimensions.js';

/** The definition, in float64; `moments` are those of `input`. */
export function batchNormGradientReference({ pixels, channels, epsilon, relu6 }: BatchNormAttributes, values: Values): Values {
  const {
    input = new Float64Array(),
    gradient = new Float64Array(),
    gamma = new Float64Array(),
    beta = new Float64Array(),
    moments = new Float64Array(),
  } = values;
  const gammaGradient = new Float64Array(channels);
  const betaGradient = new Float64Array(channels);
  const inputGradient = new Float64Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    const deviation = Math.sqrt((moments[channels + c] ?? 0) + epsilon);
    const normalised = (p: number): number => ((input[p * channels + c] ?? 0) - (moments[c] ?? 0)) / deviation;
    const incoming = (p: number): number => {
      const value = (gamma[c] ?? 0) * normalised(p) + (beta[c] ?? 0);
      return relu6 && (value <= 0 || value >= 6) ? 0 : (gradient[p * channels + c] ?? 0);
    };
    let sum = 0;
    let products = 0;
    for (let p = 0; p < pixels; p++) {
      sum += incoming(p);
      products += incoming(p) * normalised(p);
    }
    betaGradient[c] = sum;
    gammaGradient[c] = products;
    for (let p = 0; p < pixels; p++) {
      inputGradient[p * channels + c] = ((gamma[c] ?? 0) / deviation) * (incoming(p) - sum / pixels - (normalised(p) * products) / pixels);
    }
  }
  return { inputGradient, gammaGradient, betaGradient };
}

/** Gradient of batch normalisation with batch statistics, through the statistics as well. */
export const batchNormGradient = defineKernel<BatchNormAttributes>({
  name: 'batchNormGradient',
  summary: 'Gradient of batch normalisation with batch statistics (and ReLU6) to input, gamma and beta.',
  formula:
    'g = gradient where ReLU6 lets it through; n = (input - mean) / deviation; betaGradient = Σ g; gammaGradient = Σ g n; inputGradient = gamma / deviation (g - mean(g) - n mean(g n))',
  source: BATCH_NORM_SOURCE,
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map that was normalised [pixels, channels]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [pixels, channels]' },
    { name: 'gamma', dtype: 'f32', summary: 'scale [channels]' },
    { name: 'beta', dtype: 'f32', summary: 'offset [channels]' },
    { name: 'moments', dtype: 'f32', summary: 'means, then variances of the input [2, channels]' },
  ],
  outputs: [
    { name: 'inputGradient', dtype: 'f32', summary: 'gradient of the input [pixels, channels]' },
    { name: 'gammaGradient', dtype: 'f32', summary: 'gradient of the scale [channels]' },
    { name: 'betaGradient', dtype: 'f32', summary: 'gradient of the offset [channels]' },
  ],
  attributes: { pixels: 'batch × height × width', channels: 'channels', epsilon: 'added to the variance', relu6: 'whether ReLU6 followed' },
  shapes(attributes) {
    requireBatchNorm('batchNormGradient', attributes);
    const { pixels, channels } = attributes;
    const map = [pixels, channels];
    const vector = [channels];
    return { input: map, gradient: map, gamma: vector, beta: vector, moments: [2, channels], inputGradient: map, gammaGradient: vector, betaGradient: vector };
  },
  reference: batchNormGradientReference,
  cost: ({ pixels, channels }) => ({ flops: 14 * pixels * channels, bytes: 20 * pixels * channels }),
  variants: [
    {
      id: 'slices',
      summary: 'Partial sums of strided pixels, their sum, then one invocation per value; no workgroup memory.',
      accepts: () => true,
      scratch: (attributes) => ({ partials: 8 * slicesOf(attributes) * attributes.channels }),
      passes: (attributes) => {
        const { pixels, channels, epsilon, relu6 } = attributes;
        const slices = slicesOf(attributes);
        const constants = { WORKGROUP, RELU6: relu6 ? 1 : 0 };
        return [
          {
            shader: { path: 'batch-norm/gradient-partials.wgsl', source: partialsShader },
            constants,
            params: { pixels, channels, slices, rounds: ceilDiv(pixels, slices), epsilon },
            workgroups: linearWorkgroups(ceilDiv(slices * channels, WORKGROUP)),
          },
          {
            shader: { path: 'batch-norm/gradient-finish.wgsl', source: finishShader },
            constants: { WORKGROUP },
            params: { channels, slices },
            workgroups: linearWorkgroups(ceilDiv(channels, WORKGROUP)),
          },
          {
            shader: { path: 'batch-norm/gradient-input.wgsl', source: inputShader },
            constants,
            params: { count: pixels * channels, channels, inverse_pixels: 1 / pixels, epsilon },
            workgroups: linearWorkgroups(ceilDiv(pixels * channels, WORKGROUP)),
          },
        ];
      },
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: BATCH_NORM_SAMPLES.map((dimensions, index) => ({ ...dimensions, epsilon: 1e-3, relu6: index % 2 === 1 })),
  largeSamples: [{ pixels: 65_537, channels: 65, epsilon: 1e-3, relu6: true }],
  generate: ({ pixels, channels }, uniform) => {
    // Offsets of 3 with a small scale and values of 1.5 standard deviations at most keep clear of ReLU6's corners, where
    // rounding decides; every second channel is scaled or shifted out of them on purpose, half of it clipped.
    const input = Float64Array.from({ length: pixels * channels }, () => (uniform(0, 1) < 0.5 ? uniform(-1.2, -0.8) : uniform(0.8, 1.2)));
    return {
      input,
      gamma: Float64Array.from({ length: channels }, () => uniform(0.5, 1.5)),
      beta: Float64Array.from({ length: channels }, (_, c) => (c % 3 === 0 ? 3 : c % 3 === 1 ? 6 : 0)),
      moments: momentsOf({ pixels, channels }, input).map(Math.fround),
    };
  },
  tolerance: () => 1e-4,
});
