/** Style terms beyond the plain Gram matrix: loss and gradient against float64, gradients by differences of the loss itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { checkGradient } from '../../../src/bench/step/check-gradient.js';
import type { Engine } from '../../../src/engine/engine.js';
import { ProgramBuilder } from '../../../src/engine/program.js';
import { Philox } from '../../../src/engine/random.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { createRun } from '../../../src/tasks/create-run.js';
import { guideFactors } from '../../../src/tasks/masks.js';
import type { Picture } from '../../../src/tasks/picture.js';
import { resizePicture } from '../../../src/tasks/pictures/resize.js';
import { presetByName } from '../../../src/tasks/presets.js';
import { recordStyleTerm } from '../../../src/tasks/style-terms.js';
import { noisePicture } from '../../../src/tasks/style-transfer.js';
import { expectCode } from '../../support/expect-code.js';
import { relativeL2 } from '../../support/golden.js';
import { sharedEngine } from './engine.js';
import { symmetricRoot } from '../../support/symmetric-eigen.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const seed = Date.now() % 2 ** 31;
const random = new Philox(seed);
const draw = (length: number, low: number, high: number): Float64Array =>
  Float64Array.from({ length }, () => Math.fround(low + (high - low) * random.nextUniform()));
const POSITIONS = 60;
const CHANNELS = 8;

type Loss = (features: Float64Array) => number;

/** Gradient by central differences at every element. */
function differences(loss: Loss, features: Float64Array): Float64Array {
  const step = 1e-5;
  return features.map((value, i) => {
    const moved = (by: number): number => loss(features.map((old, j) => (j === i ? value + by : old)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

/** The same term on the GPU: its loss, and its gradient on top of another. */
async function onGpu(
  kind: 'gram' | 'wasserstein',
  features: Float64Array,
  values: {
    target: ArrayLike<number>;
    guide?: { loss: ArrayLike<number>; gradient: ArrayLike<number> };
    mean?: ArrayLike<number>;
    trace?: number;
    ridge?: number;
  },
): Promise<{ loss: number; gradient: Float64Array }> {
  const builder = new ProgramBuilder(engine);
  const tensor = (name: string, shape: number[]): ReturnType<typeof builder.persistent> => builder.persistent(name, shape, { category: 'image' });
  const [map, target, loss, gradient] = [
    tensor('features', [POSITIONS, CHANNELS]),
    tensor('target', [CHANNELS, CHANNELS]),
    tensor('loss', [1]),
    tensor('gradient', [POSITIONS, CHANNELS]),
  ];
  const term = { id: 'tap', layer: 'tap', weight: 1, region: values.guide === undefined ? undefined : 0 };
  const recorded = recordStyleTerm(builder, term, kind, { features: map, positions: POSITIONS, channels: CHANNELS, target, loss });
  recorded.addGradient(map, gradient);
  const program = await builder.build();
  const before = draw(features.length, -1e-3, 1e-3);
  const write = (handle: typeof map | undefined, data: ArrayLike<number> | undefined): void => {
    if (handle !== undefined && data !== undefined) engine.write(program.bufferOf(handle), Float32Array.from(data));
  };
  for (const buffer of program.ownedStorage) engine.write(buffer, new Float32Array(buffer.size / 4).fill(NaN));
  write(map, features);
  write(target, values.target);
  write(gradient, before);
  write(recorded.normaliser, [0.75]);
  write(recorded.weight, [1.5]);
  write(recorded.guide?.loss, values.guide?.loss);
  write(recorded.guide?.gradient, values.guide?.gradient);
  write(recorded.moments?.mean, values.mean);
  write(recorded.moments?.trace, [values.trace ?? NaN]);
  write(recorded.moments?.ridge, [values.ridge ?? NaN]);
  program.prepare();
  program.run();
  const [value = NaN] = await engine.readFloats(program.bufferOf(loss), 1);
  const got = Float64Array.from(await engine.readFloats(program.bufferOf(gradient), features.length), (sum, i) => sum - (before[i] ?? 0));
  program.destroy();
  return { loss: value / 0.75, gradient: got.map((slope) => slope / 1.5) };
}

const at = (matrix: ArrayLike<number>, row: number, column: number, columns = CHANNELS): number => matrix[row * columns + column] ?? 0;
const square = (f: (row: number, column: number) => number): Float64Array =>
  Float64Array.from({ length: CHANNELS * CHANNELS }, (_, i) => f(Math.floor(i / CHANNELS), i % CHANNELS));
const sumOver = (count: number, f: (index: number) => number): number =>
  Array.from({ length: count }, (_, index) => f(index)).reduce((sum, value) => sum + value, 0);

describe(`one term (seed ${String(seed)})`, () => {
  it('guided by a soft mask: the Gram matrix of the weighted positions', async () => {
    const features = draw(POSITIONS * CHANNELS, -1, 1);
    const weights = draw(POSITIONS, 0, 1).map((value, i) => (i % 4 === 0 ? 0 : value));
    const target = square((i, j) => Math.cos(i + j));
    const total = weights.reduce((sum, value) => sum + value, 0);
    const loss: Loss = (f) => {
      const gram = square((i, j) => sumOver(POSITIONS, (p) => (weights[p] ?? 0) * at(f, p, i) * at(f, p, j)) / total);
      return gram.reduce((sum, value, i) => sum + (value - (target[i] ?? 0)) ** 2, 0) / gram.length;
    };
    const squared = weights.map((value) => (value * POSITIONS) / total);
    const got = await onGpu('gram', features, { target, guide: { loss: squared.map(Math.sqrt), gradient: squared } });
    expect(got.loss / loss(features)).toBeCloseTo(1, 5);
    expect(relativeL2(got.gradient, differences(loss, features))).toBeLessThan(1e-4);
    // Where the mask is black nothing is pulled.
    expect(sumOver(CHANNELS, (c) => Math.abs(got.gradient[c] ?? NaN))).toBeLessThan(1e-6);
  });

  it.each([
    ['of mean and covariance', false],
    ['of mean and covariance under a soft mask', true],
  ])('by the Wasserstein distance %s', async (_, isMasked) => {
    const features = draw(POSITIONS * CHANNELS, -0.5, 1.5);
    const weights = draw(POSITIONS, 0, 1).map((value, i) => (isMasked ? (i % 4 === 0 ? 0 : value) : 1));
    const all = weights.reduce((sum, value) => sum + value, 0);
    const share = (p: number): number => (weights[p] ?? 0) / all;
    const [ridge, meanTarget, factor] = [0.05, draw(CHANNELS, -0.5, 0.5), draw(CHANNELS * CHANNELS, -0.5, 0.5)];
    const covarianceTarget = square((i, j) => sumOver(CHANNELS, (k) => at(factor, i, k) * at(factor, j, k)) + (i === j ? ridge : 0));
    const root = symmetricRoot(covarianceTarget, CHANNELS);
    const trace = (matrix: ArrayLike<number>): number => sumOver(CHANNELS, (i) => at(matrix, i, i));
    const multiply = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array => square((i, j) => sumOver(CHANNELS, (k) => at(a, i, k) * at(b, k, j)));
    const loss: Loss = (f) => {
      const mean = Float64Array.from({ length: CHANNELS }, (_, c) => sumOver(POSITIONS, (p) => share(p) * at(f, p, c)));
      const covariance = square(
        (i, j) => sumOver(POSITIONS, (p) => share(p) * (at(f, p, i) - (mean[i] ?? 0)) * (at(f, p, j) - (mean[j] ?? 0))) + (i === j ? ridge : 0),
      );
      const offset = mean.reduce((sum, value, i) => sum + (value - (meanTarget[i] ?? 0)) ** 2, 0);
      const between = trace(symmetricRoot(multiply(multiply(root, covariance), root), CHANNELS));
      return (offset + trace(covariance) + trace(covarianceTarget) - 2 * between) / CHANNELS;
    };
    const squared = weights.map((value) => (value * POSITIONS) / all);
    const guide = isMasked ? { guide: { loss: squared.map(Math.sqrt), gradient: squared } } : {};
    const got = await onGpu('wasserstein', features, { target: root, mean: meanTarget, trace: trace(covarianceTarget), ridge, ...guide });
    expect(got.loss / loss(features)).toBeCloseTo(1, 4);
    expect(relativeL2(got.gradient, differences(loss, features))).toBeLessThan(1e-3);
    // Where the mask is black nothing is pulled.
    if (isMasked) expect(sumOver(CHANNELS, (c) => Math.abs(got.gradient[c] ?? NaN))).toBeLessThan(1e-6);
  });
});

/** A mask that is white on one side and grey in between. */
function half(side: number, left: boolean): Picture {
  return {
    height: side,
    width: side,
    data: Float32Array.from({ length: side * side * 3 }, (_, i) => {
      const x = (Math.floor(i / 3) % side) / (side - 1);
      const white = Math.min(1, Math.max(0, (x - 0.4) / 0.2));
      return left ? 1 - white : white;
    }),
  };
}

it('a mask at a tap is its mean over what the position covers, and black ones are refused', async () => {
  const layers = [
    { name: 'a', pooledBefore: false },
    { name: 'b', pooledBefore: true },
  ];
  const { loss, gradient, area } = guideFactors(half(32, true), layers, 'b', { height: 32, width: 32 });
  expect(loss.length).toBe(256);
  expect(area).toBeCloseTo(0.5, 3);
  expect(gradient.reduce((sum, value) => sum + value, 0) / 256).toBeCloseTo(1, 5);
  expect([gradient[0], gradient[15]]).toEqual([expect.closeTo(2, 2), 0]);
  expect(loss[0]).toBeCloseTo(Math.SQRT2, 2);
  const black = { height: 16, width: 16, data: new Float32Array(768) };
  const settings = { ...presetByName('default').settings, height: 32, width: 32 };
  const inputs = { net, content: noisePicture(32, 32, 1), styles: [noisePicture(32, 32, 2)] };
  await expectCode('bad-option', () => createRun(engine, settings, { ...inputs, masks: [black] }), 'black everywhere');
  await expectCode('bad-option', () => createRun(engine, settings, { ...inputs, masks: [half(16, true), half(16, false)] }), '2 masks for 1');
  await expectCode('bad-option', () => createRun(engine, { ...settings, statistic: 'wasserstein', precision: 'f16' }, inputs), 'f32 only');
});

const net = randomVgg19({ seed: 3, divisor: 16 });

describe('whole runs', () => {
  const settings = {
    ...presetByName('default').settings,
    height: 48,
    width: 48,
    steps: 4,
    contentWeight: 0,
    contentLayers: [],
    tvWeight: 0,
    init: 'noise' as const,
  };
  const inputs = {
    net,
    content: noisePicture(48, 48, 1),
    styles: [resizePicture(noisePicture(12, 12, 2), { height: 48, width: 48 }), noisePicture(40, 40, 3)],
  };

  it.each([
    ['masks', {}, { masks: [half(20, true), half(20, false)] }],
    ['the Wasserstein distance', { statistic: 'wasserstein' as const }, {}],
    ['the Wasserstein distance and masks', { statistic: 'wasserstein' as const }, { masks: [half(20, true), half(20, false)] }],
  ])('with %s: the loss falls along its gradient', async (_, changes, more) => {
    const run = await createRun(engine, { ...settings, ...changes }, { ...inputs, ...more });
    try {
      expect((await checkGradient(run)).problems).toEqual([]);
      const before = (await run.evaluate()).total;
      await run.run();
      expect((await run.evaluate()).total).toBeLessThan(before * 0.9);
    } finally {
      run.destroy();
    }
  });

  it('with masks in half precision: near f32, and the loss falls', async () => {
    const seen: { total: number; gradient: Float32Array }[] = [];
    for (const precision of ['f32', 'f16'] as const) {
      const run = await createRun(engine, { ...settings, precision }, { ...inputs, masks: [half(20, true), half(20, false)] });
      const before = await run.evaluate();
      seen.push({ total: before.total, gradient: await run.gradient() });
      expect(before.half?.nonFinite ?? 0).toBe(0);
      await run.run();
      expect((await run.evaluate()).total).toBeLessThan(before.total * 0.9);
      run.destroy();
    }
    const [full, short] = seen;
    expect((short?.total ?? NaN) / (full?.total ?? NaN)).toBeCloseTo(1, 2);
    expect(relativeL2(short?.gradient ?? [], full?.gradient ?? [])).toBeLessThan(5e-2);
  });

  it('white masks of one style are no masks, and a style scale is another size of the style', async () => {
    const white = { height: 16, width: 16, data: new Float32Array(768).fill(1) };
    const one = { ...inputs, styles: inputs.styles.slice(0, 1) };
    const totals: number[] = [];
    for (const [changes, more] of [
      [{}, {}],
      [{}, { masks: [white] }],
      [{ styleScales: [0.5] }, {}],
    ] as const) {
      const run = await createRun(engine, { ...settings, ...changes }, { ...one, ...more });
      totals.push((await run.evaluate()).total);
      run.destroy();
    }
    const [plain = NaN, masked = NaN, scaled = NaN] = totals;
    expect(masked / plain).toBeCloseTo(1, 5);
    expect(Math.abs(scaled / plain - 1)).toBeGreaterThan(1e-3);
  });
});
