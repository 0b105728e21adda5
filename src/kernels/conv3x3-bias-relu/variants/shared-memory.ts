import source from '../../../../shaders/conv3x3/shared-memory.wgsl?raw';
import type { Pass } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { bothDirections, wrapConstant, type BothDirections, type Epilogue } from '../shared.js';

/** How a tile is divided: invocations of a workgroup and what each computes. */
interface Tile {
  readonly lanesX: number;
  readonly lanesY: number;
  readonly pixels: number;
  readonly vectors: number;
}

/** Input vectors that are shared at a time, at least. */
const DEPTH = 2;

const tilePixels = ({ lanesY, pixels }: Tile): number => lanesY * pixels;
const tileChannels = ({ lanesX, vectors }: Tile): number => 4 * lanesX * vectors;

function workgroupCount(tile: Tile, { height, width, outChannels }: Conv3x3Dimensions): number {
  return ceilDiv(height * width, tilePixels(tile)) * ceilDiv(outChannels, tileChannels(tile));
}

/** A small tile has little to do between two barriers: it shares twice as much where the channels allow. */
const depthOf = (tile: Tile, inChannels: number): number => (tile.vectors === 1 && inChannels % (8 * DEPTH) === 0 ? 2 * DEPTH : DEPTH);

function pass(tile: Tile, dimensions: Conv3x3Dimensions, device: DeviceTraits, { bias, relu, masked }: Epilogue): Pass {
  const { height, width, inChannels, outChannels } = dimensions;
  return {
    shader: { path: 'conv3x3/shared-memory.wgsl', source },
    constants: {
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
      PIXELS: tile.pixels,
      VECTORS: tile.vectors,
      DEPTH: depthOf(tile, inChannels),
      ...wrapConstant(dimensions),
    },
    params: {
      height,
      width,
      pixel_groups: ceilDiv(height * width, tilePixels(tile)),
      channel_groups: ceilDiv(outChannels, tileChannels(tile)),
      in_vectors: inChannels / 4,
      out_vectors: outChannels / 4,
      has_bias: Number(bias),
      relu: Number(relu),
      masked: Number(masked),
    },
    workgroups: linearWorkgroups(workgroupCount(tile, dimensions), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/** One tile size, preferred on GPUs where it gives at least `enough` workgroups; a small rest is better left to smaller tiles. */
function sharedMemory(tile: Tile, rank: number, enough: number): BothDirections {
  const size = `${String(tilePixels(tile))}x${String(tileChannels(tile))}`;
  const invocations = tile.lanesX * tile.lanesY;
  const memoryBytes = (inChannels: number): number => 16 * depthOf(tile, inChannels) * (tilePixels(tile) + 1 + tileChannels(tile));
  return bothDirections({
    id: `shared-memory-${size}`,
    summary: `Implicit matrix product in tiles of ${size} (pixels × channels) through workgroup memory, ${String(tile.pixels)}×${String(4 * tile.vectors)} per invocation. For GPUs.`,
    accepts({ inChannels, outChannels }, { limits }) {
      if (inChannels % (4 * DEPTH) !== 0) return `input channels are no multiple of ${String(4 * DEPTH)}`;
      if (outChannels % 4 !== 0) return 'output channels are no multiple of 4';
      if (limits.maxComputeInvocationsPerWorkgroup < invocations) return `it needs ${String(invocations)} invocations a workgroup`;
      if (limits.maxComputeWorkgroupStorageSize < memoryBytes(inChannels)) return `it needs ${String(memoryBytes(inChannels))} bytes of workgroup memory`;
      return true;
    },
    preference: (dimensions, { isSoftware }) => (isSoftware ? -20 : workgroupCount(tile, dimensions) >= enough ? rank : 6),
    pass: (dimensions, device, epilogue) => pass(tile, dimensions, device, epilogue),
    masks: true,
  });
}

/** The convolution as an implicit matrix product, and its gradient to the input: three tile sizes, from much work to little. */
export const sharedMemory128 = sharedMemory({ lanesX: 16, lanesY: 16, pixels: 8, vectors: 2 }, 14, 160);
export const sharedMemory64 = sharedMemory({ lanesX: 8, lanesY: 8, pixels: 8, vectors: 2 }, 12, 80);
export const sharedMemory32 = sharedMemory({ lanesX: 8, lanesY: 8, pixels: 4, vectors: 1 }, 10, 0);
