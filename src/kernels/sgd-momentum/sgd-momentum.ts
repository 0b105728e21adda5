import elementwise from '../../../shaders/sgd-momentum/elementwise.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Parameters, and whether Nesterov's look-ahead is taken. */
export type SgdMomentumAttributes = { readonly count: number; readonly nesterov: boolean };

const WORKGROUP = 64;

/** One update in float64. */
export function sgdMomentumReference({ nesterov }: SgdMomentumAttributes, values: Values): Values {
  const { gradient = new Float64Array(), hyper = new Float64Array(), parameters = new Float64Array(), velocity: before = new Float64Array() } = values;
  const [rate = 0, momentum = 0] = hyper;
  const velocity = before.map((old, i) => momentum * old - rate * (gradient[i] ?? 0));
  return {
    parameters: parameters.map((old, i) => old + (nesterov ? momentum * (velocity[i] ?? 0) - rate * (gradient[i] ?? 0) : (velocity[i] ?? 0))),
    velocity,
  };
}

/** Stochastic gradient descent with momentum. */
export const sgdMomentum = defineKernel<SgdMomentumAttributes>({
  name: 'sgdMomentum',
  summary: 'One update by stochastic gradient descent with momentum in Keras’s form; momentum 0 is plain descent.',
  formula: 'velocity = momentum velocity - rate gradient; parameters += velocity (Nesterov: momentum velocity - rate gradient)',
  source: 'Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013; Keras’s SGD.',
  inputs: [
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the loss [count]' },
    { name: 'hyper', dtype: 'f32', summary: 'learning rate, momentum [2]' },
  ],
  outputs: [
    { name: 'parameters', dtype: 'f32', summary: 'parameters [count]', inPlace: true },
    { name: 'velocity', dtype: 'f32', summary: 'velocity [count]', inPlace: true },
  ],
  attributes: { count: 'parameters', nesterov: 'whether Nesterov’s look-ahead is taken' },
  shapes({ count }) {
    requireInteger('sgdMomentum', 'count', count);
    return { gradient: [count], hyper: [2], parameters: [count], velocity: [count] };
  },
  reference: sgdMomentumReference,
  cost: ({ count }) => ({ flops: 6 * count, bytes: 20 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per parameter.',
      accepts: () => true,
      passes: ({ count, nesterov }) => [
        {
          shader: { path: 'sgd-momentum/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP, NESTEROV: nesterov ? 1 : 0 },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'An optimiser is not differentiated.' },
  samples: [
    { count: 1, nesterov: false },
    { count: 63, nesterov: true },
    { count: 10_007, nesterov: false },
  ],
  largeSamples: [{ count: 65_537 * WORKGROUP + 3, nesterov: true }],
  generate: (_, uniform) => ({ hyper: Float64Array.of(uniform(0.01, 0.5), uniform(0, 0.95)) }),
});
