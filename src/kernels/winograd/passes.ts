/** Winograd convolution as passes: transform in, multiply, transform out, strip by strip. */
import type { Pass, Preparation } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import type { GemmKind } from './gemm.js';
import type { WinogradMethod } from './method.js';

const WORKGROUP = 64;
/** Transformed input and products of one strip, in bytes: small enough to stay in a cache, large enough to fill a GPU. */
export const STRIP_BYTES = 24 * 2 ** 20;

/** A convolution in the direction it is computed: the gradient has its channels exchanged. */
export interface WinogradSize {
  readonly height: number;
  readonly width: number;
  /** Channels that are summed over. */
  readonly innerChannels: number;
  /** Channels that are computed. */
  readonly columnChannels: number;
}

/** Tile rows of one strip: `count` tile rows from `first`. */
interface Strip {
  readonly first: number;
  readonly count: number;
}

function stripRows(method: WinogradMethod, size: WinogradSize, stripBytes: number): number {
  const rowBytes = ceilDiv(size.width, method.tile) * method.points * (size.innerChannels + size.columnChannels) * 4;
  return Math.min(ceilDiv(size.height, method.tile), Math.max(1, Math.floor(stripBytes / rowBytes)));
}

function strips(method: WinogradMethod, size: WinogradSize, stripBytes: number): Strip[] {
  const total = ceilDiv(size.height, method.tile);
  // Strips of nearly equal height, so that the last one fills the machine as well.
  const count = ceilDiv(total, stripRows(method, size, stripBytes));
  const rows = ceilDiv(total, count);
  return Array.from({ length: ceilDiv(total, rows) }, (_, index) => ({ first: index * rows, count: Math.min(rows, total - index * rows) }));
}

/** Sizes in bytes of `tiles` and `products`, the scratch of one strip. */
export function winogradScratch(method: WinogradMethod, size: WinogradSize, stripBytes = STRIP_BYTES): { tiles: number; products: number } {
  const rows = strips(method, size, stripBytes)[0]?.count ?? 1;
  const tiles = rows * ceilDiv(size.width, method.tile) * method.points * 4;
  return { tiles: tiles * size.innerChannels, products: tiles * size.columnChannels };
}

/** Prepares `transformedWeights` [points, inChannels, outChannels]; convolution and gradient share it. */
export function transformedFilter(method: WinogradMethod, inChannels: number, outChannels: number): Preparation {
  return {
    key: `winograd-${method.id}-filter ${String(inChannels)} ${String(outChannels)}`,
    from: ['weights'],
    tensors: { transformedWeights: method.points * inChannels * outChannels * 4 },
    passes: [
      {
        shader: method.filter,
        constants: { WORKGROUP, IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels },
        workgroups: linearWorkgroups(ceilDiv(inChannels * (outChannels / 4), WORKGROUP)),
      },
    ],
  };
}

/** What a transform is besides its shader: its constants and the tensors of its variables. */
export interface TransformUse {
  readonly shader: Pass['shader'];
  readonly constants: Readonly<Record<string, number>>;
  readonly params?: Readonly<Record<string, number>>;
  readonly bind: Readonly<Record<string, string>>;
}

/** The passes of all strips. */
export function winogradPasses(
  method: WinogradMethod,
  gemm: GemmKind,
  size: WinogradSize,
  device: DeviceTraits,
  options: { readonly isGradient: boolean; readonly input: TransformUse; readonly output: TransformUse; readonly stripBytes?: number },
): Pass[] {
  const tilesPerRow = ceilDiv(size.width, method.tile);
  const innerVectors = size.innerChannels / 4;
  const columnVectors = size.columnChannels / 4;
  return strips(method, size, options.stripBytes ?? STRIP_BYTES).flatMap(({ first, count }) => {
    const rows = count * tilesPerRow;
    const transform = (use: TransformUse, channelVectors: number): Pass => ({
      shader: use.shader,
      constants: { WORKGROUP, ...use.constants },
      params: {
        height: size.height,
        width: size.width,
        channel_vectors: channelVectors,
        tiles_per_row: tilesPerRow,
        first_tile_row: first,
        tile_count: rows,
        ...use.params,
      },
      workgroups: linearWorkgroups(ceilDiv(rows * channelVectors, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
      bind: use.bind,
    });
    return [
      transform(options.input, innerVectors),
      gemm.pass({ points: method.points, rows, innerVectors, columnVectors, isTransposed: options.isGradient }, device),
      transform(options.output, columnVectors),
    ];
  });
}
