import type { Workgroups } from './contract.js';

/** Smallest integer at or above a / b. */
export function ceilDiv(a: number, b: number): number {
  return Math.ceil(a / b);
}

/**
 * Folds a linear number of workgroups into two axes below the device's limit. The shader finds its linear index as
 * `workgroup.y * num_workgroups.x + workgroup.x` and returns when that is past the end.
 */
export function linearWorkgroups(count: number, limit = 65_535): Workgroups {
  if (count <= limit) return { x: Math.max(count, 1), y: 1, z: 1 };
  const y = ceilDiv(count, limit);
  return { x: ceilDiv(count, y), y, z: 1 };
}
