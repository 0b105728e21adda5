/** Targets of the losses: Gram matrices of the styles, feature maps of the content. */
import { recordWithin, type BudgetOptions } from '../engine/budget.js';
import { DTYPE_BYTES, elementCount } from '../engine/contract.js';
import type { Engine } from '../engine/engine.js';
import { CAUTIOUS_FLOPS, ProgramBuilder, type BoundCall, type Program, type TensorHandle } from '../engine/program.js';
import { throwIfAborted } from '../engine/errors.js';
import { columnSum, gram, meanSquare } from '../kernels/run.js';
import type { Picture } from './picture.js';
import type { GpuNet } from './vgg-net.js';
import { recordForward } from './vgg-step.js';

/** A Gram matrix [channels, channels] in float64. */
export interface GramTarget {
  readonly layer: string;
  readonly channels: number;
  readonly values: Float64Array;
  /** Means of the channels, where they were asked for. */
  readonly mean?: Float64Array;
}

/** A feature map of the content picture, in the net's precision, in a buffer that whoever asked for it destroys. */
export interface ContentTarget {
  readonly buffer: GPUBuffer;
  readonly meanSquare: number;
}

/** What targets are computed with. */
export interface TargetOptions extends Pick<BudgetOptions, 'pins' | 'preferred' | 'budgetBytes' | 'scope'> {
  readonly pooling: 'max' | 'avg';
  /** Whether means are computed beside Gram matrices. */
  readonly withMeans?: boolean;
  readonly signal?: AbortSignal;
  /** Side of the tiles in px that larger pictures are computed in. */
  readonly tileSize?: number;
  /** Hears of the calls once they are recorded. */
  readonly onCalls?: (calls: readonly BoundCall[]) => void;
}

/** Gram matrices of one picture at some layers. */
export async function gramsOf(engine: Engine, net: GpuNet, picture: Picture, layers: readonly string[], options: TargetOptions): Promise<GramTarget[]> {
  const { recorded } = recordWithin(engine, options, (recordOptions) => recordGrams(new ProgramBuilder(engine, recordOptions), net, picture, layers, options));
  const { builder, image, grams } = recorded;
  options.onCalls?.(builder.calls);
  const program = await builder.build();
  try {
    throwIfAborted(options.signal);
    engine.write(program.bufferOf(image), picture.data);
    program.prepare();
    program.run({ maxFlopsPerSubmit: CAUTIOUS_FLOPS });
    const targets: GramTarget[] = [];
    for (const { layer, channels, positions, tensor, sums } of grams) {
      const values = Float64Array.from(await engine.readFloats(program.bufferOf(tensor), channels * channels));
      const mean = sums === undefined ? undefined : Float64Array.from(await engine.readFloats(program.bufferOf(sums), channels), (sum) => sum / positions);
      targets.push({ layer, channels, values, ...(mean === undefined ? {} : { mean }) });
    }
    return targets;
  } finally {
    program.destroy();
  }
}

interface RecordedGrams {
  readonly builder: ProgramBuilder;
  readonly image: TensorHandle;
  readonly grams: readonly { layer: string; channels: number; positions: number; tensor: TensorHandle; sums: TensorHandle | undefined }[];
}

function recordGrams(
  builder: ProgramBuilder,
  net: GpuNet,
  { height, width }: Picture,
  layers: readonly string[],
  { pooling, withMeans }: TargetOptions,
): RecordedGrams {
  const image = builder.persistent('image', [height, width, 3], { category: 'image' });
  const forward = recordForward(builder, net, image, { size: { height, width }, pooling });
  const grams = forward.layers.flatMap(({ layer, size, output }) => {
    if (output === undefined || !layers.includes(layer.name)) return [];
    const channels = layer.outChannels;
    const tensor = builder.persistent(`${layer.name}.gram`, [channels, channels], { category: 'targets' });
    const positions = size.height * size.width;
    builder.call(`${layer.name}.gram`, gram, { positions, channels }, { features: output, gram: tensor });
    const sums = withMeans === true ? builder.persistent(`${layer.name}.sums`, [channels], { category: 'targets' }) : undefined;
    if (sums !== undefined) builder.call(`${layer.name}.sums`, columnSum, { rows: positions, columns: channels }, { input: output, output: sums });
    return [{ layer: layer.name, channels, positions, tensor, sums }];
  });
  return { builder, image, grams };
}

