import { defineKernel } from '../../engine/contract.js';
import { conv3x3Reference } from './reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions, type Conv3x3Attributes } from './shared.js';
import { direct } from './variants/direct.js';
import { registerTile } from './variants/register-tile.js';
import { sharedMemory128, sharedMemory32, sharedMemory64 } from './variants/shared-memory.js';
import { subgroupBroadcast } from './variants/subgroup-broadcast.js';
import { winograd, winogradHalfTolerance, winogradTolerance } from './variants/winograd.js';

/** 3×3 convolution, zero or circular padding, stride 1, with bias and optional ReLU. */
export const conv3x3BiasRelu = defineKernel<Conv3x3Attributes>({
  name: 'conv3x3BiasRelu',
  summary: '3×3 convolution with zero or circular padding and stride 1, bias and ReLU fused.',
  formula: 'output[y, x, o] = relu(bias[o] + Σ input[y + ky - 1, x + kx - 1, i] · weights[ky, kx, i, o])',
  source: 'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [height, width, inChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [outChannels]' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [height, width, outChannels]' }],
  // What is rounded between the transforms switches ReLUs behind it, and with them whole gradients: forward it stays f32.
  half: ['input', 'weights', 'output', 'transformedWeights'],
  attributes: { ...DIMENSION_SUMMARIES, relu: 'whether negative outputs become 0' },
  shapes(attributes) {
    requireDimensions('conv3x3BiasRelu', attributes);
    const { height, width, inChannels, outChannels } = attributes;
    return { input: [height, width, inChannels], weights: [3, 3, inChannels, outChannels], bias: [outChannels], output: [height, width, outChannels] };
  },
  reference: conv3x3Reference,
  cost: (attributes) => conv3x3Cost(attributes, 1),
  variants: [
    direct.forward,
    subgroupBroadcast.forward,
    registerTile.forward,
    sharedMemory128.forward,
    sharedMemory64.forward,
    sharedMemory32.forward,
    ...winograd,
  ],
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  halfTolerance: (_, variant) => winogradHalfTolerance(variant) ?? 4e-3,
  gradient: { kernel: 'conv3x3InputGradient', summary: 'The gradient to the input; weights are constants of the four tasks that use this kernel.' },
  samples: [
    { height: 1, width: 1, inChannels: 1, outChannels: 1, relu: false },
    { height: 5, width: 7, inChannels: 3, outChannels: 13, relu: true },
    { height: 1, width: 17, inChannels: 7, outChannels: 5, relu: true },
    { height: 19, width: 1, inChannels: 4, outChannels: 4, relu: false },
    { height: 8, width: 8, inChannels: 8, outChannels: 8, relu: true },
    { height: 9, width: 15, inChannels: 12, outChannels: 20, relu: true },
    { height: 9, width: 13, inChannels: 24, outChannels: 40, relu: true },
    { height: 5, width: 17, inChannels: 3, outChannels: 64, relu: true },
    { height: 9, width: 7, inChannels: 8, outChannels: 60, relu: true },
    { height: 5, width: 13, inChannels: 16, outChannels: 68, relu: true },
    { height: 4, width: 32, inChannels: 8, outChannels: 128, relu: true },
    { height: 3, width: 43, inChannels: 8, outChannels: 132, relu: true },
    { height: 5, width: 7, inChannels: 3, outChannels: 13, relu: true, wrap: true },
    { height: 9, width: 13, inChannels: 24, outChannels: 40, relu: false, wrap: true },
  ],
});
