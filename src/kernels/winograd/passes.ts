/** Winograd convolution as passes: transform in, multiply, transform out, strip by strip. */
import type { Pass, Preparation } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { columnSumPass } from '../column-sum/column-sum.js';
import type { GemmKind, GemmSize } from './gemm.js';
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
  /** Circular padding. */
  readonly wrap?: boolean;
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

/** The products of a strip of `count` tile rows. */
function productSize(method: WinogradMethod, size: WinogradSize, count: number): Omit<GemmSize, 'isTransposed'> {
  return {
    points: method.points,
    rows: count * ceilDiv(size.width, method.tile),
    innerVectors: size.innerChannels / 4,
    columnVectors: size.columnChannels / 4,
  };
}

function productBytes(method: WinogradMethod, size: WinogradSize, count: number): number {
  const { points, rows, columnVectors } = productSize(method, size, count);
  return points * rows * columnVectors * 16;
}

/** Sizes in bytes of `tiles`, `products` and, where the sums are split, their `partials`: the scratch of one strip. */
export function winogradScratch(
  method: WinogradMethod,
  gemm: GemmKind,
  size: WinogradSize,
  device: Pick<DeviceTraits, 'stripBytes'>,
  stripBytes = STRIP_BYTES,
): { tiles: number; products: number; partials?: number } {
  const stripList = strips(method, size, Math.min(stripBytes, device.stripBytes ?? Infinity));
  const rows = stripList[0]?.count ?? 1;
  const tiles = rows * ceilDiv(size.width, method.tile) * method.points * 4;
  const products = tiles * size.columnChannels;
  // Strips differ in rows by the last one at most; with fewer rows there may be more parts.
  const partials = Math.max(...stripList.map(({ count }) => (gemm.parts?.(productSize(method, size, count)) ?? 0) * productBytes(method, size, count)));
  return { tiles: tiles * size.innerChannels, products, ...(partials === 0 ? {} : { partials }) };
}

/**
 * In half precision, transformed filters of at most this many bytes in f32 stay f32. Rounding them switches ReLUs, the more of the loss
 * behind it the earlier the layer: in VGG19 this is blocks 1 to 3, which have 15% of the filters.
 */
export const EXACT_FILTER_BYTES = 16 * 2 ** 20;

/** Prepares `transformedWeights` [points, inChannels, outChannels]; convolution and gradient share it. */
export function transformedFilter(
  method: WinogradMethod,
  inChannels: number,
  outChannels: number,
  { exactFilterBytes = EXACT_FILTER_BYTES }: Pick<DeviceTraits, 'exactFilterBytes'>,
): Preparation {
  const sizeBytes = method.points * inChannels * outChannels * 4;
  return {
    key: `winograd-${method.id}-filter ${String(inChannels)} ${String(outChannels)}`,
    from: ['weights'],
    tensors: { transformedWeights: sizeBytes },
    isExact: sizeBytes <= exactFilterBytes,
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

/** The products of a strip; where their sums are split, the second pass adds the parts in order. */
function products(method: WinogradMethod, gemm: GemmKind, size: WinogradSize, count: number, isTransposed: boolean, device: DeviceTraits): Pass[] {
  const whole = productSize(method, size, count);
  const pass = gemm.pass({ ...whole, isTransposed }, device);
  const parts = gemm.parts?.(whole);
  if (parts === undefined) return [pass];
  return [pass, columnSumPass({ rows: parts, columns: productBytes(method, size, count) / 4, slices: 1 }, ['partials', 'products'], device)];
}

/** The passes of all strips. */
export function winogradPasses(
  method: WinogradMethod,
  gemm: GemmKind,
  size: WinogradSize,
  device: DeviceTraits,
  options: { readonly isGradient: boolean; readonly input: TransformUse; readonly output: TransformUse; readonly stripBytes?: number },
): Pass[] {
  const reading: Record<string, number> = {
    ...(method.reloads ? { RELOAD: Number(!device.isSoftware) } : {}),
    ...(size.wrap === true ? { WRAP: 1 } : {}),
  };
  const tilesPerRow = ceilDiv(size.width, method.tile);
  const innerVectors = size.innerChannels / 4;
  const columnVectors = size.columnChannels / 4;
  return strips(method, size, Math.min(options.stripBytes ?? STRIP_BYTES, device.stripBytes ?? Infinity)).flatMap(({ first, count }) => {
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
      transform({ ...options.input, constants: { ...reading, ...options.input.constants } }, innerVectors),
      ...products(method, gemm, size, count, options.isGradient, device),
      transform(options.output, columnVectors),
    ];
  });
}
