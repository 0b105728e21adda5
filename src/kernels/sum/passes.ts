import sumSingle from '../../../shaders/sum/single-invocation.wgsl?raw';
import sumSubgroup from '../../../shaders/sum/subgroup.wgsl?raw';
import sumTree from '../../../shaders/sum/workgroup-tree.wgsl?raw';
import type { Pass } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv } from '../../engine/grid.js';

/** Invocations of a workgroup of the strided first passes. */
export const STRIDED_WORKGROUP = 64;

/** Enough invocations to fill a GPU, few enough partial sums for one workgroup to add. */
const MAX_INVOCATIONS = 4_096;

/** How the partial sums of a strided first pass are added. */
export type SumMethod = 'single-invocation' | 'workgroup-tree' | 'subgroup';

const SHADERS: Readonly<Record<SumMethod, string>> = { 'single-invocation': sumSingle, 'workgroup-tree': sumTree, subgroup: sumSubgroup };

/** How many invocations share `count` elements in a strided first pass; each leaves one partial sum. */
export function stridedInvocations(count: number): number {
  return Math.min(MAX_INVOCATIONS, ceilDiv(count, 4));
}

/** Workgroups of a strided first pass. */
export function stridedWorkgroups(invocations: number): Pass['workgroups'] {
  return { x: ceilDiv(invocations, STRIDED_WORKGROUP), y: 1, z: 1 };
}

/** True, or why a device cannot add partial sums this way. */
function acceptsSum(method: SumMethod, device: DeviceTraits): true | string {
  return method !== 'subgroup' || device.features.has('subgroups') || 'the device has no subgroups';
}

/** A software adapter pays more for a barrier than for adding everything in one invocation; a GPU would wait on every load. */
function suitsSum(method: SumMethod, device: DeviceTraits): boolean {
  return (method === 'single-invocation') === device.isSoftware;
}

/** The first passes of a reduction, which leave `partials` sums, and the way they are added: what its variants differ in. */
export const SUM_VARIANTS: readonly { readonly method: SumMethod; readonly id: string; readonly summary: string }[] = [
  { method: 'subgroup', id: 'strided-subgroup', summary: 'One workgroup adds the partial sums by subgroups.' },
  { method: 'workgroup-tree', id: 'strided-workgroup-tree', summary: 'One workgroup adds the partial sums by a tree in workgroup memory.' },
  { method: 'single-invocation', id: 'strided', summary: 'One invocation adds the partial sums; no workgroup memory.' },
];

/** Variants of a reduction that differ in how the partial sums of its strided first pass are added. */
export function sumVariants<A>(
  summary: string,
  parts: { scratch(attributes: A): Readonly<Record<string, number>>; passes(attributes: A, method: SumMethod): readonly Pass[] },
): {
  id: string;
  summary: string;
  accepts(attributes: A, device: DeviceTraits): true | string;
  preference(attributes: A, device: DeviceTraits): number;
  scratch(attributes: A): Readonly<Record<string, number>>;
  passes(attributes: A): readonly Pass[];
}[] {
  return SUM_VARIANTS.map((variant) => ({
    id: variant.id,
    summary: `${summary} ${variant.summary}`,
    accepts: (_, device) => acceptsSum(variant.method, device),
    preference: (_, device) => (suitsSum(variant.method, device) ? 1 : -1),
    scratch: (attributes) => parts.scratch(attributes),
    passes: (attributes) => parts.passes(attributes, variant.method),
  }));
}

/** The way to add partial sums that suits a device. */
export function sumMethodFor(device: DeviceTraits): SumMethod {
  return SUM_VARIANTS.find(({ method }) => acceptsSum(method, device) === true && suitsSum(method, device))?.method ?? 'single-invocation';
}

/** The pass that adds `count` partial sums of tensor `from` in a fixed order into tensor `to`. */
export function sumPass(method: SumMethod, count: number, from: string, to: string): Pass {
  return {
    shader: { path: `sum/${method}.wgsl`, source: SHADERS[method] },
    params: { count },
    workgroups: { x: 1, y: 1, z: 1 },
    bind: { values: from, total: to },
  };
}
