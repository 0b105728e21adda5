import constant from '../../../shaders/fill/constant.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements, and what they become. */
export type FillAttributes = { readonly count: number; readonly value: number };

const WORKGROUP = 64;

/** Sets every element of a tensor, so that a running gradient has a start. */
export const fill = defineKernel<FillAttributes>({
  name: 'fill',
  summary: 'Sets every element to one value.',
  formula: 'output[i] = value',
  source: 'By definition.',
  inputs: [],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'tensor [count]' }],
  half: ['output'],
  attributes: { count: 'elements', value: 'the value' },
  shapes({ count }) {
    requireInteger('fill', 'count', count);
    return { output: [count] };
  },
  reference: ({ count, value }) => ({ output: new Float64Array(count).fill(Math.fround(value)) }),
  cost: ({ count }) => ({ flops: 0, bytes: 4 * count }),
  variants: [
    {
      id: 'constant',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count, value }) => [
        {
          shader: { path: 'fill/constant.wgsl', source: constant },
          constants: { WORKGROUP },
          params: { count, value },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'The output depends on no input.' },
  samples: [
    { count: 1, value: 0 },
    { count: 63, value: -1.5 },
    { count: 65, value: 3 },
  ],
  largeSamples: [{ count: 65_537 * 64 + 3, value: 0.25 }],
});
