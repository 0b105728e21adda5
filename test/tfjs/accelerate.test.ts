/** Convolutions of tfjs programs by our kernels: equal to stock, really taken, in order, undone exactly. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { drawValues, Philox } from '../../src/engine/random.js';
import { registerTfjsBackend } from '../../src/engine/tfjs-bridge.js';
import { accelerateTfjs, type Acceleration } from '../../src/kernels/tfjs-ops/accelerate-tfjs.js';
import { accelerate, GramaryeError } from '../../src/index.js';
import { nodeEngine } from '../support/node-gpu.js';

const KERNELS = [
  'Conv2D',
  'FusedConv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2D',
  'DepthwiseConv2dNativeBackpropInput',
  'DepthwiseConv2dNativeBackpropFilter',
];
const seed = Date.now() % 2 ** 31;
const random = new Philox(seed);
let engine: Engine;
let acceleration: Acceleration | undefined;

beforeAll(async () => {
  engine = await nodeEngine();
  await expect(accelerate()).rejects.toThrow(GramaryeError);
  await registerTfjsBackend(engine);
  tf.env().set('WEBGPU_CPU_FORWARD', false);
});
afterEach(() => {
  acceleration?.restore();
});
afterAll(() => {
  engine.destroy();
});

function uniform(shape: number[], low = -1, high = 1): tf.Tensor4D {
  const values = drawValues(tf.util.sizeFromShape(shape), () => low + (high - low) * random.nextUniform());
  return tf.tensor<tf.Rank.R4>(Float32Array.from(values), shape as [number, number, number, number]);
}

/** The largest difference relative to the wanted values' root mean square. */
async function difference(got: tf.Tensor, wanted: tf.Tensor): Promise<number> {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [await got.data<'float32'>(), await wanted.data<'float32'>()];
  const rms = Math.sqrt(b.reduce((sum, value) => sum + value * value, 0) / b.length) || 1;
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? NaN))), 0) / rms;
}

const integer = (low: number, high: number): number => low + Math.floor((high - low + 1) * random.nextUniform());
const pick = <T>(values: readonly T[]): T => values[integer(0, values.length - 1)] as T;

interface Case {
  readonly what: string;
  readonly x: number[];
  readonly filter: number[];
  readonly stride: number;
  readonly pad: Parameters<typeof tf.conv2d>[3];
  readonly isDepthwise: boolean;
  readonly dilation?: number;
  /** Which of forward, to input, to filter our kernels take. */
  readonly taken: readonly [boolean, boolean, boolean];
}

const ALL = [true, true, true] as const;
const NONE = [false, false, false] as const;
const height = (): number => integer(3, 11);
const fours = (): number => 4 * integer(1, 4);

/** Random shapes of every family that is taken, and of what is not. */
const CASES: readonly Case[] = [
  ...[1, 3].map((batch): Case => ({
    what: `3×3 same, batch ${String(batch)}`,
    x: [batch, height(), height(), integer(1, 9)],
    filter: [3, 3, 0, integer(1, 9)],
    stride: 1,
    pad: 'same',
    isDepthwise: false,
    taken: ALL,
  })),
  {
    what: '3×3 same, channels in fours',
    x: [2, height(), height(), fours()],
    filter: [3, 3, 0, fours()],
    stride: 1,
    pad: 'same',
    isDepthwise: false,
    taken: ALL,
  },
  { what: '3×3 large enough for Winograd', x: [2, 17, 16, 64], filter: [3, 3, 0, 72], stride: 1, pad: 'same', isDepthwise: false, taken: ALL },
  ...[1, 3].map((batch): Case => ({
    what: `3×3 valid, batch ${String(batch)}`,
    x: [batch, height(), height(), fours()],
    filter: [3, 3, 0, fours()],
    stride: 1,
    pad: 'valid',
    isDepthwise: false,
    taken: ALL,
  })),
  { what: '3×3 pad 1', x: [2, height(), height(), fours()], filter: [3, 3, 0, fours()], stride: 1, pad: 1, isDepthwise: false, taken: ALL },
  {
    what: '1×1',
    x: [integer(1, 3), height(), height(), fours()],
    filter: [1, 1, 0, fours()],
    stride: 1,
    pad: pick(['same', 'valid'] as const),
    isDepthwise: false,
    taken: ALL,
  },
  { what: '1×1, odd channels', x: [2, height(), height(), 5], filter: [1, 1, 0, 7], stride: 1, pad: 'same', isDepthwise: false, taken: ALL },
  {
    what: 'picture, stride 2',
    x: [2, height(), height(), 3],
    filter: [3, 3, 0, fours()],
    stride: 2,
    pad: pick(['same', 'valid', 1] as const),
    isDepthwise: false,
    taken: [true, false, true],
  },
  ...[1, 2].flatMap((stride) =>
    (['same', 'valid', 1] as const).map((pad): Case => ({
      what: `depthwise, stride ${String(stride)}, ${String(pad)}`,
      x: [integer(1, 3), height(), height(), fours()],
      filter: [3, 3, 0, 1],
      stride,
      pad,
      isDepthwise: true,
      taken: ALL,
    })),
  ),
  {
    what: 'depthwise, padded at the end only',
    x: [2, 8, 10, 8],
    filter: [3, 3, 0, 1],
    stride: 2,
    pad: [
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 0],
    ],
    isDepthwise: true,
    taken: ALL,
  },
  { what: '3×3, stride 2', x: [2, height(), height(), 8], filter: [3, 3, 0, 8], stride: 2, pad: 'same', isDepthwise: false, taken: NONE },
  { what: '5×5', x: [1, 7, 7, 4], filter: [5, 5, 0, 4], stride: 1, pad: 'same', isDepthwise: false, taken: NONE },
  { what: '1×1, stride 2', x: [1, 7, 7, 4], filter: [1, 1, 0, 4], stride: 2, pad: 'same', isDepthwise: false, taken: NONE },
  {
    what: '3×3, uneven padding',
    x: [1, 7, 7, 4],
    filter: [3, 3, 0, 4],
    stride: 1,
    pad: [
      [0, 0],
      [2, 1],
      [0, 1],
      [0, 0],
    ],
    isDepthwise: false,
    taken: NONE,
  },
  { what: 'depthwise with a multiplier', x: [1, 7, 7, 4], filter: [3, 3, 0, 2], stride: 1, pad: 'same', isDepthwise: true, taken: NONE },
  { what: 'depthwise, odd channels', x: [1, 7, 7, 6], filter: [3, 3, 0, 1], stride: 1, pad: 'same', isDepthwise: true, taken: NONE },
];

