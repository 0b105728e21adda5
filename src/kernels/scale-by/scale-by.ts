import elementwise from '../../../shaders/scale-by/elementwise.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements. */
export type ScaleByAttributes = { readonly count: number };

const WORKGROUP = 64;

/** Multiplies a tensor by a number that may change between runs. */
export const scaleBy = defineKernel<ScaleByAttributes>({
  name: 'scaleBy',
  summary: 'Multiplies every element by one number from memory.',
  formula: 'values[i] = factor * values[i]',
  source: 'Undoes the scale of gradients in half precision: Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.2.',
  inputs: [{ name: 'factor', dtype: 'f32', summary: 'the number [1]' }],
  outputs: [{ name: 'values', dtype: 'f32', summary: 'tensor [count]', inPlace: true }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('scaleBy', 'count', count);
    return { factor: [1], values: [count] };
  },
  reference: (_, { factor = new Float64Array(), values = new Float64Array() }) => ({ values: values.map((value) => (factor[0] ?? NaN) * value) }),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }, device) => [
        {
          shader: { path: 'scale-by/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'It works on gradients; no task needs second derivatives.' },
  samples: [{ count: 1 }, { count: 63 }, { count: 64 }, { count: 10_007 }],
});
