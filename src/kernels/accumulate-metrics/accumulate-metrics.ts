import singleInvocation from '../../../shaders/accumulate-metrics/single-invocation.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';

/** Examples of a batch. */
export type AccumulateMetricsAttributes = { readonly batch: number };

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Running totals of losses and hits over the batches of an epoch, so that they need not be read after every step. */
export const accumulateMetrics = defineKernel<AccumulateMetricsAttributes>({
  name: 'accumulateMetrics',
  summary: 'Adds a batch’s losses and hits to running totals.',
  formula: 'totals += [Σ losses, Σ hits]',
  source: 'By definition.',
  inputs: [
    { name: 'losses', dtype: 'f32', summary: 'losses [batch]' },
    { name: 'hits', dtype: 'f32', summary: 'hits [batch]' },
  ],
  outputs: [{ name: 'totals', dtype: 'f32', summary: 'sum of losses, sum of hits [2]', inPlace: true }],
  attributes: { batch: 'examples' },
  shapes({ batch }) {
    requireInteger('accumulateMetrics', 'batch', batch);
    return { losses: [batch], hits: [batch], totals: [2] };
  },
  reference: (_, { losses = new Float64Array(), hits = new Float64Array(), totals = new Float64Array() }) => ({
    totals: Float64Array.of((totals[0] ?? 0) + sum(losses), (totals[1] ?? 0) + sum(hits)),
  }),
  cost: ({ batch }) => ({ flops: 2 * batch, bytes: 8 * batch }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation, in order.',
      accepts: () => true,
      passes: ({ batch }) => [
        {
          shader: { path: 'accumulate-metrics/single-invocation.wgsl', source: singleInvocation },
          params: { batch },
          workgroups: { x: 1, y: 1, z: 1 },
        },
      ],
    },
  ],
  gradient: { none: 'Metrics are not differentiated.' },
  samples: [{ batch: 1 }, { batch: 32 }, { batch: 257 }],
});
