/** What a tile owns of the net's maps, and sums over tiles. */
import { elementCount } from '../../engine/contract.js';
import type { ProgramBuilder, TensorHandle } from '../../engine/program.js';
import { compensatedAdd, takeRectangle } from '../../kernels/run.js';
import type { StepNet } from '../vgg-net.js';
import type { MapSize } from '../vgg-step.js';
import { shrunk, stridesOf, type TilePlan } from './windows.js';

/** A tap and the largest piece of it that a tile owns. */
export interface TapPiece extends MapSize {
  readonly layer: string;
  readonly channels: number;
  readonly positions: number;
  /** log2 of the pixels on a side that a position stands for. */
  readonly shift: number;
  /** Positions of the piece over those of the picture. */
  readonly share: number;
}

/** The pieces of all layers of a net. */
export function tapPieces(net: StepNet, plan: TilePlan): ReadonlyMap<string, TapPiece> {
  const strides = stridesOf(net.layers);
  return new Map(
    net.layers.map(({ name, outChannels }, index) => {
      const stride = strides[index] ?? 1;
      const pieces = plan.tiles.map(({ owned }) => shrunk(owned, stride));
      const [height, width] = [Math.max(...pieces.map(({ rows }) => rows)), Math.max(...pieces.map(({ columns }) => columns))];
      const share = (height * width) / (Math.floor(plan.height / stride) * Math.floor(plan.width / stride));
      return [name, { layer: name, height, width, channels: outChannels, positions: height * width, shift: Math.log2(stride), share }];
    }),
  );
}

/** A sum over tiles. */
export interface TileSum {
  readonly sum: TensorHandle;
  readonly compensation: TensorHandle;
}

/** Allocates a sum over tiles. */
export function tileSum(builder: ProgramBuilder, name: string, shape: readonly number[]): TileSum {
  const tensor = (part: string): TensorHandle => builder.persistent(`${name}.${part}`, shape, { category: 'activations' });
  return { sum: tensor('sum'), compensation: tensor('compensation') };
}

/** Records the addition of a tile's value to a sum. */
export function addToSum(builder: ProgramBuilder, name: string, value: TensorHandle, to: TileSum, factor: number): void {
  builder.call(`${name}.add`, compensatedAdd, { count: elementCount(value.shape), factor }, { value, ...to });
}

/** Records the piece of a feature map that a tile owns, into a tensor of its own where none is given. */
export function takePiece(
  builder: ProgramBuilder,
  name: string,
  map: TensorHandle,
  size: MapSize,
  piece: TapPiece,
  owned: TensorHandle,
  taken: TensorHandle = builder.transient(`${name}.piece`, [piece.height, piece.width, piece.channels], { dtype: map.dtype }),
): TensorHandle {
  const { channels, height: pieceHeight, width: pieceWidth, shift } = piece;
  const attributes = { ...size, channels, first: 0, count: elementCount(map.shape), pieceHeight, pieceWidth, shift };
  builder.call(`${name}.piece`, takeRectangle, attributes, { map, rectangle: owned, piece: taken });
  return taken;
}
