/**
 * Plans the memory of tensors that live only for part of a program. Two tensors share a slot when their lifetimes do
 * not overlap. A slot is a GPU buffer of its own, because WebGPU forbids reading and writing one buffer in the same
 * dispatch even at different offsets.
 */

/** A tensor to place: its size and the first and last pass that touch it, both inclusive. */
export interface Lifetime {
  readonly id: number;
  readonly sizeBytes: number;
  readonly first: number;
  readonly last: number;
}

/** Where the tensors went. */
export interface ArenaPlan {
  /** Size of each slot. */
  readonly slotBytes: readonly number[];
  /** Slot of each tensor id. */
  readonly slotOf: ReadonlyMap<number, number>;
  readonly totalBytes: number;
  /** Largest sum of sizes alive at one pass: no plan can be smaller. */
  readonly floorBytes: number;
}

/**
 * Greedy by size: the largest tensors choose first, each takes the smallest slot that is free over its lifetime, or
 * opens a new one (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
 */
export function planArena(lifetimes: readonly Lifetime[]): ArenaPlan {
  const slotBytes: number[] = [];
  const occupants: Lifetime[][] = [];
  const slotOf = new Map<number, number>();
  const bySize = [...lifetimes].sort((a, b) => b.sizeBytes - a.sizeBytes || a.first - b.first || a.id - b.id);
  for (const tensor of bySize) {
    let best = -1;
    occupants.forEach((others, slot) => {
      const isFree = others.every((other) => other.last < tensor.first || tensor.last < other.first);
      if (isFree && (best < 0 || (slotBytes[slot] ?? 0) < (slotBytes[best] ?? 0))) best = slot;
    });
    if (best < 0) {
      best = slotBytes.length;
      slotBytes.push(tensor.sizeBytes);
      occupants.push([]);
    }
    occupants[best]?.push(tensor);
    slotOf.set(tensor.id, best);
  }
  return { slotBytes, slotOf, totalBytes: slotBytes.reduce((sum, bytes) => sum + bytes, 0), floorBytes: peakBytes(lifetimes) };
}

function peakBytes(lifetimes: readonly Lifetime[]): number {
  let peak = 0;
  for (const { first } of lifetimes) {
    const alive = lifetimes.filter((tensor) => tensor.first <= first && first <= tensor.last);
    peak = Math.max(
      peak,
      alive.reduce((sum, tensor) => sum + tensor.sizeBytes, 0),
    );
  }
  return peak;
}
