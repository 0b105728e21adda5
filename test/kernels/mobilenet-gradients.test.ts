/** The float64 references of the gradient kernels against central differences of the references they are gradients of. */
import { describe, expect, it } from 'vitest';
import type { Attributes, KernelDefinition, Values } from '../../src/engine/contract.js';
import { momentsOf } from '../../src/kernels/batch-norm/dimensions.js';
import * as kernels from '../../src/kernels/index.js';
import { expectGradients } from '../support/gradient-check.js';
import { randomInputs } from '../support/kernel-check.js';

const seed = Date.now() % 2 ** 31;
const STEP = 1e-5;

function inputsOf<A extends Attributes>(kernel: KernelDefinition<A>, attributes: A): Values {
  return randomInputs(kernel, attributes, seed);
}

const output = (values: Values, name = 'output'): Float64Array => values[name] ?? new Float64Array();

const pointwise = { pixels: 7, inChannels: 5, outChannels: 6 };
const plain = { bias: true, relu6: false };
const geometries = [
  { batch: 2, height: 5, width: 6, channels: 4, stride: 1, padding: 'same' },
  { batch: 2, height: 6, width: 5, channels: 4, stride: 2, padding: 'same' },
  { batch: 1, height: 7, width: 6, channels: 4, stride: 2, padding: 'symmetric' },
] as const;
const stem = { batch: 2, height: 6, width: 7, outChannels: 4, padding: 'same' } as const;

describe(`gradients equal central differences (seed ${String(seed)})`, () => {
  it('pointwiseConv', () => {
    const attributes = { ...pointwise, ...plain };
    expectGradients({
      seed,
      inputs: inputsOf(kernels.pointwiseConv, attributes),
      forward: (values) => output(kernels.pointwiseConv.reference(attributes, values)),
      backward: (values, gradient) => ({
        input: output(kernels.pointwiseConvInputGradient.reference(pointwise, { ...values, gradient }), 'inputGradient'),
        weights: output(kernels.pointwiseConvFilterGradient.reference(pointwise, { ...values, gradient }), 'filterGradient'),
        bias: output(kernels.columnSum.reference({ rows: pointwise.pixels, columns: pointwise.outChannels }, { input: gradient })),
      }),
    });
  });

  it.each(geometries)('depthwiseConv3x3, stride $stride, $padding', (geometry) => {
    const attributes = { ...geometry, ...plain };
    expectGradients({
      seed,
      inputs: inputsOf(kernels.depthwiseConv3x3, attributes),
      forward: (values) => output(kernels.depthwiseConv3x3.reference(attributes, values)),
      backward: (values, gradient) => ({
        input: output(kernels.depthwiseConv3x3InputGradient.reference(geometry, { ...values, gradient }), 'inputGradient'),
        weights: output(kernels.depthwiseConv3x3FilterGradient.reference(geometry, { ...values, gradient }), 'filterGradient'),
      }),
    });
  });

  it('stemConv3x3', () => {
    const attributes = { ...stem, ...plain };
    expectGradients({
      seed,
      inputs: inputsOf(kernels.stemConv3x3, attributes),
      forward: (values) => output(kernels.stemConv3x3.reference(attributes, values)),
      backward: (values, gradient) => ({
        weights: output(kernels.stemConv3x3FilterGradient.reference(stem, { ...values, gradient }), 'filterGradient'),
      }),
    });
  });

  it.each([false, true])('batchNorm through its statistics, relu6 %s', (relu6) => {
    const attributes = { pixels: 12, channels: 6, epsilon: 1e-3, relu6 };
    const withMoments = (values: Values): Values => ({ ...values, moments: momentsOf(attributes, output(values, 'input')) });
    expectGradients({
      seed,
      inputs: inputsOf(kernels.batchNormGradient, attributes),
      forward: (values) => output(kernels.batchNorm.reference(attributes, withMoments(values))),
      backward: (values, gradient) => {
        const all = kernels.batchNormGradient.reference(attributes, { ...withMoments(values), gradient });
        return { input: output(all, 'inputGradient'), gamma: output(all, 'gammaGradient'), beta: output(all, 'betaGradient') };
      },
    });
  });

  it('relu6', () => {
    const attributes = { count: 200 };
    expectGradients({
      seed,
      inputs: inputsOf(kernels.relu6, attributes),
      forward: (values) => output(kernels.relu6.reference(attributes, values)),
      backward: (values, gradient) => ({ input: output(kernels.relu6Gradient.reference(attributes, { ...values, gradient }), 'inputGradient') }),
    });
  });

  it('globalAveragePool', () => {
    const attributes = { batch: 2, pixels: 5, channels: 3 };
    expectGradients({
      seed,
      inputs: inputsOf(kernels.globalAveragePool, attributes),
      forward: (values) => output(kernels.globalAveragePool.reference(attributes, values)),
      backward: (_, gradient) => ({ input: output(kernels.globalAveragePoolGradient.reference(attributes, { gradient }), 'inputGradient') }),
    });
  });

  it('softmaxCrossEntropy', () => {
    const attributes = { batch: 6, classes: 5, scale: 1 };
    const inputs = inputsOf(kernels.softmaxCrossEntropy, attributes);
    // The kernel's gradient is that of the plain sum of losses.
    const { gradient = new Float64Array() } = kernels.softmaxCrossEntropy.reference(attributes, inputs);
    const loss = (values: Values): number => output(kernels.softmaxCrossEntropy.reference(attributes, values), 'losses').reduce((sum, value) => sum + value, 0);
    const logits = output(inputs, 'logits');
    logits.forEach((_, at) => {
      const moved = (by: number): Values => ({ ...inputs, logits: logits.map((value, i) => (i === at ? value + by : value)) });
      expect(gradient[at]).toBeCloseTo((loss(moved(STEP)) - loss(moved(-STEP))) / (2 * STEP), 5);
    });
  });
});
