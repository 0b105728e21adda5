/** The terms of the style loss in a tiled step. */
import { elementCount, type Dtype } from '../../engine/contract.js';
import type { ProgramBuilder, TensorHandle } from '../../engine/program.js';
import { add, columnSum, gram, gramLossGradient, scaleRows, targetDifference } from '../../kernels/run.js';
import type { StyleTransferSettings } from '../settings.js';
import { momentTensors, recordTransport, wassersteinGradient, type RecordedStyleTerm, type StyleTerm, type StyleTermTensors } from '../style-terms.js';
import { addToSum, tileSum, type TapPiece, type TileSum } from './tiled-pieces.js';

/** A term of the style loss whose statistics are gathered over tiles. */
export interface TiledTerm {
  readonly term: StyleTerm;
  readonly piece: TapPiece;
  readonly tensors: StyleTermTensors;
  readonly guide: StyleTermTensors['guide'];
  readonly second: TileSum;
  readonly sums: TileSum | undefined;
  readonly target: TensorHandle;
  readonly difference: TensorHandle;
  readonly row: TensorHandle | undefined;
}

/** Allocates what a term needs. */
export function tiledTerm(
  builder: ProgramBuilder,
  term: StyleTerm,
  statistic: StyleTransferSettings['statistic'],
  piece: TapPiece,
  buffer: GPUBuffer | undefined,
): TiledTerm {
  const { id } = term;
  const { channels, positions } = piece;
  const square = [channels, channels];
  const tensor = (name: string, shape: readonly number[], category: 'image' | 'targets' | 'activations', dtype: Dtype = 'f32'): TensorHandle =>
    builder.persistent(`${id}.${name}`, shape, { category, dtype });
  const isWasserstein = statistic === 'wasserstein';
  return {
    term,
    piece,
    tensors: {
      normaliser: tensor('normaliser', [1], 'image'),
      weight: tensor('styleWeight', [1], 'image'),
      // Written tile by tile, not once.
      guide: undefined,
      moments: isWasserstein ? momentTensors(builder, id, channels) : undefined,
    },
    guide: term.region === undefined ? undefined : { loss: tensor('guide', [positions], 'targets'), gradient: tensor('guideSquared', [positions], 'targets') },
    second: tileSum(builder, `${id}.gram`, square),
    sums: isWasserstein ? tileSum(builder, `${id}.sums`, [channels]) : undefined,
    target: builder.persistent(`${id}.target`, square, { category: 'targets', ...(buffer === undefined ? {} : { buffer }) }),
    difference: tensor('difference', square, 'activations'),
    row: isWasserstein ? tensor('row', [channels], 'activations') : undefined,
  };
}

function guided(
  builder: ProgramBuilder,
  name: string,
  { positions, channels }: TapPiece,
  matrix: TensorHandle,
  factors: TensorHandle | undefined,
): TensorHandle {
  if (factors === undefined) return matrix;
  const scaled = builder.transient(name, matrix.shape, { dtype: matrix.dtype });
  builder.call(name, scaleRows, { rows: positions, columns: channels }, { matrix, factors, scaled });
  return scaled;
}

/** Records the statistics of a tile's own features, added to those of the tiles before. */
export function recordTermStatistics(builder: ProgramBuilder, { term: { id }, piece, guide, second, sums }: TiledTerm, features: TensorHandle): void {
  const { positions, channels, share } = piece;
  const own = guided(builder, `${id}.guided`, piece, features, guide?.loss);
  const value = builder.transient(`${id}.tileGram`, [channels, channels]);
  builder.call(`${id}.gram`, gram, { positions, channels }, { features: own, gram: value });
  addToSum(builder, `${id}.gram`, value, second, share);
  if (sums === undefined) return;
  const tileSums = builder.transient(`${id}.tileSums`, [channels]);
  builder.call(
    `${id}.sums`,
    columnSum,
    { rows: positions, columns: channels },
    { input: guided(builder, `${id}.weighed`, piece, features, guide?.gradient), output: tileSums },
  );
  // Scaled as if the picture had as many positions as a piece, which is what the kernels of the comparison are told.
  addToSum(builder, `${id}.sums`, tileSums, sums, share);
}

/** Records the comparison of the gathered statistics with the term's target. */
export function recordComparison(builder: ProgramBuilder, tiled: TiledTerm, loss: TensorHandle): void {
  const {
    term: { id },
    piece,
    tensors,
    second,
    sums,
    target,
    difference,
    row,
  } = tiled;
  const { positions, channels } = piece;
  const { normaliser, moments } = tensors;
  if (sums === undefined || row === undefined || moments === undefined) {
    builder.call(`${id}.style`, targetDifference, { count: channels * channels }, { ...second, target, normaliser, difference, loss });
    return;
  }
  const settled = ([name, { sum, compensation }]: readonly [string, TileSum]): TensorHandle => {
    const output = builder.transient(`${id}.${name}`, sum.shape);
    builder.call(`${id}.${name}`, add, { count: elementCount(sum.shape) }, { left: sum, right: compensation, output });
    return output;
  };
  const [moment, total] = [settled(['gram', second]), settled(['sums', sums])];
  recordTransport(builder, id, { second: moment, sums: total, positions, channels, target, loss, normaliser, moments, difference, row });
}

/** Records the gradient of the style loss to a tile's own features. */
export function recordTermGradient(builder: ProgramBuilder, tiled: TiledTerm, features: TensorHandle, gradient: TensorHandle): void {
  const {
    term: { id },
    piece,
    guide,
    difference,
    row,
    tensors: { weight },
  } = tiled;
  const { positions, channels } = piece;
  const add: RecordedStyleTerm['addGradient'] =
    row === undefined
      ? (map, to) => {
          builder.call(`${id}.styleGradient`, gramLossGradient, { positions, channels }, { features: map, difference, weight, gradient: to });
        }
      : wassersteinGradient(builder, id, { difference, row, weight, positions, channels, factors: guide?.gradient });
  add(guided(builder, `${id}.guidedGradient`, piece, features, guide?.gradient), gradient);
}