/** Calls of a kernel since `accelerate`. */
function counts(name: string): { taken: number; refused: number } {
  const { taken = 0, refused = 0 } = acceleration?.statistics[name] ?? {};
  return { taken, refused };
}

describe(`accelerate (seed ${String(seed)})`, () => {
  it.each(CASES)('$what: forward and both gradients as in stock tfjs', async ({ x: xShape, filter: filterShape, stride, pad, isDepthwise, taken }) => {
    const x = uniform(xShape);
    const filter = uniform([filterShape[0] ?? 0, filterShape[1] ?? 0, x.shape[3], filterShape[3] ?? 0]);
    const convolve = (input: tf.Tensor4D, weights: tf.Tensor4D): tf.Tensor4D =>
      isDepthwise ? tf.depthwiseConv2d(input, weights, stride, pad) : tf.conv2d(input, weights, stride, pad);
    const run = (dy: tf.Tensor4D | undefined): tf.Tensor[] => {
      const value = convolve(x, filter);
      const upstream = dy ?? uniform(value.shape);
      return [value, ...tf.grads((a, b) => convolve(a as tf.Tensor4D, b as tf.Tensor4D))([x, filter], upstream), upstream];
    };
    const wanted = run(undefined);
    acceleration = await accelerate();
    const got = run(wanted[3] as tf.Tensor4D);
    for (const index of [0, 1, 2])
      expect(await difference(got[index] ?? x, wanted[index] ?? x), ['forward', 'to input', 'to filter'][index]).toBeLessThan(6e-5);
    const names = isDepthwise
      ? ['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter']
      : ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'];
    const calls = [2, 1, 1];
    names.forEach((name, index) => {
      const count = calls[index] ?? 0;
      expect(counts(name), name).toEqual(taken[index] === true ? { taken: count, refused: 0 } : { taken: 0, refused: count });
    });
    tf.dispose([x, filter, ...wanted, ...got.slice(0, 3)]);
  });

  it('fuses bias and activation as stock tfjs does, and leaves what it cannot', async () => {
    const kinds = [
      { shape: [3, 3, 8, 12], stride: 1, isDepthwise: false },
      { shape: [1, 1, 8, 12], stride: 1, isDepthwise: false },
      { shape: [3, 3, 8, 1], stride: 2, isDepthwise: true },
    ];
    const x = uniform([2, 7, 6, 8]);
    for (const { shape, stride, isDepthwise } of kinds) {
      const filter = uniform(shape, -2, 2);
      const channels = isDepthwise ? 8 : 12;
      for (const activation of ['linear', 'relu', 'relu6', 'elu'] as const) {
        for (const bias of [uniform([channels], -3, 3), tf.scalar(0.5), undefined] as unknown as (tf.Tensor1D | undefined)[]) {
          const options = { x, filter, strides: stride, pad: 'same' as const, activation, ...(bias === undefined ? {} : { bias }) };
          const run = (): tf.Tensor => (isDepthwise ? tf.fused.depthwiseConv2d(options) : tf.fused.conv2d(options));
          const wanted = run();
          acceleration = await accelerate();
          const got = run();
          expect(await difference(got, wanted), `${shape.join()} ${activation}`).toBeLessThan(6e-5);
          const isOurs = activation !== 'elu' && (bias === undefined || bias.size > 1);
          expect(counts(isDepthwise ? 'FusedDepthwiseConv2D' : 'FusedConv2D')).toEqual({ taken: Number(isOurs), refused: Number(!isOurs) });
          acceleration.restore();
          tf.dispose([wanted, got, bias]);
        }
      }
      filter.dispose();
    }
    x.dispose();
  });

  it('leaves dilation, NCHW and integers to stock tfjs, saying why', async () => {
    acceleration = await accelerate();
    const x = uniform([1, 8, 8, 4]);
    const filter = uniform([3, 3, 4, 4]);
    tf.dispose([tf.conv2d(x, filter, 1, 'same', 'NHWC', 2), tf.conv2d(tf.transpose(x, [0, 3, 1, 2]), filter, 1, 'same', 'NCHW')]);
    expect(acceleration.statistics.Conv2D).toEqual({ taken: 0, refused: 2, reasons: { dilation: 1, 'data format NCHW': 1 } });
    tf.dispose([x, filter]);
  });

  it('trains a small convolutional net to the same weights', async () => {
    const x = uniform([4, 9, 9, 3]);
    const start = [uniform([3, 3, 3, 8]), uniform([3, 3, 8, 1]), uniform([1, 1, 8, 12]), uniform([3, 3, 12, 4])];
    const train = async (): Promise<{ losses: number[]; weights: tf.Tensor[] }> => {
      const weights = start.map((value) => tf.variable(value));
      const [a, b, c, d] = weights as unknown as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const optimiser = tf.train.adam(0.02);
      const losses: number[] = [];
      for (let step = 0; step < 8; step++) {
        const cost = optimiser.minimize(
          () => {
            const stem = tf.relu6(tf.conv2d(x, a, 2, 'same'));
            const narrow = tf.relu(tf.conv2d(tf.depthwiseConv2d(stem, b, 1, 'same'), c, 1, 'same'));
            return tf.mean(tf.square(tf.sub(tf.conv2d(narrow, d, 1, 'same'), 1)));
          },
          true,
          weights,
        );
        losses.push((await cost?.data())?.[0] ?? NaN);
        cost?.dispose();
      }
      optimiser.dispose();
      return { losses, weights };
    };
    const stock = await train();
    acceleration = await accelerate();
    const ours = await train();
    for (const [index, loss] of ours.losses.entries()) expect(Math.abs(loss / (stock.losses[index] ?? NaN) - 1)).toBeLessThan(1e-3);
    for (const [index, weight] of ours.weights.entries()) expect(await difference(weight, stock.weights[index] ?? weight)).toBeLessThan(5e-3);
    expect(ours.losses.at(-1)).toBeLessThan(ours.losses[0] ?? NaN);
    // The first layer needs no gradient to the picture, so nothing here is refused.
    for (const name of ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter', 'DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput'])
      expect(counts(name), name).toMatchObject({ refused: 0 });
    expect(counts('Conv2DBackpropFilter').taken).toBe(24);
    tf.dispose([x, start, stock.weights, ours.weights]);
  });

  it('gives a loaded layers model the same outputs', async () => {
    const input = layers.input({ shape: [24, 24, 3] });
    const block = (from: layers.SymbolicTensor, filters: number, strides: number): layers.SymbolicTensor => {
      const depthwise = layers.layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', depthwiseInitializer: 'glorotNormal' }).apply(from);
      const active = layers.layers.reLU({ maxValue: 6 }).apply(depthwise);
      return layers.layers.conv2d({ filters, kernelSize: 1 }).apply(active) as layers.SymbolicTensor;
    };
    const stem = layers.layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }).apply(input) as layers.SymbolicTensor;
    const pooled = layers.layers.globalAveragePooling2d({}).apply(block(block(stem, 16, 1), 24, 2));
    const built = layers.model({ inputs: input, outputs: layers.layers.dense({ units: 5, activation: 'softmax' }).apply(pooled) as layers.SymbolicTensor });
    let saved: tf.io.ModelArtifacts | undefined;
    await built.save({
      save: (artifacts) => {
        saved = artifacts;
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } });
      },
    });
    const model = await layers.loadLayersModel({ load: () => Promise.resolve(saved ?? {}) });
    const x = uniform([3, 24, 24, 3], 0, 1);
    const wanted = model.predict(x) as tf.Tensor;
    acceleration = await accelerate();
    const got = model.predict(x) as tf.Tensor;
    expect(await difference(got, wanted)).toBeLessThan(1e-5);
    const taken = KERNELS.map((name) => counts(name));
    expect(taken.reduce((sum, count) => sum + count.taken, 0)).toBe(5);
    expect(taken.reduce((sum, count) => sum + count.refused, 0)).toBe(0);
    tf.dispose([x, wanted, got]);
    built.dispose();
    model.dispose();
  });
});

