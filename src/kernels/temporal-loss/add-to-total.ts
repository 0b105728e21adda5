import singleInvocation from '../../../shaders/temporal-loss/add-to-total.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { LOSS_ENTRY } from '../record-losses/record-losses.js';

/** Slots of the ring. */
export type AddToTotalAttributes = { readonly capacity: number };

/** The ring with the larger total. */
export function addToTotalReference({ capacity }: AddToTotalAttributes, { loss, weight, step, ring: before }: Values): Values {
  const ring = Float64Array.from(before ?? []);
  const at = ((step?.[0] ?? 0) % capacity) * LOSS_ENTRY + LOSS_ENTRY - 1;
  ring[at] = (ring[at] ?? 0) + (weight?.[0] ?? 0) * (loss?.[0] ?? 0);
  return { ring };
}

/** One more loss in the total of a step. */
export const addToTotal = defineKernel<AddToTotalAttributes>({
  name: 'addToTotal',
  summary: 'Adds a weighted loss to the total of a step in the ring that recordLosses writes.',
  formula: 'ring[step mod capacity].total += weight * loss',
  source: 'For losses that few runs have: L-BFGS compares totals, so that every term of the gradient must be in them.',
  inputs: [
    { name: 'loss', dtype: 'f32', summary: 'the unweighted loss [1]' },
    { name: 'weight', dtype: 'f32', summary: 'its factor [1]' },
    { name: 'step', dtype: 'u32', summary: 'number of finished steps [1]' },
  ],
  outputs: [{ name: 'ring', dtype: 'f32', summary: 'entries of style, content, tv and total [capacity, 4]', inPlace: true }],
  attributes: { capacity: 'entries of the ring' },
  shapes({ capacity }) {
    requireInteger('addToTotal', 'capacity', capacity);
    return { loss: [1], weight: [1], step: [1], ring: [capacity, LOSS_ENTRY] };
  },
  reference: addToTotalReference,
  cost: () => ({ flops: 2, bytes: 20 }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation.',
      accepts: () => true,
      passes: ({ capacity }) => [
        { shader: { path: 'temporal-loss/add-to-total.wgsl', source: singleInvocation }, params: { capacity }, workgroups: { x: 1, y: 1, z: 1 } },
      ],
    },
  ],
  gradient: { none: 'It only reports.' },
  samples: [{ capacity: 1 }, { capacity: 7 }, { capacity: 64 }],
  generate: (_, uniform) => ({
    step: Float64Array.of(Math.floor(uniform(0, 5_000))),
    loss: drawValues(1, () => uniform(1, 2)),
    weight: drawValues(1, () => uniform(1, 2)),
  }),
});
