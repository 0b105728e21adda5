import sharedMemory from '../../../shaders/gram/shared-memory.wgsl?raw';
import symmetric from '../../../shaders/gram/symmetric-split-k.wgsl?raw';
import symmetricScalar from '../../../shaders/gram/symmetric-split-k-scalar.wgsl?raw';
import type { Pass } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv } from '../../engine/grid.js';

/** Dimensions of the features whose Gram matrix is taken. */
export type GramAttributes = { readonly positions: number; readonly channels: number };

/** How the partial sums are computed: by single invocations, or by workgroups that share features. */
export type PartialsMethod = 'symmetric-split-k' | 'shared-memory';

/** Rows and columns of a tile of partial sums. */
export const GRAM_TILE = 8;

/** Most products added in a row: keeps f32 rounding near 1e-6 of the result for any number of positions. */
const MAX_SLICE = 1_024;
/** Shorter slices cost more memory traffic for partial sums than they gain in parallelism. */
const MIN_SLICE = 64;
/** Invocations that fill a GPU, and those that fill the few cores of a software adapter. */
const WANTED_INVOCATIONS = { hardware: 16_384, software: 128 };
/** WebGPU's least limit of workgroups along one axis. */
const MAX_SLICES = 65_535;
const WORKGROUP = { hardware: 64, software: 16 };
/** Rows and columns that a workgroup with shared memory computes. */
const BLOCK = 64;

/** How the positions are cut into slices and the upper triangle into tiles. */
export interface SplitK {
  readonly tiles: number;
  readonly slice: number;
  readonly slices: number;
}

function triangle(side: number): number {
  return (side * (side + 1)) / 2;
}

/** Slices short enough for accuracy and for enough invocations, long enough to keep the partial sums small. */
export function planSplitK({ positions, channels }: GramAttributes, method: PartialsMethod, device: Pick<DeviceTraits, 'isSoftware'>): SplitK {
  const tiles = triangle(ceilDiv(channels, GRAM_TILE));
  const invocations = method === 'shared-memory' ? triangle(ceilDiv(channels, BLOCK)) * 64 : tiles;
  const wanted = device.isSoftware ? WANTED_INVOCATIONS.software : WANTED_INVOCATIONS.hardware;
  const forParallelism = Math.min(ceilDiv(wanted, invocations), ceilDiv(positions, MIN_SLICE));
  const exact = ceilDiv(positions, Math.min(MAX_SLICES, Math.max(ceilDiv(positions, MAX_SLICE), forParallelism)));
  // The length of a slice is compiled into the shader: powers of two let taps of different sizes share a pipeline.
  const slice = Math.max(MIN_SLICE, 2 ** Math.ceil(Math.log2(exact)));
  return { tiles, slice, slices: ceilDiv(positions, slice) };
}

/** Bytes of the partial sums of a plan. */
export function partialsBytes({ tiles, slices }: SplitK): number {
  return tiles * slices * GRAM_TILE * GRAM_TILE * 4;
}

/** The pass that writes partial sums of FᵀF into tensor `partials`. */
export function partialsPass(attributes: GramAttributes, method: PartialsMethod, device: Pick<DeviceTraits, 'isSoftware'>): Pass {
  const { positions, channels } = attributes;
  const { tiles, slice, slices } = planSplitK(attributes, method, device);
  const params = { positions, channels };
  if (method === 'shared-memory') {
    const shader = { path: 'gram/shared-memory.wgsl', source: sharedMemory };
    return { shader, constants: { SLICE: slice }, params, workgroups: { x: triangle(ceilDiv(channels, BLOCK)), y: slices, z: 1 } };
  }
  const workgroup = device.isSoftware ? WORKGROUP.software : WORKGROUP.hardware;
  const shader =
    channels % 4 === 0 ? { path: 'gram/symmetric-split-k.wgsl', source: symmetric } : { path: 'gram/symmetric-split-k-scalar.wgsl', source: symmetricScalar };
  return { shader, constants: { WORKGROUP: workgroup, SLICE: slice }, params, workgroups: { x: ceilDiv(tiles, workgroup), y: slices, z: 1 } };
}

/** What the variants of `gram` and `gramLoss` have in common. */
export const PARTIALS_METHODS: readonly {
  readonly id: PartialsMethod;
  readonly summary: string;
  accepts(attributes: GramAttributes): true | string;
  preference(attributes: GramAttributes, device: Pick<DeviceTraits, 'isSoftware'>): number;
}[] = [
  {
    id: 'shared-memory',
    summary: 'Upper-triangle blocks of 64×64, a workgroup each, over slices of positions; features shared through workgroup memory.',
    accepts: ({ channels }) => channels % 4 === 0 || 'channels is no multiple of 4',
    // Narrow maps leave most of a block idle; a barrier costs a software adapter more than the loads it saves.
    preference: ({ channels }, device) => (channels >= BLOCK && !device.isSoftware ? 1 : -1),
  },
  {
    id: 'symmetric-split-k',
    summary: 'Upper-triangle tiles of 8×8 in the registers of one invocation, over slices of positions; nothing is shared.',
    accepts: () => true,
    preference: () => 0,
  },
];

/** Throws `bad-shape` naming the dimension. */
export function requireGramAttributes(kernel: string, { positions, channels }: GramAttributes): void {
  requireInteger(kernel, 'positions', positions);
  requireInteger(kernel, 'channels', channels);
}

/** FᵀF / positions in float64, with the whole matrix computed. */
export function gramReference({ positions, channels }: GramAttributes, features: Float64Array): Float64Array {
  const gram = new Float64Array(channels * channels);
  for (let position = 0; position < positions; position++) {
    const row = features.subarray(position * channels, (position + 1) * channels);
    for (let i = 0; i < channels; i++) {
      const factor = (row[i] ?? 0) / positions;
      for (let j = 0; j < channels; j++) gram[i * channels + j] = (gram[i * channels + j] ?? 0) + factor * (row[j] ?? 0);
    }
  }
  return gram;
}

/** Dimensions the tests run both kernels with: 1, tiles and blocks ± 1, primes, skewed. */
export const GRAM_SAMPLES: readonly GramAttributes[] = [
  { positions: 1, channels: 1 },
  { positions: 1, channels: 8 },
  { positions: 3, channels: 7 },
  { positions: 63, channels: 9 },
  { positions: 64, channels: 12 },
  { positions: 65, channels: 16 },
  { positions: 1_031, channels: 3 },
  { positions: 12, channels: 131 },
  { positions: 17, channels: 68 },
  { positions: 2_049, channels: 24 },
];

/** Many positions, for accuracy, and the sizes of a real tap. */
export const GRAM_LARGE_SAMPLES: readonly GramAttributes[] = [
  { positions: 262_144, channels: 4 },
  { positions: 4_096, channels: 64 },
];
