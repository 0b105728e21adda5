import { defineKernel } from '../../engine/contract.js';
import { conv3x3Reference, type Conv3x3Dimensions } from '../conv3x3-bias-relu/reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions } from '../conv3x3-bias-relu/shared.js';
import { winogradHalfTolerance, winogradTolerance } from '../conv3x3-bias-relu/variants/winograd.js';
import { decidedInputs, gateShape, makeGate } from './gate.js';
import { gateVariants, outputMap } from './variants.js';

/** 3×3 convolution with bias and ReLU that remembers where the ReLU lets gradients through. */
export const conv3x3ReluGate = defineKernel<Conv3x3Dimensions>({
  name: 'conv3x3ReluGate',
  summary: '3×3 convolution with bias and ReLU, and one bit per element that says where a gradient passes.',
  formula: 'output = relu(bias + input ∗ weights); gate bit = output > 0',
  source: 'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [height, width, inChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [outChannels]' },
  ],
  outputs: [
    { name: 'output', dtype: 'f32', summary: 'feature map [height, width, outChannels]' },
    { name: 'gate', dtype: 'u32', summary: 'bits [⌈height/4⌉, ⌈width/4⌉, ⌈outChannels/4⌉, 2]' },
  ],
  // What is rounded between the transforms switches ReLUs behind it, and with them whole gradients: forward it stays f32.
  half: ['input', 'weights', 'output', 'transformedWeights'],
  attributes: DIMENSION_SUMMARIES,
  shapes(attributes) {
    requireDimensions('conv3x3ReluGate', attributes);
    const { height, width, inChannels, outChannels } = attributes;
    const output = [height, width, outChannels];
    return {
      input: [height, width, inChannels],
      weights: [3, 3, inChannels, outChannels],
      bias: [outChannels],
      output,
      gate: gateShape(outputMap(attributes)),
    };
  },
  reference(attributes, values) {
    const { output = new Float64Array() } = conv3x3Reference({ ...attributes, relu: true }, values);
    const { width, outChannels } = attributes;
    return { output, gate: makeGate(outputMap(attributes), (y, x, channel) => (output[(y * width + x) * outChannels + channel] ?? 0) > 0) };
  },
  cost: (attributes) => conv3x3Cost(attributes, 1),
  variants: gateVariants,
  gradient: { kernel: 'conv3x3GateGradient', summary: 'The gradient to the input, from the gate in place of the output.' },
  samples: [
    { height: 1, width: 1, inChannels: 1, outChannels: 1 },
    { height: 5, width: 7, inChannels: 3, outChannels: 13 },
    { height: 8, width: 8, inChannels: 8, outChannels: 8 },
    { height: 9, width: 15, inChannels: 16, outChannels: 20 },
    { height: 2, width: 37, inChannels: 24, outChannels: 40 },
    { height: 6, width: 10, inChannels: 8, outChannels: 12, wrap: true },
  ],
  generate: decidedInputs,
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  halfTolerance: (_, variant) => winogradHalfTolerance(variant) ?? 4e-3,
});
