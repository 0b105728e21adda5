/** The kernels as ops of tfjs: values, gradients, and how they mix with its own ops. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { drawValues, Philox } from '../../src/engine/random.js';
import { createTfjsOps, type TfjsOps } from '../../src/kernels/tfjs-ops/tfjs-ops.js';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import { vggFeatures } from '../../src/models/vgg-features-tfjs.js';
import { gramReference } from '../../src/kernels/gram/split-k.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
let ops: TfjsOps;
const seed = Date.now() % 2 ** 31;
const random = new Philox(seed);

beforeAll(async () => {
  engine = await nodeEngine();
  ops = await createTfjsOps(engine);
  // Small tensors would be computed on the CPU, where nothing could be out of order.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
});
afterAll(() => {
  ops.destroy();
  engine.destroy();
});

function uniform(shape: number[], low = -1, high = 1): tf.Tensor {
  const values = drawValues(tf.util.sizeFromShape(shape), () => low + (high - low) * random.nextUniform());
  return tf.tensor(Float32Array.from(values), shape);
}

/** The largest difference relative to the wanted values' root mean square. */
async function difference(got: tf.Tensor | undefined, wanted: tf.Tensor | undefined): Promise<number> {
  if (got === undefined || wanted === undefined) return Infinity;
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [await got.data<'float32'>(), await wanted.data<'float32'>()];
  const rms = Math.sqrt(b.reduce((sum, value) => sum + value * value, 0) / b.length) || 1;
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? NaN))), 0) / rms;
}

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;

/** What tfjs's own ops say each op should be. */
const CASES: { name: string; ours: Function; stock: Function; shapes: number[][] }[] = [
  {
    name: 'gram',
    ours: (f) => ops.gram(f),
    stock: (f) => tf.div(tf.matMul(tf.reshape(f, [35, 12]), tf.reshape(f, [35, 12]), true), 35),
    shapes: [[5, 7, 12]],
  },
  {
    name: 'gramLoss',
    ours: (f, t) => ops.gramLoss(f, t, 2.5),
    stock: (f, t) => tf.mul(2.5, tf.mean(tf.square(tf.sub(tf.div(tf.matMul(f, f, true), 33), t)))),
    shapes: [
      [33, 7],
      [7, 7],
    ],
  },
  {
    name: 'totalVariation',
    ours: (x) => ops.totalVariation(x),
    stock: (x) => {
      const image = x as tf.Tensor3D;
      const vertical = tf.sub(tf.slice(image, [1, 0, 0]), tf.slice(image, [0, 0, 0], [8, 11, 3]));
      const horizontal = tf.sub(tf.slice(image, [0, 1, 0]), tf.slice(image, [0, 0, 0], [9, 10, 3]));
      return tf.add(tf.mean(tf.square(vertical)), tf.mean(tf.square(horizontal)));
    },
    shapes: [[9, 11, 3]],
  },
  {
    name: 'conv3x3BiasRelu',
    ours: (x, w, b) => ops.conv3x3BiasRelu(x, w, b),
    stock: (x, w, b) => tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b)),
    shapes: [[1, 6, 9, 5], [3, 3, 5, 8], [8]],
  },
  {
    name: 'conv3x3BiasRelu without ReLU',
    ours: (x, w, b) => ops.conv3x3BiasRelu(x, w, b, { relu: false }),
    stock: (x, w, b) => tf.add(tf.conv2d(x as tf.Tensor3D, w as tf.Tensor4D, 1, 'same'), b),
    shapes: [[6, 9, 5], [3, 3, 5, 8], [8]],
  },
  { name: 'maxPool2x2', ours: (x) => ops.maxPool2x2(x), stock: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), shapes: [[1, 7, 10, 4]] },
  { name: 'averagePool2x2', ours: (x) => ops.averagePool2x2(x), stock: (x) => tf.avgPool(x as tf.Tensor3D, 2, 2, 'valid'), shapes: [[6, 9, 3]] },
  {
    name: 'preprocess',
    ours: (x) => ops.preprocess(x, 'caffe'),
    stock: (x) => tf.sub(tf.mul(tf.reverse(x, 2), 255), [103.939, 116.779, 123.68]),
    shapes: [[4, 5, 3]],
  },
];

