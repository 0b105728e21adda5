import elementwise from '../../../shaders/compensated-add/elementwise.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';

/** How many sums, and what every value is multiplied with. */
export type CompensatedAddAttributes = { readonly count: number; readonly factor: number };

const WORKGROUP = 64;

/** Running sums that lose nothing to the number of terms. */
export const compensatedAdd = defineKernel<CompensatedAddAttributes>({
  name: 'compensatedAdd',
  summary: 'Scaled values added to running sums, with what rounding loses kept beside them.',
  formula: 'sum + compensation += factor * value, where compensation gathers the rounding errors of sum',
  source: 'Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974.',
  inputs: [{ name: 'value', dtype: 'f32', summary: 'what is added [count]' }],
  outputs: [
    { name: 'sum', dtype: 'f32', summary: 'running sums [count]', inPlace: true },
    { name: 'compensation', dtype: 'f32', summary: 'what they lack [count]', inPlace: true },
  ],
  attributes: { count: 'number of sums', factor: 'what values are multiplied with' },
  shapes({ count }) {
    requireInteger('compensatedAdd', 'count', count);
    return { value: [count], sum: [count], compensation: [count] };
  },
  // Rounded as in f32, because the compensation is the error of exactly that.
  reference: ({ factor }, { value = new Float64Array(), sum = new Float64Array(), compensation = new Float64Array() }) => {
    const added = value.map((term) => Math.fround(Math.fround(factor) * term));
    const after = sum.map((before, i) => Math.fround(before + (added[i] ?? 0)));
    return { sum: after, compensation: compensation.map((old, i) => old + ((sum[i] ?? 0) + (added[i] ?? 0) - (after[i] ?? 0))) };
  },
  cost: ({ count }) => ({ flops: 8 * count, bytes: 20 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per sum.',
      accepts: () => true,
      passes: ({ count, factor }, device) => [
        {
          shader: { path: 'compensated-add/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP },
          params: { count, factor },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'Gradients do not pass through it: they are taken from the sums.' },
  samples: [
    { count: 1, factor: 1 },
    { count: 63, factor: 0.5 },
    { count: 65, factor: 1 },
    { count: 10_007, factor: 0.25 },
  ],
  // Errors and their old sum of one size, so that a wrong error shows. Factors of samples are powers of two: products are exact, fused or not.
  generate: ({ count }, uniform) => ({
    value: drawValues(count, () => uniform(-1, 1)),
    sum: drawValues(count, () => uniform(-100, 100)),
    compensation: drawValues(count, () => uniform(-1e-6, 1e-6)),
  }),
});
