import { defineKernel } from '../../engine/contract.js';
import { conv3x3InputGradient } from './conv3x3-input-gradient.js';
import { conv3x3LinearGradientReference, type Conv3x3Dimensions } from './reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions } from './shared.js';
import { direct } from './variants/direct.js';
import { registerTile } from './variants/register-tile.js';
import { sharedMemory128, sharedMemory32, sharedMemory64 } from './variants/shared-memory.js';
import { subgroupBroadcast } from './variants/subgroup-broadcast.js';
import { winogradLinearGradient, winogradTolerance } from './variants/winograd.js';

/** The gradient of a 3×3 convolution without a ReLU to its input. */
export const conv3x3LinearGradient = defineKernel<Conv3x3Dimensions>({
  name: 'conv3x3LinearGradient',
  summary: 'Gradient of a 3×3 convolution without a ReLU to its input.',
  formula: 'inputGradient[y, x, i] = Σ outputGradient[v, u, o] · weights[ky, kx, i, o] with v = y - ky + 1, u = x - kx + 1',
  source: conv3x3InputGradient.source,
  inputs: [
    { name: 'outputGradient', dtype: 'f32', summary: 'gradient to the output [height, width, outChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient to the input [height, width, inChannels]' }],
  attributes: DIMENSION_SUMMARIES,
  shapes(attributes) {
    requireDimensions('conv3x3LinearGradient', attributes);
    const { height, width, inChannels, outChannels } = attributes;
    return {
      outputGradient: [height, width, outChannels],
      weights: [3, 3, inChannels, outChannels],
      inputGradient: [height, width, inChannels],
    };
  },
  reference: conv3x3LinearGradientReference,
  cost: (attributes) => conv3x3Cost(attributes, 1),
  variants: [
    ...[direct, subgroupBroadcast, registerTile, sharedMemory128, sharedMemory64, sharedMemory32].map(({ linearGradient }) => linearGradient),
    ...winogradLinearGradient,
  ],
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  gradient: { none: 'It is a gradient itself; no task needs second derivatives.' },
  // The files are those of conv3x3InputGradient, tried there with every edge; here it is that nothing is masked.
  samples: [
    { height: 1, width: 1, inChannels: 1, outChannels: 1 },
    { height: 5, width: 7, inChannels: 3, outChannels: 13 },
    { height: 9, width: 15, inChannels: 12, outChannels: 24 },
    { height: 5, width: 13, inChannels: 68, outChannels: 16 },
  ],
});