describe(`ops of tfjs (seed ${String(seed)})`, () => {
  it.each(CASES)('$name equals tfjs’s own ops, in value and in every gradient', async ({ ours, stock, shapes }) => {
    const inputs = shapes.map((shape) => uniform(shape));
    const [value, wanted] = [ours(...inputs), stock(...inputs)];
    expect(await difference(value, wanted)).toBeLessThan(2e-5);
    const dy = uniform(wanted.shape);
    const gradients = tf.grads(ours)(inputs, dy);
    const wantedGradients = tf.grads(stock)(inputs, dy);
    for (const [index, gradient] of gradients.entries())
      expect(await difference(gradient, wantedGradients[index]), `input ${String(index)}`).toBeLessThan(2e-5);
    tf.dispose([inputs, value, wanted, dy, gradients, wantedGradients]);
  });

  it('mix with stock ops under variableGrads and an optimiser, and go the way that stock ops alone go', async () => {
    const start = uniform([6, 6, 3], 0, 1);
    const target = tf.tidy(() => ops.gram(uniform([6, 6, 3], 0, 1)));
    const mixed = (x: tf.Tensor): tf.Scalar => tf.add(ops.gramLoss(tf.sigmoid(x), target), tf.mul(ops.totalVariation(x), 1e-3));
    const stock = (x: tf.Tensor): tf.Scalar => {
      const features = tf.reshape(tf.sigmoid(x), [36, 3]);
      const gram = tf.div(tf.matMul(features, features, true, false), 36);
      const across = tf.mean(tf.square(tf.sub(tf.slice(x, [0, 1, 0], [6, 5, 3]), tf.slice(x, [0, 0, 0], [6, 5, 3]))));
      const down = tf.mean(tf.square(tf.sub(tf.slice(x, [1, 0, 0], [5, 6, 3]), tf.slice(x, [0, 0, 0], [5, 6, 3]))));
      return tf.add(tf.mean(tf.square(tf.sub(gram, target))), tf.mul(tf.add(across, down), 1e-3));
    };
    const optimise = async (loss: (x: tf.Tensor) => tf.Scalar): Promise<{ losses: number[]; result: Float32Array }> => {
      const x = tf.variable(start);
      const optimiser = tf.train.adam(0.05);
      const { grads } = tf.variableGrads(() => loss(x), [x]);
      expect(Object.keys(grads)).toEqual([x.name]);
      tf.dispose(grads);
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        const cost = optimiser.minimize(() => loss(x), true, [x]);
        losses.push((await cost?.data())?.[0] ?? NaN);
        cost?.dispose();
      }
      const result = (await x.data()) as Float32Array;
      optimiser.dispose();
      x.dispose();
      return { losses, result };
    };
    const ours = await optimise(mixed);
    const theirs = await optimise(stock);
    ours.losses.forEach((loss, step) => {
      const wanted = theirs.losses[step] ?? NaN;
      expect(Math.abs(loss - wanted), `loss of step ${String(step)}: got ${String(loss)}, wanted ${String(wanted)}`).toBeLessThanOrEqual(1e-3 * wanted);
    });
    ours.result.forEach((value, i) => {
      expect(Math.abs(value - (theirs.result[i] ?? NaN))).toBeLessThanOrEqual(2e-3);
    });
    expect(ours.losses.at(-1)).toBeLessThan(ours.losses[0] ?? NaN);
    tf.dispose([start, target]);
  });

  it('show up in tf.profile by name', async () => {
    const x = uniform([8, 8, 4]);
    const { kernels } = await tf.profile(() => tf.square(ops.gram(tf.add(x, 1))));
    expect(kernels.map(({ name }) => name)).toEqual(['Add', 'Gramarye/gram', 'Square']);
    x.dispose();
  });

  it('refuse wrong shapes and dtypes by name', () => {
    const map = uniform([6, 6, 4]);
    expect(() => ops.gramLoss(map, tf.zeros([3, 3]))).toThrow(/gramLoss wants target as float32 \[4, 4\]; it was given float32 \[3, 3\]/);
    expect(() => ops.gram(tf.cast(map, 'int32'))).toThrow(/wants features as float32/);
    expect(() => ops.maxPool2x2(tf.zeros([2, 6, 6, 4]))).toThrow(/it was given \[2, 6, 6, 4\]/);
    expect(() => ops.preprocess(map, 'caffe')).toThrow(/wants 3 channels/);
  });
});

