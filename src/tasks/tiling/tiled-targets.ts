/** Targets of pictures that are computed tile by tile: the picture stays outside graphics memory, and so do content targets. */
import { recordWithin } from '../../engine/budget.js';
import { elementCount } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { throwIfAborted } from '../../engine/errors.js';
import { CAUTIOUS_FLOPS, ProgramBuilder, type TensorHandle } from '../../engine/program.js';
import { columnSum, gram, meanSquare } from '../../kernels/run.js';
import type { Picture } from '../picture.js';
import type { GramTarget, TargetOptions } from '../targets.js';
import type { GpuNet } from '../vgg-net.js';
import { recordForward, type LayerWeights } from '../vgg-step.js';
import { addToSum, takePiece, tapPieces, tileSum, type TapPiece, type TileSum } from './tiled-pieces.js';
import type { Rectangle, TilePlan } from './windows.js';

/** A content target: the piece of each tile, in the net's precision. */
export interface TiledContent {
  readonly pieces: readonly ArrayBuffer[];
  readonly meanSquare: number;
}

/** What is computed of a picture. */
interface Wanted {
  readonly grams: readonly string[];
  readonly contents: readonly string[];
  readonly withMeans: boolean;
}

interface RecordedTargets {
  readonly builder: ProgramBuilder;
  readonly images: readonly TensorHandle[];
  readonly owned: TensorHandle;
  readonly grams: readonly { readonly piece: TapPiece; readonly second: TileSum; readonly sums: TileSum | undefined }[];
  readonly contents: readonly { readonly piece: TapPiece; readonly values: TensorHandle; readonly squares: TileSum }[];
}

function record(builder: ProgramBuilder, net: GpuNet, plan: TilePlan, { grams, contents, withMeans }: Wanted, { pooling }: TargetOptions): RecordedTargets {
  const pieces = tapPieces(net, plan);
  const piecesOf = (layers: readonly string[]): TapPiece[] => [...pieces.values()].filter(({ layer }) => layers.includes(layer));
  const owned = builder.persistent('owned', [4], { category: 'image', dtype: 'u32' });
  const gathered = piecesOf(grams).map((piece) => ({
    piece,
    second: tileSum(builder, `${piece.layer}.gram`, [piece.channels, piece.channels]),
    sums: withMeans ? tileSum(builder, `${piece.layer}.sums`, [piece.channels]) : undefined,
  }));
  const kept = piecesOf(contents).map((piece) => ({
    piece,
    values: builder.persistent(`${piece.layer}.content`, [piece.height, piece.width, piece.channels], { category: 'targets', dtype: net.precision }),
    squares: tileSum(builder, `${piece.layer}.squares`, [1]),
  }));
  const weights = new Map<string, LayerWeights>();
  const images = plan.shapes.map((size, shape) => {
    builder.section(String(shape));
    if (plan.shapes.length > 1) builder.within(`${String(shape)}/`);
    const image = builder.persistent(`tile ${String(shape)}`, [size.height, size.width, 3], { category: 'image' });
    const forward = recordForward(builder, net, image, { size, pooling, weights });
    for (const { layer, size: mapSize, output } of forward.layers) {
      if (output === undefined) continue;
      for (const { piece, second, sums } of gathered) {
        if (piece.layer !== layer.name) continue;
        const { positions, channels } = piece;
        const features = takePiece(builder, layer.name, output, mapSize, piece, owned);
        const value = builder.transient(`${layer.name}.tileGram`, [channels, channels]);
        builder.call(`${layer.name}.gram`, gram, { positions, channels }, { features, gram: value });
        addToSum(builder, `${layer.name}.gram`, value, second, piece.share);
        if (sums === undefined) continue;
        const total = builder.transient(`${layer.name}.tileSums`, [channels]);
        builder.call(`${layer.name}.sums`, columnSum, { rows: positions, columns: channels }, { input: features, output: total });
        addToSum(builder, `${layer.name}.sums`, total, sums, 1);
      }
      for (const { piece, values, squares } of kept) {
        if (piece.layer !== layer.name) continue;
        const features = takePiece(builder, `${layer.name}.content`, output, mapSize, piece, owned, values);
        const square = builder.transient(`${layer.name}.meanSquare`, [1]);
        builder.call(`${layer.name}.meanSquare`, meanSquare, { count: elementCount(features.shape) }, { values: features, result: square });
        addToSum(builder, `${layer.name}.squares`, square, squares, piece.share);
      }
    }
    return image;
  });
  return { builder, images, owned, grams: gathered, contents: kept };
}