/** Bytes that tfjs's backend holds. */
const gpuBytes = (): number => (tf.memory() as unknown as { numBytesInGPU: number }).numBytesInGPU;

/** One round between stock ops, on fresh values. */
async function round(): Promise<number> {
  const values = Float32Array.from(drawValues(2 * 6 * 5 * 4, () => random.nextUniform()));
  const weights = Float32Array.from(drawValues(9 * 4 * 4, () => random.nextUniform()));
  const result = tf.tidy(() => {
    const x = tf.add(tf.mul(tf.tensor4d(values, [2, 6, 5, 4]), 3), 1);
    const filter = tf.sub(tf.tensor4d(weights, [3, 3, 4, 4]), 0.25);
    return tf.mul(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'), 2);
  });
  const got = await result.data();
  result.dispose();
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const [image, y, x, o] = [Math.floor(i / 120), Math.floor(i / 20) % 6, Math.floor(i / 4) % 5, i % 4];
    let wanted = 0;
    for (let tap = 0; tap < 9; tap++) {
      const [row, column] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
      if (row < 0 || row >= 6 || column < 0 || column >= 5) continue;
      for (let k = 0; k < 4; k++) {
        wanted += 2 * (3 * (values[((image * 6 + row) * 5 + column) * 4 + k] ?? NaN) + 1) * ((weights[(tap * 4 + k) * 4 + o] ?? NaN) - 0.25);
      }
    }
    worst = Math.max(worst, Math.abs((got[i] ?? NaN) - wanted));
  }
  return worst;
}

