import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { conv3x3Reference, type Conv3x3Dimensions } from '../conv3x3-bias-relu/reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions } from '../conv3x3-bias-relu/shared.js';
import { winogradHalfTolerance, winogradTolerance } from '../conv3x3-bias-relu/variants/winograd.js';
import { forEachWindow } from '../pool-2x2/shared.js';
import { decidedInputs, gateShape, makeGate } from './gate.js';
import { outputMap, poolVariants } from './variants.js';

/** 3×3 convolution with bias, ReLU and 2×2 maximum pooling that remembers where they let gradients through. */
export const conv3x3ReluMaxPool = defineKernel<Conv3x3Dimensions>({
  name: 'conv3x3ReluMaxPool',
  summary: '3×3 convolution with bias, ReLU and 2×2 maximum pooling, and one bit per element before pooling that says where a gradient passes.',
  formula: 'output = relu(bias + input ∗ weights); pooled = max of 2×2 windows, odd edges dropped; gate bit = first maximum in row order and > 0',
  source: 'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [height, width, inChannels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [outChannels]' },
  ],
  outputs: [
    { name: 'pooled', dtype: 'f32', summary: 'feature map [⌊height/2⌋, ⌊width/2⌋, outChannels]' },
    { name: 'gate', dtype: 'u32', summary: 'bits [⌈height/4⌉, ⌈width/4⌉, ⌈outChannels/4⌉, 2]' },
  ],
  // What is rounded between the transforms switches ReLUs behind it, and with them whole gradients: forward it stays f32.
  half: ['input', 'weights', 'pooled', 'transformedWeights'],
  attributes: DIMENSION_SUMMARIES,
  shapes(attributes) {
    requireDimensions('conv3x3ReluMaxPool', attributes);
    const { height, width, inChannels, outChannels } = attributes;
    requireInteger('conv3x3ReluMaxPool', 'height', height, 2);
    requireInteger('conv3x3ReluMaxPool', 'width', width, 2);
    const pooled = [Math.floor(height / 2), Math.floor(width / 2), outChannels];
    return {
      input: [height, width, inChannels],
      weights: [3, 3, inChannels, outChannels],
      bias: [outChannels],
      pooled,
      gate: gateShape(outputMap(attributes)),
    };
  },
  reference(attributes, values) {
    const { output = new Float64Array() } = conv3x3Reference({ ...attributes, relu: true }, values);
    const map = outputMap(attributes);
    const pooled = new Float64Array(Math.floor(map.height / 2) * Math.floor(map.width / 2) * map.channels);
    const chosen = new Set<number>();
    forEachWindow(map, (at, inputs) => {
      const maximum = Math.max(...inputs.map((index) => output[index] ?? 0));
      const first = inputs.find((index) => output[index] === maximum);
      pooled[at] = maximum;
      if (maximum > 0 && first !== undefined) chosen.add(first);
    });
    return { pooled, gate: makeGate(map, (y, x, channel) => chosen.has((y * map.width + x) * map.channels + channel)) };
  },
  cost: (attributes) => conv3x3Cost(attributes, 0.25),
  variants: poolVariants,
  gradient: { kernel: 'conv3x3GateGradient', summary: 'The gradient to the input, with `pooled` true.' },
  samples: [
    { height: 2, width: 2, inChannels: 1, outChannels: 1 },
    { height: 5, width: 7, inChannels: 3, outChannels: 13 },
    { height: 8, width: 8, inChannels: 8, outChannels: 8 },
    { height: 9, width: 15, inChannels: 16, outChannels: 20 },
    { height: 2, width: 37, inChannels: 24, outChannels: 40 },
    { height: 10, width: 14, inChannels: 8, outChannels: 4 },
    { height: 8, width: 12, inChannels: 16, outChannels: 8, wrap: true },
  ],
  generate: decidedInputs,
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  halfTolerance: (_, variant) => winogradHalfTolerance(variant) ?? 4e-3,
});
