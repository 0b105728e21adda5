/** The batched matrix products between Winograd's transforms, one kind for each kind of hardware. */
import broadcast4 from '../../../shaders/winograd/gemm-broadcast-4.wgsl?raw';
import broadcast4Transposed from '../../../shaders/winograd/gemm-broadcast-4-transposed.wgsl?raw';
import broadcast8 from '../../../shaders/winograd/gemm-broadcast-8.wgsl?raw';
import broadcast8Transposed from '../../../shaders/winograd/gemm-broadcast-8-transposed.wgsl?raw';
import registerTile from '../../../shaders/winograd/gemm-register-tile.wgsl?raw';
import registerTileTransposed from '../../../shaders/winograd/gemm-register-tile-transposed.wgsl?raw';
import sharedMemory from '../../../shaders/winograd/gemm-shared-memory.wgsl?raw';
import sharedMemoryTransposed from '../../../shaders/winograd/gemm-shared-memory-transposed.wgsl?raw';
import type { Pass, Shader } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv } from '../../engine/grid.js';

/** Dimensions of the products: `points` matrices [rows, 4·innerVectors] × [4·innerVectors, 4·columnVectors]. */
export interface GemmSize {
  readonly points: number;
  readonly rows: number;
  readonly innerVectors: number;
  readonly columnVectors: number;
  /** Whether the filter lies as [columns, inner]. */
  readonly isTransposed: boolean;
}

/** One way of computing them. */
export interface GemmKind {
  readonly id: 'broadcast' | 'shared' | 'shared-split-k' | 'register';
  readonly summary: string;
  accepts(innerVectors: number, device: DeviceTraits): true | string;
  pass(size: GemmSize, device: DeviceTraits): Pass;
  /**
   * Parts of the sum that are computed beside each other, into `partials` [parts, points, rows, 4·columnVectors], and then added up
   * in order; without it the pass writes `products`.
   */
  parts?(size: Omit<GemmSize, 'isTransposed'>): number;
}

const shader = (name: string, isTransposed: boolean, plain: string, transposed: string): Shader =>
  isTransposed ? { path: `winograd/${name}-transposed.wgsl`, source: transposed } : { path: `winograd/${name}.wgsl`, source: plain };

function pass(text: Shader, size: GemmSize, constants: Readonly<Record<string, number>>, rowsPerWorkgroup: number, columnsPerWorkgroup: number): Pass {
  return {
    shader: text,
    constants,
    params: { rows: size.rows, inner_vectors: size.innerVectors, column_vectors: size.columnVectors },
    workgroups: { x: ceilDiv(size.rows, rowsPerWorkgroup), y: ceilDiv(size.columnVectors, columnsPerWorkgroup), z: size.points },
    bind: { filters: 'transformedWeights' },
  };
}

/** Smallest power of two at or above `value`, at most `limit`. */
function powerOfTwo(value: number, limit: number): number {
  let power = 1;
  while (power < value && power < limit) power *= 2;
  return power;
}

/**
 * Lanes along rows, filters handed round by subgroupBroadcast. On SwiftShader (4 lanes) a load costs as much as 16
 * multiply-adds, so the tile is as large as its compiler bears; on lavapipe (8 lanes) accumulators should fit registers.
 */
export const BROADCAST_GEMM: GemmKind = {
  id: 'broadcast',
  summary: 'products with lanes along tiles and filters handed round by subgroupBroadcast, no workgroup memory',
  accepts(innerVectors, { features, subgroupMinSize, subgroupMaxSize }) {
    if (!features.has('subgroups') || subgroupMinSize !== subgroupMaxSize) return 'needs subgroups of one size';
    if (subgroupMinSize !== 4 && subgroupMinSize !== 8) return `written for subgroups of 4 and 8, not ${String(subgroupMinSize)}`;
    return subgroupMinSize === 4 || innerVectors % 2 === 0 ? true : 'needs channels in multiples of 8 for subgroups of 8';
  },
  pass(size, { subgroupMinSize }) {
    const lanes = subgroupMinSize;
    if (lanes === 4) {
      const rows = powerOfTwo(ceilDiv(size.rows, lanes), 8);
      const columns = powerOfTwo(size.columnVectors, 8);
      return pass(
        shader('gemm-broadcast-4', size.isTransposed, broadcast4, broadcast4Transposed),
        size,
        { WORKGROUP: lanes, ROWS: rows, COLUMNS: columns },
        lanes * rows,
        columns,
      );
    }
    const rows = powerOfTwo(ceilDiv(size.rows, lanes), 2);
    const columns = powerOfTwo(size.columnVectors, 4);
    return pass(
      shader('gemm-broadcast-8', size.isTransposed, broadcast8, broadcast8Transposed),
      size,
      { WORKGROUP: lanes, ROWS: rows, COLUMNS: columns },
      lanes * rows,
      columns,
    );
  },
};