/** One round between stock ops, on fresh values; the largest relative error of the result. */
async function interleavedRound(gram: (features: tf.Tensor) => tf.Tensor): Promise<number> {
  const values = Float32Array.from(drawValues(24 * 8, () => random.nextUniform()));
  const result = tf.tidy(() => tf.mul(gram(tf.add(tf.mul(tf.tensor(values, [24, 8]), 3), 1)), 2));
  const got = await result.data();
  result.dispose();
  const wanted = gramReference(
    { positions: 24, channels: 8 },
    Float64Array.from(values, (value) => 3 * value + 1),
  );
  return wanted.reduce((worst, value, i) => Math.max(worst, Math.abs((got[i] ?? NaN) - 2 * value) / (2 * value)), 0);
}

/** Bytes that tfjs's backend holds and has in its pool. */
function gpuMemory(): { numBytesInGPU: number; numBytesAllocatedInGPU: number } {
  return tf.memory() as unknown as { numBytesInGPU: number; numBytesAllocatedInGPU: number };
}

describe('order of work', () => {
  const memory = (): { tensors: number; gpuBytes: number } => ({
    tensors: tf.memory().numTensors,
    gpuBytes: gpuMemory().numBytesInGPU,
  });

  it('100 rounds between stock ops: no wrong value, no leaked tensor or buffer', async () => {
    await interleavedRound((features) => ops.gram(features));
    const before = memory();
    let allocated = 0;
    for (let round = 0; round < 100; round++) {
      expect(await interleavedRound((features) => ops.gram(features)), `round ${String(round)}`).toBeLessThan(1e-5);
      if (round === 10) allocated = tf.memory().numBytes + gpuMemory().numBytesAllocatedInGPU;
    }
    expect(memory()).toEqual(before);
    expect(tf.memory().numBytes + gpuMemory().numBytesAllocatedInGPU).toBe(allocated);
  });

  it('without the flush, values are wrong: the control', async () => {
    const unflushed = await createTfjsOps(engine, { flush: () => undefined });
    try {
      let wrong = 0;
      for (let round = 0; round < 100; round++) if (!((await interleavedRound((features) => unflushed.gram(features))) < 1e-5)) wrong++;
      expect(wrong).toBeGreaterThan(50);
    } finally {
      unflushed.destroy();
      ops = await createTfjsOps(engine);
    }
    expect(await interleavedRound((features) => ops.gram(features))).toBeLessThan(1e-5);
  });
});

describe('vggFeatures', () => {
  it('equals stock ops in every tap and in the gradient to the image, and leaks nothing', async () => {
    const net = randomVgg19({ seed, divisor: 8 }, 3);
    const before = tf.memory().numTensors;
    const extract = vggFeatures(ops, net);
    const image = uniform([9, 11, 3], 0, 1);
    const taps = ['block1_conv1', 'block2_conv1'];
    const stock = (x: tf.Tensor): tf.Tensor[] => {
      let map: tf.Tensor3D = tf.sub(tf.mul(tf.reverse(x, 2), 255), [103.939, 116.779, 123.68]);
      const found: tf.Tensor[] = [];
      for (const layer of net.layers) {
        if (layer.pooledBefore) map = tf.maxPool(map, 2, 2, 'valid');
        const filter = tf.tensor4d(layer.weights, [3, 3, layer.inChannels, layer.outChannels]);
        map = tf.relu(tf.add(tf.conv2d(map, filter, 1, 'same'), tf.tensor1d(layer.bias)));
        if (taps.includes(layer.name)) found.push(map);
      }
      return found;
    };
    const features = extract(image, taps);
    const wanted = tf.tidy(() => stock(image));
    expect(Object.keys(features)).toEqual(taps);
    for (const [index, tap] of taps.entries()) expect(await difference(features[tap], wanted[index])).toBeLessThan(1e-4);
    const square = (maps: tf.Tensor[]): tf.Scalar => tf.addN(maps.map((map) => tf.mean<tf.Scalar>(tf.square(map))));
    const gradient = tf.grad((x) => square(Object.values(extract(x, taps))))(image);
    const wantedGradient = tf.grad((x) => square(stock(x)))(image);
    expect(await difference(gradient, wantedGradient)).toBeLessThan(1e-4);
    expect(() => extract(image, ['block3_conv1'])).toThrow(/block3_conv1/);
    tf.dispose([features, wanted, gradient, wantedGradient, image]);
    extract.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
