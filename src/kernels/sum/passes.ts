import sumSingle from '../../../shaders/sum/single-invocation.wgsl?raw';
import type { Pass } from '../../engine/contract.js';
import { ceilDiv } from '../../engine/grid.js';

/** Invocations of a workgroup of the strided first passes. */
export const STRIDED_WORKGROUP = 64;

/** Enough invocations to fill a GPU, few enough partial sums for one invocation to add. */
const MAX_INVOCATIONS = 4_096;

/** How many invocations share `count` elements in a strided first pass; each leaves one partial sum. */
export function stridedInvocations(count: number): number {
  return Math.min(MAX_INVOCATIONS, ceilDiv(count, 4));
}

/** Workgroups of a strided first pass. */
export function stridedWorkgroups(invocations: number): Pass['workgroups'] {
  return { x: ceilDiv(invocations, STRIDED_WORKGROUP), y: 1, z: 1 };
}

/** The pass that adds `count` partial sums of tensor `from` in index order into tensor `to`. */
export function sumPass(count: number, from: string, to: string): Pass {
  return {
    shader: { path: 'sum/single-invocation.wgsl', source: sumSingle },
    params: { count },
    workgroups: { x: 1, y: 1, z: 1 },
    bind: { values: from, total: to },
  };
}
