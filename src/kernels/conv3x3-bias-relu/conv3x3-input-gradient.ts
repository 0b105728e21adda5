import { defineKernel } from '../../engine/contract.js';
import { conv3x3InputGradientReference, type Conv3x3Dimensions } from './reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions } from './shared.js';
import { direct } from './variants/direct.js';
import { registerTile } from './variants/register-tile.js';
import { sharedMemory128, sharedMemory32, sharedMemory64 } from './variants/shared-memory.js';
import { subgroupBroadcast } from './variants/subgroup-broadcast.js';
import { winogradGradient, winogradTolerance } from './variants/winograd.js';

/** The gradient of conv3x3BiasRelu to its input. */
export const conv3x3InputGradient = defineKernel<Conv3x3Dimensions>({
  name: 'conv3x3InputGradient',
  summary: 'Gradient of a 3×3 convolution with bias and ReLU to its input.',
  formula: 'inputGradient[y, x, i] = Σ [output[v, u, o] > 0] · outputGradient[v, u, o] · weights[ky, kx, i, o] with v = y - ky + 1, u = x - kx + 1',
  source:
    'The chain rule; as a convolution with the filter rotated by 180° and its channels exchanged: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.',
  inputs: [
    { name: 'outputGradient', dtype: 'f32', summary: 'gradient to the output after the ReLU [height, width, outChannels]' },
    { name: 'output', dtype: 'f32', summary: 'the output after the ReLU [height, width, outChannels]; the gradient passes where it is > 0' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient to the input [height, width, inChannels]' }],
  attributes: DIMENSION_SUMMARIES,
  shapes(attributes) {
    requireDimensions('conv3x3InputGradient', attributes);
    const { height, width, inChannels, outChannels } = attributes;
    const output = [height, width, outChannels];
    return { outputGradient: output, output, weights: [3, 3, inChannels, outChannels], inputGradient: [height, width, inChannels] };
  },
  reference: conv3x3InputGradientReference,
  cost: (attributes) => conv3x3Cost(attributes, 2),
  variants: [
    direct.gradient,
    subgroupBroadcast.gradient,
    registerTile.gradient,
    sharedMemory128.gradient,
    sharedMemory64.gradient,
    sharedMemory32.gradient,
    ...winogradGradient,
  ],
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  gradient: { none: 'It is a gradient itself; no task needs second derivatives.' },
  samples: [
    { height: 1, width: 1, inChannels: 1, outChannels: 1 },
    { height: 5, width: 7, inChannels: 3, outChannels: 13 },
    { height: 1, width: 17, inChannels: 7, outChannels: 5 },
    { height: 19, width: 1, inChannels: 4, outChannels: 4 },
    { height: 8, width: 8, inChannels: 8, outChannels: 8 },
    { height: 9, width: 15, inChannels: 12, outChannels: 20 },
    { height: 9, width: 13, inChannels: 24, outChannels: 40 },
    { height: 5, width: 17, inChannels: 3, outChannels: 64 },
    { height: 9, width: 7, inChannels: 60, outChannels: 8 },
    { height: 5, width: 13, inChannels: 68, outChannels: 16 },
    { height: 4, width: 32, inChannels: 128, outChannels: 8 },
    { height: 3, width: 43, inChannels: 132, outChannels: 8 },
    { height: 9, width: 13, inChannels: 24, outChannels: 16, wrap: true },
  ],
  // Outputs after a ReLU: half of them 0.
  generate: ({ height, width, outChannels }, uniform) => ({
    output: Float64Array.from({ length: height * width * outChannels }, () => Math.max(uniform(-1, 1), 0)),
  }),
});