/** Rows and vec4 columns of one workgroup of the shared-memory products, and the inner vectors it shares at a time. */
const SHARED_BLOCK = { rows: 64, columns: 16, inner: 4 };

function sharedPass(size: GemmSize, parts: number): Pass {
  const text = shader('gemm-shared-memory', size.isTransposed, sharedMemory, sharedMemoryTransposed);
  const whole = pass(text, size, {}, SHARED_BLOCK.rows, SHARED_BLOCK.columns);
  return {
    ...whole,
    params: { ...whole.params, points: size.points, inner_blocks: ceilDiv(ceilDiv(size.innerVectors, SHARED_BLOCK.inner), parts) },
    workgroups: { ...whole.workgroups, z: size.points * parts },
    bind: { ...whole.bind, ...(parts === 1 ? {} : { products: 'partials' }) },
  };
}

/** Workgroups of the shared-memory products without parts. */
export function sharedWorkgroups({ points, rows, columnVectors }: Omit<GemmSize, 'isTransposed'>): number {
  return points * ceilDiv(rows, SHARED_BLOCK.rows) * ceilDiv(columnVectors, SHARED_BLOCK.columns);
}

/** 64×64 blocks through workgroup memory, 8 rows × 8 columns an invocation: for GPUs with caches too small or slow for the reuse. */
export const SHARED_GEMM: GemmKind = {
  id: 'shared',
  summary: 'products in 64×64 blocks through workgroup memory, 8×8 in registers',
  accepts: () => true,
  pass: (size) => sharedPass(size, 1),
};

/** Workgroups that keep a large GPU busy: 8 for each of an RTX 4090's 128 multiprocessors. */
const BUSY_WORKGROUPS = 1_024;
/** A part sums over at least this many inner vectors, so that its blocks are worth their barriers. */
const MIN_PART_VECTORS = 32;
const MAX_PARTS = 8;

/** The same with the sum in parts, for layers with few tiles and many channels, where blocks alone leave a large GPU idle. */
export const SHARED_SPLIT_GEMM: GemmKind = {
  id: 'shared-split-k',
  summary: 'products in 64×64 blocks through workgroup memory, 8×8 in registers, their sums in up to 8 parts added in order (predicted)',
  accepts: (innerVectors) => (innerVectors >= 2 ? true : 'needs at least 8 channels to sum over'),
  parts: (size) => {
    const wanted = ceilDiv(BUSY_WORKGROUPS, sharedWorkgroups(size));
    return Math.max(2, Math.min(wanted, MAX_PARTS, Math.floor(size.innerVectors / MIN_PART_VECTORS)));
  },
  pass: (size) => sharedPass(size, SHARED_SPLIT_GEMM.parts?.(size) ?? 1),
};

/** 4 rows × 8 columns an invocation, everything read through the caches: for GPUs without fast workgroup memory (Apple). */
export const REGISTER_GEMM: GemmKind = {
  id: 'register',
  summary: 'products 4×8 in registers, read through the caches, no workgroup memory',
  accepts: () => true,
  pass: (size) => pass(shader('gemm-register-tile', size.isTransposed, registerTile, registerTileTransposed), size, {}, 32, 16),
};

/** All kinds, software adapters' first. */
export const GEMM_KINDS: readonly GemmKind[] = [BROADCAST_GEMM, SHARED_GEMM, SHARED_SPLIT_GEMM, REGISTER_GEMM];