describe('order, memory and undoing', () => {
  it('50 rounds between stock ops: no wrong value, no leaked tensor or byte', async () => {
    await round();
    const before = { tensors: tf.memory().numTensors, bytes: gpuBytes() };
    const engineBytes = engine.allocatedBytes;
    acceleration = await accelerate();
    for (let i = 0; i < 50; i++) expect(await round(), `round ${String(i)}`).toBeLessThan(2e-3);
    expect(counts('Conv2D')).toEqual({ taken: 50, refused: 0 });
    expect({ tensors: tf.memory().numTensors, bytes: gpuBytes() }).toEqual(before);
    acceleration.restore();
    expect(engine.allocatedBytes).toBe(engineBytes);
  });

  it('without the flush, values are wrong: the control', async () => {
    acceleration = accelerateTfjs({ flush: () => undefined });
    let wrong = 0;
    for (let i = 0; i < 50; i++) if (!((await round()) < 2e-3)) wrong++;
    expect(wrong).toBeGreaterThan(10);
  });

  it('restores the very functions that were there, however often either is called', async () => {
    const functions = (): unknown[] => KERNELS.map((name) => tf.getKernel(name, 'webgpu').kernelFunc);
    const original = functions();
    const first = await accelerate();
    expect(await accelerate()).toBe(first);
    expect(functions().every((f, index) => f !== original[index])).toBe(true);
    first.restore();
    first.restore();
    expect(functions()).toEqual(original);
    const second = await accelerate();
    expect(second).not.toBe(first);
    first.restore();
    expect(functions().every((f, index) => f !== original[index])).toBe(true);
    second.restore();
    expect(functions()).toEqual(original);
  });

  it('leaves a kernel that somebody put over ours, and computes as stock beneath it', async () => {
    const ours = await accelerate();
    const wrapped = tf.getKernel('Conv2D', 'webgpu');
    let calls = 0;
    const theirs: tf.KernelConfig = {
      ...wrapped,
      kernelFunc: (call) => {
        calls++;
        return wrapped.kernelFunc(call);
      },
    };
    tf.unregisterKernel('Conv2D', 'webgpu');
    tf.registerKernel(theirs);
    const stock = tf.getKernel('Conv2DBackpropInput', 'webgpu').kernelFunc;
    ours.restore();
    expect(tf.getKernel('Conv2D', 'webgpu')).toBe(theirs);
    expect(tf.getKernel('Conv2DBackpropInput', 'webgpu').kernelFunc).not.toBe(stock);
    expect(await round()).toBeLessThan(2e-3);
    expect(calls).toBe(1);
  });
});
