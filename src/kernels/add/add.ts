import elementwise from '../../../shaders/add/elementwise.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements. */
export type AddAttributes = { readonly count: number };

const WORKGROUP = 64;

/** Sum of two tensors, as at the end of a residual block. */
export const add = defineKernel<AddAttributes>({
  name: 'add',
  summary: 'Sum of two tensors of the same size.',
  formula: 'output = left + right',
  source: 'By definition.',
  inputs: [
    { name: 'left', dtype: 'f32', summary: 'tensor [count]' },
    { name: 'right', dtype: 'f32', summary: 'tensor [count]' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'tensor [count]' }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('add', 'count', count);
    return { left: [count], right: [count], output: [count] };
  },
  reference: (_, { left = new Float64Array(), right = new Float64Array() }) => ({ output: left.map((value, i) => value + (right[i] ?? 0)) }),
  cost: ({ count }) => ({ flops: count, bytes: 12 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }) => [
        {
          shader: { path: 'add/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'Both gradients are the incoming one, so none is computed.' },
  samples: [{ count: 1 }, { count: 63 }, { count: 65 }, { count: 10_007 }],
  largeSamples: [{ count: 65_537 * WORKGROUP + 3 }],
});
