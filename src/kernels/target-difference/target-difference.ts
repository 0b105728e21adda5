import strided from '../../../shaders/target-difference/strided.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';

/** How many values there are. */
export type TargetDifferenceAttributes = { readonly count: number };

/** Difference to a target and its normalised mean square. */
export const targetDifference = defineKernel<TargetDifferenceAttributes>({
  name: 'targetDifference',
  summary: 'Difference of compensated sums to a target, with its normalised mean square: the style loss of a Gram matrix summed over tiles.',
  formula: 'difference = sum + compensation - target; loss = normaliser * mean(difference^2)',
  source: 'Gatys, Ecker, Bethge, "A neural algorithm of artistic style", 2015, with means in the place of sums.',
  inputs: [
    { name: 'sum', dtype: 'f32', summary: 'sums of compensatedAdd [count]' },
    { name: 'compensation', dtype: 'f32', summary: 'what they lack [count]' },
    { name: 'target', dtype: 'f32', summary: 'values to reach [count]' },
    { name: 'normaliser', dtype: 'f32', summary: 'factor of the loss [1]' },
  ],
  outputs: [
    { name: 'difference', dtype: 'f32', summary: 'sum + compensation - target [count]' },
    { name: 'loss', dtype: 'f32', summary: 'normaliser * mean(difference^2) [1]' },
  ],
  attributes: { count: 'number of values' },
  shapes({ count }) {
    requireInteger('targetDifference', 'count', count);
    return { sum: [count], compensation: [count], target: [count], normaliser: [1], difference: [count], loss: [1] };
  },
  reference: ({ count }, { sum = new Float64Array(), compensation, target, normaliser }) => {
    const difference = sum.map((value, i) => value + (compensation?.[i] ?? 0) - (target?.[i] ?? 0));
    return { difference, loss: Float64Array.of(((normaliser?.[0] ?? 0) * difference.reduce((total, value) => total + value * value, 0)) / count) };
  },
  cost: ({ count }) => ({ flops: 4 * count, bytes: 16 * count }),
  variants: sumVariants<TargetDifferenceAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count }) => ({ losses: stridedInvocations(count) * 4 }),
    passes: ({ count }, method) => {
      const invocations = stridedInvocations(count);
      return [
        {
          shader: { path: 'target-difference/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { count, invocations, scale: 1 / count },
          workgroups: stridedWorkgroups(invocations),
          bind: { target_values: 'target' },
        },
        sumPass(method, invocations, 'losses', 'loss'),
      ];
    },
  }),
  gradient: { kernel: 'gramLossGradient', summary: 'From the difference, with normaliser times the style weight as its weight.' },
  samples: [{ count: 1 }, { count: 3 }, { count: 255 }, { count: 257 }, { count: 10_007 }],
  generate: ({ count }, uniform) => ({
    sum: drawValues(count, () => uniform(-1, 1)),
    compensation: drawValues(count, () => uniform(-0.5, 0.5)),
    target: drawValues(count, () => uniform(-1, 1)),
    normaliser: Float64Array.of(uniform(0.5, 2)),
  }),
});
