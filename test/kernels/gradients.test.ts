/** The gradient references of convolution, pooling and preprocessing against central differences. */
import { describe, expect, it } from 'vitest';
import type { Attributes, KernelDefinition, Values } from '../../src/engine/contract.js';
import * as kernels from '../../src/kernels/index.js';
import { expectGradients } from '../support/gradient-check.js';
import { randomInputs } from '../support/kernel-check.js';

const seed = Date.now() % 2 ** 31;

/** Random inputs that keep `distance` from every kink of the function, so that differences are meaningful. */
function smoothInputs<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A, distance: (values: Values) => number): Values {
  for (let trial = 0; trial < 100; trial++) {
    const values = randomInputs(kernel, attributes, seed + trial);
    if (distance(values) > 1e-4) return values;
  }
  throw new Error('no inputs away from a kink were found');
}

const tensor = (values: Values, name: string): Float64Array => values[name] ?? new Float64Array();
const smallest = (values: Float64Array): number => values.reduce((least, value) => Math.min(least, Math.abs(value)), Infinity);

/** The least difference between any two elements of the input, at least that between the elements of a window. */
function leastGap(values: Values): number {
  const sorted = tensor(values, 'input').toSorted();
  return sorted.reduce((least, value, i) => (i === 0 ? least : Math.min(least, value - (sorted[i - 1] ?? 0))), Infinity);
}

describe(`gradients equal central differences (seed ${String(seed)})`, () => {
  it.each([
    { height: 4, width: 5, inChannels: 3, outChannels: 2 },
    { height: 1, width: 3, inChannels: 2, outChannels: 5 },
  ])('conv3x3BiasRelu to its input, $height×$width, $inChannels to $outChannels', (dimensions) => {
    const preActivation = (values: Values): Float64Array => tensor(kernels.conv3x3BiasRelu.reference({ ...dimensions, relu: false }, values), 'output');
    const forward = (values: Values): Float64Array => tensor(kernels.conv3x3BiasRelu.reference({ ...dimensions, relu: true }, values), 'output');
    const inputs = smoothInputs(kernels.conv3x3BiasRelu, { ...dimensions, relu: true }, (values) => smallest(preActivation(values)));
    expect(forward(inputs).some((value) => value === 0)).toBe(true);
    expectGradients({
      inputs,
      seed,
      forward,
      backward: (values, outputGradient) => ({
        input: tensor(kernels.conv3x3InputGradient.reference(dimensions, { ...values, output: forward(values), outputGradient }), 'inputGradient'),
      }),
    });
  });

  it('maxPool2x2', () => {
    const attributes = { height: 5, width: 7, channels: 2 };
    expectGradients({
      inputs: smoothInputs(kernels.maxPool2x2, attributes, leastGap),
      seed,
      forward: (values) => tensor(kernels.maxPool2x2.reference(attributes, values), 'output'),
      backward: (values, outputGradient) => ({
        input: tensor(kernels.maxPool2x2Gradient.reference(attributes, { ...values, outputGradient }), 'inputGradient'),
      }),
    });
  });

  it('averagePool2x2', () => {
    const attributes = { height: 5, width: 7, channels: 2 };
    expectGradients({
      inputs: randomInputs(kernels.averagePool2x2, attributes, seed),
      seed,
      forward: (values) => tensor(kernels.averagePool2x2.reference(attributes, values), 'output'),
      backward: (_, outputGradient) => ({ input: tensor(kernels.averagePool2x2Gradient.reference(attributes, { outputGradient }), 'inputGradient') }),
    });
  });

  it.each(['caffe', 'torch'] as const)('preprocess, %s', (mode) => {
    const attributes = { height: 3, width: 4, mode };
    expectGradients({
      inputs: randomInputs(kernels.preprocess, attributes, seed),
      seed,
      forward: (values) => tensor(kernels.preprocess.reference(attributes, values), 'output'),
      backward: (_, outputGradient) => ({ image: tensor(kernels.preprocessGradient.reference(attributes, { outputGradient }), 'imageGradient') }),
    });
  });
});

describe('maxPool2x2Gradient', () => {
  it('gives the gradient to the first of equal maxima in row order and nothing to dropped edges', () => {
    const { inputGradient } = kernels.maxPool2x2Gradient.reference(
      { height: 3, width: 3, channels: 1 },
      { input: Float64Array.of(1, 2, 9, 2, 2, 9, 9, 9, 9), outputGradient: Float64Array.of(5) },
    );
    expect([...(inputGradient ?? [])]).toEqual([0, 5, 0, 0, 0, 0, 0, 0, 0]);
  });
});
