/** What a kernel call should take on a GPU that is not at hand: a roofline with the shares of peak that its variant can reach. */
import type { Attributes } from '../src/engine/contract.js';
import type { DeviceTraits } from '../src/engine/device.js';
import { ceilDiv } from '../src/engine/grid.js';
import type { BoundCall } from '../src/engine/program.js';

/** A GPU by its makers' figures. */
export interface ModelDevice {
  readonly name: string;
  readonly vendor: string;
  readonly tflops: number;
  readonly gigabytesPerSecond: number;
  /** What a dispatch costs at least, µs. */
  readonly dispatchUs: number;
  /** Multiply-adds in flight at a time; twice as many invocations keep it busy. */
  readonly lanes: number;
}

/** The devices that predictions are made for. */
export const MODEL_DEVICES: readonly ModelDevice[] = [
  { name: 'Apple M2', vendor: 'apple', tflops: 3.6, gigabytesPerSecond: 100, dispatchUs: 5, lanes: 1_280 },
  { name: 'Intel Xe iGPU', vendor: 'intel', tflops: 2, gigabytesPerSecond: 68, dispatchUs: 5, lanes: 768 },
  { name: 'RTX 4090', vendor: 'nvidia', tflops: 82, gigabytesPerSecond: 1008, dispatchUs: 3, lanes: 16_384 },
];

/** Shares of peak: of transforms and elementwise work, of Gram matrices, and of memory's bandwidth. */
export const SHARES = { gram: 0.5, other: 0.2, bandwidth: 0.7 } as const;

/** How a kind of product works: its block, and its share of peak where workgroup memory is fast and where it is not (Apple). */
interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly invocations: number;
  readonly share: number;
  readonly appleShare: number;
}

/** By the end of a Winograd variant's id, and by the id of a direct one. Shares follow the multiply-adds in the compiled hot loops. */
export const PRODUCTS: Readonly<Record<string, Product>> = {
  shared: { rows: 64, columns: 64, invocations: 64, share: 0.6, appleShare: 0.45 },
  'shared-split-k': { rows: 64, columns: 64, invocations: 64, share: 0.6, appleShare: 0.45 },
  register: { rows: 32, columns: 64, invocations: 64, share: 0.45, appleShare: 0.55 },
  broadcast: { rows: 256, columns: 16, invocations: 32, share: 0.2, appleShare: 0.2 },
  'shared-memory-128x128': { rows: 128, columns: 128, invocations: 256, share: 0.6, appleShare: 0.45 },
  'shared-memory-64x64': { rows: 64, columns: 64, invocations: 64, share: 0.55, appleShare: 0.4 },
  'shared-memory-32x32': { rows: 32, columns: 32, invocations: 64, share: 0.45, appleShare: 0.35 },
  'register-tile': { rows: 32, columns: 64, invocations: 64, share: 0.4, appleShare: 0.5 },
  'subgroup-broadcast': { rows: 256, columns: 8, invocations: 32, share: 0.2, appleShare: 0.2 },
  direct: { rows: 256, columns: 8, invocations: 64, share: 0.3, appleShare: 0.3 },
};

/** Milliseconds of a call: if intermediate values stay in a cache, and if every one goes through memory. */
export interface CallTime {
  readonly cachedMs: number;
  readonly memoryMs: number;
}

function rooflineMs({ tflops, gigabytesPerSecond }: ModelDevice, share: number, flops: number, bytes: number): number {
  return Math.max(flops / (share * tflops * 1e9), bytes / (SHARES.bandwidth * gigabytesPerSecond * 1e6));
}

function sum(values: Readonly<Record<string, number>> | undefined): number {
  return Object.values(values ?? {}).reduce((total, value) => total + value, 0);
}

/** Products of `batches` matrices [rows, inner] · [inner, columns] in blocks; what is padded costs as much as what is not. */
function productFlops(product: Product, { batches, rows, inner, columns }: { batches: number; rows: number; inner: number; columns: number }): number {
  return 2 * batches * ceilDiv(rows, product.rows) * product.rows * ceilDiv(columns, product.columns) * product.columns * inner;
}

/** The share of peak that a product reaches: less where its blocks are too few to keep the device busy. */
function productShare(device: ModelDevice, product: Product, workgroups: number): number {
  const busy = Math.min(1, (workgroups * product.invocations) / (2 * device.lanes));
  return (device.vendor === 'apple' ? product.appleShare : product.share) * busy;
}

