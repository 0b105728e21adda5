import strided from '../../../shaders/sum/strided.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from './passes.js';

/** How many values there are. */
export type SumAttributes = { readonly count: number };

/** Sum of all values. */
export const sum = defineKernel<SumAttributes>({
  name: 'sum',
  summary: 'Sum of all values, in a fixed order.',
  formula: 'result = sum(values)',
  source: 'Two passes with a fixed order of additions, so that the result has the same bits every time.',
  inputs: [{ name: 'values', dtype: 'f32', summary: 'values [count]' }],
  outputs: [{ name: 'result', dtype: 'f32', summary: 'their sum [1]' }],
  attributes: { count: 'number of values' },
  shapes({ count }) {
    requireInteger('sum', 'count', count);
    return { values: [count], result: [1] };
  },
  reference: (_, { values = new Float64Array() }) => ({ result: Float64Array.of(values.reduce((total, value) => total + value, 0)) }),
  cost: ({ count }) => ({ flops: count, bytes: 4 * count }),
  variants: sumVariants<SumAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count }) => ({ partials: stridedInvocations(count) * 4 }),
    passes: ({ count }, method) => {
      const invocations = stridedInvocations(count);
      return [
        {
          shader: { path: 'sum/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { count, invocations },
          workgroups: stridedWorkgroups(invocations),
        },
        sumPass(method, invocations, 'partials', 'result'),
      ];
    },
  }),
  gradient: { none: 'Every value has slope 1.' },
  samples: [{ count: 1 }, { count: 3 }, { count: 255 }, { count: 256 }, { count: 257 }, { count: 10_007 }],
  largeSamples: [{ count: 1_000_003 }],
  generate: ({ count }, uniform) => ({ values: drawValues(count, () => uniform(0, 1)) }),
});
