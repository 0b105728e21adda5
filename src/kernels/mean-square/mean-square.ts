import strided from '../../../shaders/mean-square/strided.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';

/** How many values there are. */
export type MeanSquareAttributes = { readonly count: number };

/** Mean of squares of all values. */
export const meanSquare = defineKernel<MeanSquareAttributes>({
  name: 'meanSquare',
  summary: 'Mean of the squares of all values, in a fixed order.',
  formula: 'result = mean(values^2)',
  source: 'Its inverse, of a target Gram matrix, makes style weights independent of the network.',
  inputs: [{ name: 'values', dtype: 'f32', summary: 'values [count]' }],
  outputs: [{ name: 'result', dtype: 'f32', summary: 'mean of their squares [1]' }],
  half: ['values'],
  attributes: { count: 'number of values' },
  shapes({ count }) {
    requireInteger('meanSquare', 'count', count);
    return { values: [count], result: [1] };
  },
  reference: ({ count }, { values = new Float64Array() }) => ({ result: Float64Array.of(values.reduce((total, value) => total + value * value, 0) / count) }),
  cost: ({ count }) => ({ flops: 2 * count, bytes: 4 * count }),
  variants: sumVariants<MeanSquareAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count }) => ({ partials: stridedInvocations(count) * 4 }),
    passes: ({ count }, method) => {
      const invocations = stridedInvocations(count);
      return [
        {
          shader: { path: 'mean-square/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { count, invocations, scale: 1 / count },
          workgroups: stridedWorkgroups(invocations),
        },
        sumPass(method, invocations, 'partials', 'result'),
      ];
    },
  }),
  gradient: { none: 'It measures targets, which are constants of a run.' },
  samples: [{ count: 1 }, { count: 3 }, { count: 255 }, { count: 256 }, { count: 257 }, { count: 10_007 }],
  largeSamples: [{ count: 1_000_003 }],
});