/** The time of a call in a variant (default: its own). Undefined where the kernel has no such variant. */
export function callTime(device: ModelDevice, traits: DeviceTraits, call: BoundCall, id = call.variant): CallTime | undefined {
  const { definition, attributes } = call;
  const variant = definition.variants.find((candidate) => candidate.id === id);
  if (variant === undefined) return undefined;
  const cost = definition.cost(attributes);
  const passes = variant.passes(attributes, traits);
  const overheadMs = (passes.length * device.dispatchUs) / 1e3;
  const scratch = variant.scratch?.(attributes, traits) ?? {};
  if (!definition.name.startsWith('conv3x3')) {
    // Scratch is written and read once.
    const share = definition.name.startsWith('gram') ? SHARES.gram : SHARES.other;
    const ms = rooflineMs(device, share, cost.flops, cost.bytes + 2 * sum(scratch)) + overheadMs;
    return { cachedMs: ms, memoryMs: ms };
  }
  const { height, width, inChannels, outChannels } = attributes as Readonly<Record<string, number>>;
  if (height === undefined || width === undefined || inChannels === undefined || outChannels === undefined) throw new Error('No convolution.');
  const isGradient = definition.name.endsWith('Gradient');
  const sizes = { height, width, inner: isGradient ? outChannels : inChannels, columns: isGradient ? inChannels : outChannels };
  const winograd = /^winograd-f(\d)-(.*)$/.exec(id);
  if (winograd === null) {
    const product = PRODUCTS[id];
    if (product === undefined) throw new Error(`The model does not know ${id}.`);
    const rows = height * width;
    const flops = 9 * productFlops(product, { batches: 1, rows, inner: sizes.inner, columns: sizes.columns });
    const workgroups = ceilDiv(rows, product.rows) * ceilDiv(sizes.columns, product.columns);
    const ms = rooflineMs(device, productShare(device, product, workgroups), flops, cost.bytes + 2 * sum(scratch)) + overheadMs;
    return { cachedMs: ms, memoryMs: ms };
  }
  const prepared = sum(variant.prepare?.(attributes, traits).tensors);
  return winogradTime(device, sizes, { tile: Number(winograd[1]), kind: winograd[2] ?? '' }, { bytes: cost.bytes, prepared, scratch, attributes, overheadMs });
}

/** F(m×m, 3×3): (m + 2)² products for each tile and pair of channels; values transformed are written and read once. */
function winogradTime(
  device: ModelDevice,
  { height, width, inner, columns }: { height: number; width: number; inner: number; columns: number },
  { tile, kind }: { tile: number; kind: string },
  parts: { bytes: number; prepared: number; scratch: Readonly<Record<string, number>>; attributes: Attributes; overheadMs: number },
): CallTime {
  const product = PRODUCTS[kind];
  if (product === undefined) throw new Error(`The model does not know products by ${kind}.`);
  const { bytes, prepared, scratch, overheadMs } = parts;
  const points = (tile + 2) ** 2;
  const tiles = ceilDiv(height, tile) * ceilDiv(width, tile);
  const transformed = points * tiles * (inner + columns) * 4;
  const strips = Math.max(1, Math.round(transformed / ((scratch.tiles ?? transformed) + (scratch.products ?? 0))));
  const stripTiles = tiles / strips;
  const splits = scratch.partials === undefined ? 1 : Math.max(1, Math.round(scratch.partials / (scratch.products ?? scratch.partials)));
  const workgroups = points * ceilDiv(stripTiles, product.rows) * ceilDiv(columns, product.columns) * splits;
  const flops = strips * productFlops(product, { batches: points, rows: stripTiles, inner, columns });
  const share = productShare(device, product, workgroups);
  const mapBytes = bytes - 36 * inner * columns;
  const partialBytes = 2 * (scratch.partials ?? 0) * strips;
  // Transforms take about three additions for each point and channel.
  const transformFlops = 3 * points * tiles * (inner + columns);
  const times = (productBytes: number, transformBytes: number): number =>
    rooflineMs(device, share, flops, productBytes) + rooflineMs(device, SHARES.other, transformFlops, transformBytes) + overheadMs;
  return {
    cachedMs: times(prepared, mapBytes),
    memoryMs: times(transformed + prepared * strips + partialBytes, mapBytes + transformed),
  };
}
