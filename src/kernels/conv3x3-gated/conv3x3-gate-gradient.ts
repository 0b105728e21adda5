import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { conv3x3InputGradientReference } from '../conv3x3-bias-relu/reference.js';
import { conv3x3Cost, DIMENSION_SUMMARIES, requireDimensions } from '../conv3x3-bias-relu/shared.js';
import { winogradHalfTolerance, winogradTolerance } from '../conv3x3-bias-relu/variants/winograd.js';
import { gateShape, makeGate, passesGate } from './gate.js';
import { type GateGradientAttributes, gateGradientVariants, outputMap } from './variants.js';

/** The gradient of conv3x3ReluGate and conv3x3ReluMaxPool to their input. */
export const conv3x3GateGradient = defineKernel<GateGradientAttributes>({
  name: 'conv3x3GateGradient',
  summary: 'Gradient of a 3×3 convolution with bias, ReLU and perhaps 2×2 maximum pooling to its input, from the bits that say where it passes.',
  formula:
    'inputGradient[y, x, i] = Σ gate[v, u, o] · outputGradient[v, u, o] · weights[ky, kx, i, o] with v = y - ky + 1, u = x - kx + 1; pooled: outputGradient[⌊v/2⌋, ⌊u/2⌋, o]',
  source:
    'The chain rule; as a convolution with the filter rotated by 180° and its channels exchanged: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.',
  inputs: [
    {
      name: 'outputGradient',
      dtype: 'f32',
      summary: 'gradient to the output [height, width, outChannels], or to the pooled output [⌊height/2⌋, ⌊width/2⌋, outChannels]',
    },
    { name: 'gate', dtype: 'u32', summary: 'bits [⌈height/4⌉, ⌈width/4⌉, ⌈outChannels/4⌉, 2]; those outside the map are 0' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, inChannels, outChannels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient to the input [height, width, inChannels]' }],
  half: ['outputGradient', 'weights', 'inputGradient', 'maskedGradient', 'rotatedWeights', 'tiles', 'products', 'transformedWeights'],
  attributes: { ...DIMENSION_SUMMARIES, pooled: 'whether the gradient is that to the pooled output' },
  shapes(attributes) {
    requireDimensions('conv3x3GateGradient', attributes);
    const { height, width, inChannels, outChannels, pooled } = attributes;
    if (pooled) {
      requireInteger('conv3x3GateGradient', 'height', height, 2);
      requireInteger('conv3x3GateGradient', 'width', width, 2);
    }
    const outputGradient = pooled ? [Math.floor(height / 2), Math.floor(width / 2), outChannels] : [height, width, outChannels];
    return { outputGradient, gate: gateShape(outputMap(attributes)), weights: [3, 3, inChannels, outChannels], inputGradient: [height, width, inChannels] };
  },
  reference(attributes, values) {
    const map = outputMap(attributes);
    const shift = Number(attributes.pooled);
    const { outputGradient = new Float64Array(), gate = new Float64Array(), weights = new Float64Array() } = values;
    const gradient = new Float64Array(map.height * map.width * map.channels);
    for (let y = 0; y < map.height; y++) {
      for (let x = 0; x < map.width; x++) {
        for (let channel = 0; channel < map.channels; channel++) {
          if (!passesGate(map, gate, y, x, channel)) continue;
          gradient[(y * map.width + x) * map.channels + channel] =
            outputGradient[((y >> shift) * (map.width >> shift) + (x >> shift)) * map.channels + channel] ?? NaN;
        }
      }
    }
    return conv3x3InputGradientReference(attributes, { outputGradient: gradient, output: new Float64Array(gradient.length).fill(1), weights });
  },
  cost: (attributes) => conv3x3Cost(attributes, attributes.pooled ? 0.25 : 1),
  variants: gateGradientVariants,
  gradient: { none: 'It is a gradient itself; no task needs second derivatives.' },
  samples: [
    { height: 1, width: 1, inChannels: 1, outChannels: 1, pooled: false },
    { height: 5, width: 7, inChannels: 3, outChannels: 13, pooled: false },
    { height: 5, width: 7, inChannels: 3, outChannels: 13, pooled: true },
    { height: 8, width: 8, inChannels: 8, outChannels: 8, pooled: false },
    { height: 9, width: 15, inChannels: 20, outChannels: 16, pooled: true },
    { height: 9, width: 15, inChannels: 20, outChannels: 16, pooled: false },
    { height: 2, width: 37, inChannels: 40, outChannels: 24, pooled: true },
    { height: 10, width: 14, inChannels: 4, outChannels: 8, pooled: true },
    { height: 4, width: 12, inChannels: 8, outChannels: 16, pooled: true, wrap: true },
    { height: 12, width: 8, inChannels: 8, outChannels: 16, pooled: false, wrap: true },
    { height: 6, width: 5, inChannels: 3, outChannels: 13, pooled: false, wrap: true },
  ],
  // Random bits; where a window was pooled at most one of its bits, none on odd edges.
  generate: (attributes, uniform) => {
    const map = outputMap(attributes);
    if (!attributes.pooled) return { gate: makeGate(map, () => uniform(0, 1) < 0.5) };
    const chosen = new Set<number>();
    for (let y = 0; y < map.height >> 1; y++) {
      for (let x = 0; x < map.width >> 1; x++) {
        for (let channel = 0; channel < map.channels; channel++) {
          const place = Math.floor(uniform(0, 5));
          if (place < 4) chosen.add(((2 * y + (place >> 1)) * map.width + 2 * x + (place & 1)) * map.channels + channel);
        }
      }
    }
    return { gate: makeGate(map, (y, x, channel) => chosen.has((y * map.width + x) * map.channels + channel)) };
  },
  tolerance: (_, variant) => winogradTolerance(variant) ?? 2e-5,
  halfTolerance: (_, variant) => winogradHalfTolerance(variant) ?? 4e-3,
});
