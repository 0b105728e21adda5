/** The gradient references of the losses against central differences. */
import { describe, it } from 'vitest';
import type { Values } from '../../src/engine/contract.js';
import { contentLoss, gramLoss, gramLossGradient, totalVariation } from '../../src/kernels/index.js';
import { randomInputs } from '../support/kernel-check.js';
import { expectGradients } from '../support/gradient-check.js';

const seed = Date.now() % 2 ** 31;
const tensor = (values: Values, name: string): Float64Array => values[name] ?? new Float64Array();

describe(`gradients equal central differences (seed ${String(seed)})`, () => {
  it.each([
    { positions: 7, channels: 5 },
    { positions: 1, channels: 1 },
  ])('gramLoss, $positions positions, $channels channels', (attributes) => {
    const { channels } = attributes;
    const inputs = randomInputs(gramLoss, attributes, seed);
    // Gram matrices are symmetric, and so is their target.
    const target = tensor(inputs, 'target').map((value, i, all) => (value + (all[(i % channels) * channels + Math.floor(i / channels)] ?? 0)) / 2);
    expectGradients({
      inputs: { ...inputs, target },
      seed,
      forward: (values) => tensor(gramLoss.reference(attributes, values), 'loss'),
      backward: (values, [dy = 0]) => {
        const difference = tensor(gramLoss.reference(attributes, values), 'difference');
        const weight = tensor(values, 'normaliser').map((normaliser) => normaliser * dy);
        const gradient = new Float64Array(attributes.positions * channels);
        return { features: tensor(gramLossGradient.reference(attributes, { features: tensor(values, 'features'), difference, weight, gradient }), 'gradient') };
      },
    });
  });

  it.each(['mse', 'squared-mean'] as const)('contentLoss, %s', (mode) => {
    const attributes = { count: 23, mode };
    expectGradients({
      inputs: randomInputs(contentLoss, attributes, seed),
      seed,
      forward: (values) => tensor(contentLoss.reference(attributes, values), 'loss'),
      backward: (values, dy) => ({
        features: tensor(contentLoss.reference(attributes, { ...values, weight: dy, gradient: new Float64Array(23) }), 'gradient'),
      }),
    });
  });

  it.each([
    { height: 5, width: 7, channels: 3 },
    { height: 1, width: 4, channels: 2 },
  ])('totalVariation, $height×$width', (attributes) => {
    expectGradients({
      inputs: randomInputs(totalVariation, attributes, seed),
      seed,
      forward: (values) => tensor(totalVariation.reference(attributes, values), 'total'),
      backward: (values, dy) => ({
        image: tensor(totalVariation.reference(attributes, { ...values, weight: dy, gradient: tensor(values, 'image').map(() => 0) }), 'gradient'),
      }),
    });
  });
});