/** The pixels of a window of a picture. */
function windowOf({ width, data }: Picture, { top, left, rows, columns }: Rectangle): Float32Array<ArrayBuffer> {
  const pixels = new Float32Array(rows * columns * 3);
  for (let y = 0; y < rows; y++) {
    const from = ((top + y) * width + left) * 3;
    pixels.set(data.subarray(from, from + columns * 3), y * columns * 3);
  }
  return pixels;
}

/** Gram matrices and content targets of a picture, tile by tile. Throws `aborted` between tiles. */
async function tiledTargets(
  engine: Engine,
  net: GpuNet,
  picture: Picture,
  plan: TilePlan,
  wanted: Wanted,
  options: TargetOptions,
): Promise<{ readonly grams: GramTarget[]; readonly contents: Map<string, TiledContent> }> {
  const { recorded } = recordWithin(engine, options, (recording) => record(new ProgramBuilder(engine, recording), net, plan, wanted, options));
  const { builder, images, owned, grams, contents } = recorded;
  options.onCalls?.(builder.calls);
  const program = await builder.build();
  try {
    program.prepare();
    const pieces = new Map(contents.map(({ piece }) => [piece.layer, [] as ArrayBuffer[]]));
    for (const tile of plan.tiles) {
      throwIfAborted(options.signal);
      const image = images[tile.shape];
      if (image !== undefined) engine.write(program.bufferOf(image), windowOf(picture, tile.window));
      const { top, left, rows, columns } = tile.owned;
      engine.write(program.bufferOf(owned), Uint32Array.of(top, left, rows, columns));
      program.run({ sections: [String(tile.shape)], maxFlopsPerSubmit: CAUTIOUS_FLOPS });
      for (const { piece, values } of contents) pieces.get(piece.layer)?.push(await engine.read(program.bufferOf(values)));
      await engine.idle();
    }
    const total = async ({ sum, compensation }: TileSum): Promise<Float64Array> => {
      const [values, rest] = await Promise.all([engine.readFloats(program.bufferOf(sum)), engine.readFloats(program.bufferOf(compensation))]);
      return Float64Array.from(values, (value, i) => value + (rest[i] ?? 0));
    };
    const found: GramTarget[] = [];
    for (const { piece, second, sums } of grams) {
      const positions = piece.positions / piece.share;
      const mean = sums === undefined ? undefined : (await total(sums)).map((sum) => sum / positions);
      found.push({ layer: piece.layer, channels: piece.channels, values: await total(second), ...(mean === undefined ? {} : { mean }) });
    }
    const kept = new Map<string, TiledContent>();
    for (const { piece, squares } of contents) {
      const [value = 0] = await total(squares);
      kept.set(piece.layer, { pieces: pieces.get(piece.layer) ?? [], meanSquare: value });
    }
    return { grams: found, contents: kept };
  } finally {
    program.destroy();
  }
}

/** Gram matrices of a picture at some layers. */
export async function tiledGrams(
  engine: Engine,
  net: GpuNet,
  picture: Picture,
  layers: readonly string[],
  plan: TilePlan,
  options: TargetOptions,
): Promise<GramTarget[]> {
  return (await tiledTargets(engine, net, picture, plan, { grams: layers, contents: [], withMeans: options.withMeans === true }, options)).grams;
}

/** Content targets of a picture at some layers. */
export async function tiledContents(
  engine: Engine,
  net: GpuNet,
  picture: Picture,
  layers: readonly string[],
  plan: TilePlan,
  options: TargetOptions,
): Promise<Map<string, TiledContent>> {
  if (layers.length === 0) return new Map();
  return (await tiledTargets(engine, net, picture, plan, { grams: [], contents: layers, withMeans: false }, options)).contents;
}
