import symmetric from '../../../shaders/gram/symmetric-split-k.wgsl?raw';
import symmetricScalar from '../../../shaders/gram/symmetric-split-k-scalar.wgsl?raw';
import type { Pass } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv } from '../../engine/grid.js';

/** Dimensions of the features whose Gram matrix is taken. */
export type GramAttributes = { readonly positions: number; readonly channels: number };

/** Rows and columns of the Gram matrix that one invocation computes. */
export const GRAM_TILE = 8;

/** Most products added in a row: keeps f32 rounding near 1e-6 of the result for any number of positions. */
const MAX_SLICE = 1_024;
/** Shorter slices cost more memory traffic for partial sums than they gain in parallelism. */
const MIN_SLICE = 64;
/** Invocations that fill a GPU. */
const WANTED_INVOCATIONS = 16_384;
/** The device's limit of workgroups along one axis. */
const MAX_SLICES = 65_535;
const WORKGROUP = 16;

/** How the positions are cut into slices and the upper triangle into tiles. */
export interface SplitK {
  readonly tiles: number;
  readonly slice: number;
  readonly slices: number;
}

/** Slices short enough for accuracy and for enough invocations, long enough to keep the partial sums small. */
export function planSplitK({ positions, channels }: GramAttributes): SplitK {
  const side = ceilDiv(channels, GRAM_TILE);
  const tiles = (side * (side + 1)) / 2;
  const forParallelism = Math.min(ceilDiv(WANTED_INVOCATIONS, tiles), ceilDiv(positions, MIN_SLICE));
  const wanted = Math.min(MAX_SLICES, Math.max(ceilDiv(positions, MAX_SLICE), forParallelism));
  const slice = ceilDiv(positions, wanted);
  return { tiles, slice, slices: ceilDiv(positions, slice) };
}

/** Bytes of the partial sums of a plan. */
export function partialsBytes({ tiles, slices }: SplitK): number {
  return tiles * slices * GRAM_TILE * GRAM_TILE * 4;
}

/** The pass that writes partial sums of FᵀF into tensor `partials`. */
export function partialsPass(attributes: GramAttributes): Pass {
  const { tiles, slice, slices } = planSplitK(attributes);
  const shader =
    attributes.channels % 4 === 0
      ? { path: 'gram/symmetric-split-k.wgsl', source: symmetric }
      : { path: 'gram/symmetric-split-k-scalar.wgsl', source: symmetricScalar };
  return {
    shader,
    constants: { WORKGROUP, SLICE: slice },
    params: { positions: attributes.positions, channels: attributes.channels },
    workgroups: { x: ceilDiv(tiles, WORKGROUP), y: slices, z: 1 },
  };
}

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
