import singleInvocation from '../../../shaders/record-half/single-invocation.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';

/** How many steps the ring holds. */
export type RecordHalfAttributes = { readonly capacity: number };

/** Numbers per entry of the ring: count and largest magnitude of the way there, then of the way back. */
export const HALF_ENTRY = 4;

/** What did not fit into half precision in one step, written into a ring. */
export const recordHalf = defineKernel<RecordHalfAttributes>({
  name: 'recordHalf',
  summary: 'Writes what a step could not hold in half precision into a ring, from which it is read without waiting, and clears the counters.',
  formula: 'ring[step mod capacity] = (forward, backward); forward = backward = 0',
  source: 'Read with the losses, so that no step waits for the CPU.',
  inputs: [{ name: 'step', dtype: 'u32', summary: 'number of finished steps [1]' }],
  outputs: [
    {
      name: 'forward',
      dtype: 'u32',
      summary: 'numbers too large or not finite on the way there, and the largest magnitude as bits of an f32 [2]',
      inPlace: true,
    },
    { name: 'backward', dtype: 'u32', summary: 'the same of the way back [2]', inPlace: true },
    { name: 'ring', dtype: 'u32', summary: 'entries of both [capacity, 4]', inPlace: true },
  ],
  attributes: { capacity: 'entries of the ring' },
  shapes({ capacity }) {
    requireInteger('recordHalf', 'capacity', capacity);
    return { step: [1], forward: [2], backward: [2], ring: [capacity, HALF_ENTRY] };
  },
  reference({ capacity }, { step = new Float64Array(), forward = new Float64Array(), backward = new Float64Array(), ring: before = new Float64Array() }) {
    const ring = Float64Array.from(before);
    ring.set([...forward, ...backward], ((step[0] ?? 0) % capacity) * HALF_ENTRY);
    return { forward: new Float64Array(2), backward: new Float64Array(2), ring };
  },
  cost: () => ({ flops: 0, bytes: 52 }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation.',
      accepts: () => true,
      passes: ({ capacity }) => [
        {
          shader: { path: 'record-half/single-invocation.wgsl', source: singleInvocation },
          params: { capacity },
          workgroups: { x: 1, y: 1, z: 1 },
        },
      ],
    },
  ],
  gradient: { none: 'It only reports.' },
  samples: [{ capacity: 1 }, { capacity: 7 }, { capacity: 64 }],
  generate: ({ capacity }, uniform) => {
    const counts = (length: number): Float64Array => drawValues(length, () => Math.floor(uniform(0, 5_000)));
    return { step: counts(1), forward: counts(2), backward: counts(2), ring: counts(capacity * HALF_ENTRY) };
  },
});
