/** Where the tensors of a program lie, and how much memory that takes. */
import { planArena, type ArenaPlan } from './arena.js';
import type { MemoryCategory, MemoryPlan, TensorHandle } from './replay.js';

/**
 * Plans the memory of a program: transient tensors share slots where their lifetimes allow it. `external` are ids of tensors in memory of
 * others, `bound` the tensors that each pass binds, in order.
 */
export function planTensors(
  tensors: readonly TensorHandle[],
  external: ReadonlySet<number>,
  bound: readonly (readonly TensorHandle[])[],
): { plan: ArenaPlan; memory: MemoryPlan } {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  let largestBindingBytes = 0;
  bound.forEach((those, index) => {
    for (const { id, sizeBytes } of those) {
      if (!first.has(id)) first.set(id, index);
      last.set(id, index);
      largestBindingBytes = Math.max(largestBindingBytes, sizeBytes);
    }
  });
  const transient = tensors.filter(({ id, lifetime }) => lifetime === 'transient' && first.has(id));
  const plan = planArena(transient.map(({ id, sizeBytes }) => ({ id, sizeBytes, first: first.get(id) ?? 0, last: last.get(id) ?? 0 })));
  const byCategory: Record<MemoryCategory, number> = { weights: 0, 'transformed-weights': 0, targets: 0, image: 0, activations: 0, scratch: 0 };
  for (const { id, lifetime, category, sizeBytes } of tensors) if (lifetime === 'persistent' && !external.has(id)) byCategory[category] += sizeBytes;
  // A slot counts for the largest tensor that lives in it.
  plan.slotBytes.forEach((sizeBytes, slot) => {
    const largest = transient.filter(({ id }) => plan.slotOf.get(id) === slot).sort((a, b) => b.sizeBytes - a.sizeBytes)[0];
    byCategory[largest?.category ?? 'scratch'] += sizeBytes;
  });
  const externalBytes = tensors.reduce((sum, { id, sizeBytes }) => sum + (external.has(id) ? sizeBytes : 0), 0);
  const totalBytes = Object.values(byCategory).reduce((sum, bytes) => sum + bytes, 0);
  return { plan, memory: { byCategory, totalBytes, externalBytes, transientFloorBytes: plan.floorBytes, largestBindingBytes } };
}