/** Weighted mean of the Gram matrices of several styles; weights need not sum to 1. */
export function blendGrams(perStyle: readonly (readonly GramTarget[])[], blend: readonly number[]): GramTarget[] {
  const weights = blend.length === 0 ? perStyle.map(() => 1) : blend;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (perStyle[0] ?? []).map(({ layer, channels, mean }, index) => {
    const blended = (of: (target: GramTarget) => Float64Array | undefined, length: number): Float64Array => {
      const sum = new Float64Array(length);
      perStyle.forEach((grams, style) => {
        const share = (weights[style] ?? 0) / total;
        const target = grams[index];
        (target === undefined ? undefined : of(target))?.forEach((value, i) => {
          sum[i] = (sum[i] ?? 0) + share * value;
        });
      });
      return sum;
    };
    // Raw second moments and means can be averaged; covariances could not.
    const values = blended((target) => target.values, channels * channels);
    return { layer, channels, values, ...(mean === undefined ? {} : { mean: blended((target) => target.mean, channels) }) };
  });
}

interface RecordedContent {
  readonly builder: ProgramBuilder;
  readonly image: TensorHandle;
  readonly meanSquares: readonly { readonly layer: string; readonly result: TensorHandle }[];
}

function recordContent(
  builder: ProgramBuilder,
  net: GpuNet,
  { height, width }: Picture,
  maps: ReadonlyMap<string, { readonly buffer: GPUBuffer; readonly shape: readonly number[] }>,
  { pooling }: TargetOptions,
): RecordedContent {
  const image = builder.persistent('image', [height, width, 3], { category: 'image' });
  const outputs = new Map(
    [...maps].map(([layer, { buffer, shape }]) => [
      layer,
      builder.persistent(`${layer}.content`, shape, { category: 'targets', dtype: net.precision, buffer }),
    ]),
  );
  recordForward(builder, net, image, { size: { height, width }, pooling, outputs });
  const meanSquares = [...outputs].map(([layer, values]) => {
    const result = builder.persistent(`${layer}.meanSquare`, [1], { category: 'targets' });
    builder.call(`${layer}.meanSquare`, meanSquare, { count: elementCount(values.shape) }, { values, result });
    return { layer, result };
  });
  return { builder, image, meanSquares };
}

/** Feature maps of the content picture at some layers; the caller destroys their buffers. */
export async function contentTargets(
  engine: Engine,
  net: GpuNet,
  picture: Picture,
  layers: readonly string[],
  options: TargetOptions,
): Promise<Map<string, ContentTarget>> {
  const targets = new Map<string, ContentTarget>();
  if (layers.length === 0) return targets;
  const maps = new Map<string, { buffer: GPUBuffer; shape: number[] }>();
  let size: { height: number; width: number } = picture;
  for (const layer of net.layers) {
    if (layer.pooledBefore) size = { height: Math.floor(size.height / 2), width: Math.floor(size.width / 2) };
    if (!layers.includes(layer.name)) continue;
    const shape = [size.height, size.width, layer.outChannels];
    maps.set(layer.name, { buffer: engine.createBuffer(`${layer.name}.content`, elementCount(shape) * DTYPE_BYTES[net.precision]), shape });
  }
  let program: Program | undefined;
  try {
    const { recorded } = recordWithin(engine, options, (recordOptions) =>
      recordContent(new ProgramBuilder(engine, recordOptions), net, picture, maps, options),
    );
    const { builder, image, meanSquares } = recorded;
    options.onCalls?.(builder.calls);
    program = await builder.build();
    throwIfAborted(options.signal);
    engine.write(program.bufferOf(image), picture.data);
    program.prepare();
    program.run({ maxFlopsPerSubmit: CAUTIOUS_FLOPS });
    for (const { layer, result } of meanSquares) {
      const map = maps.get(layer);
      const [value = 0] = await engine.readFloats(program.bufferOf(result), 1);
      if (map !== undefined) targets.set(layer, { buffer: map.buffer, meanSquare: value });
    }
    return targets;
  } catch (error) {
    for (const { buffer } of maps.values()) engine.destroyBuffer(buffer);
    throw error;
  } finally {
    program?.destroy();
  }
}
