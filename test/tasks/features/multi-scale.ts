/** Runs from coarse to fine, averaged iterates and kept colours. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { createRun } from '../../../src/tasks/create-run.js';
import { carryState } from '../../../src/tasks/multi-scale/carry-state.js';
import { scaleIndexAt, scalesOf } from '../../../src/tasks/multi-scale/scales.js';
import { resizePicture } from '../../../src/tasks/pictures/resize.js';
import { presetByName } from '../../../src/tasks/presets.js';
import type { ImageRun } from '../../../src/tasks/run-types.js';
import type { StyleTransferSettings } from '../../../src/tasks/settings.js';
import { createStyleTransfer, noisePicture } from '../../../src/tasks/style-transfer.js';
import { expectCode } from '../../support/expect-code.js';
import { imageError } from '../../support/golden.js';
import { sharedEngine } from './engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const net = randomVgg19({ seed: 3, divisor: 16 });
const SIZE = { height: 40, width: 64 };
const inputs = { net, content: resizePicture(noisePicture(10, 16, 1), SIZE), styles: [resizePicture(noisePicture(12, 12, 2), { height: 48, width: 48 })] };
const SETTINGS: StyleTransferSettings = {
  ...presetByName('default').settings,
  ...SIZE,
  steps: 6,
  scales: { coarsest: 32, factor: Math.SQRT2, steps: [2, 1] },
};

/** Runs `work` and gives the most that was allocated at once meanwhile, beyond what there was. */
async function peakBytes(work: () => Promise<unknown>): Promise<number> {
  const before = engine.allocatedBytes;
  let peak = 0;
  const create = engine.createBuffer.bind(engine);
  engine.createBuffer = (label, sizeBytes) => {
    const buffer = create(label, sizeBytes);
    peak = Math.max(peak, engine.allocatedBytes - before);
    return buffer;
  };
  try {
    await work();
  } finally {
    Reflect.deleteProperty(engine, 'createBuffer');
  }
  return peak;
}

describe('scales', () => {
  it('double the area up to the size of the result and share its steps', () => {
    const scales = scalesOf({ height: 384, width: 512, steps: 100, scales: { coarsest: 128 } });
    expect(scales.map(({ width, height }) => [width, height])).toEqual([
      [128, 96],
      [181, 136],
      [256, 192],
      [362, 272],
      [512, 384],
    ]);
    expect(scales.map(({ first, end }) => [first, end])).toEqual([
      [0, 20],
      [20, 40],
      [40, 60],
      [60, 80],
      [80, 100],
    ]);
    expect([0, 19, 20, 99, 100, 5_000].map((step) => scaleIndexAt(scales, step))).toEqual([0, 0, 1, 4, 4, 4]);
  });

  it('take the steps they are given, the last number for those that follow, and never too small a side', () => {
    const scales = scalesOf({ height: 20, width: 400, steps: 9, scales: { coarsest: 32, factor: 1.1, steps: [4, 2] } });
    expect(scales.map(({ height }) => height)).toEqual([17, 18, 20]);
    expect(scales.map(({ end }) => end)).toEqual([4, 6, 9]);
    expect(scalesOf({ height: 64, width: 64, steps: 9 })).toEqual([{ height: 64, width: 64, ratio: 1, first: 0, end: 9 }]);
  });

  it('are checked', async () => {
    for (const scales of [{ factor: 1 }, { coarsest: 8 }, { steps: [-1] }]) {
      await expectCode('bad-option', () => createRun(engine, { ...SETTINGS, scales }, inputs));
    }
  });
});

it('carries image and moments to another size: means of gradients shrink with the number of values', async () => {
  const from = { height: 16, width: 16 };
  const to = { height: 32, width: 24 };
  const fill = (value: number): Float32Array<ArrayBuffer> => new Float32Array(16 * 16 * 3).fill(value);
  const carried = await carryState({ step: 5, ...from, image: fill(0.5), state: { firstMoment: fill(-3), secondMoment: fill(9) }, trace: [] }, to, true);
  const ratio = (16 * 16) / (32 * 24);
  expect(carried).toMatchObject({ ...to, step: 5 });
  expect(imageError(carried.image, new Float64Array(32 * 24 * 3).fill(0.5)).rms).toBeLessThan(1e-6);
  expect(imageError(carried.state.firstMoment ?? [], new Float64Array(32 * 24 * 3).fill(-3 * ratio)).rms).toBeLessThan(1e-5);
  expect(imageError(carried.state.secondMoment ?? [], new Float64Array(32 * 24 * 3).fill(9 * ratio * ratio)).rms).toBeLessThan(1e-5);
  // L-BFGS starts afresh.
  const lbfgs = { trial: fill(1), baseGradient: fill(1), state: new Float32Array(8) };
  expect((await carryState({ step: 5, ...from, image: fill(0.5), state: lbfgs, trace: [] }, to, true)).state).toEqual({});
});

it('goes through the sizes within the memory of the largest, keeps one trace, and a restored state goes on bit by bit', async () => {
  const before = engine.allocatedBytes;
  const { scales, ...single } = SETTINGS;
  expect(scales).toBeDefined();
  const plain = await peakBytes(async () => {
    const run = await createStyleTransfer(engine, single, inputs);
    await run.run({ steps: 1 });
    run.destroy();
  });
  const sizes: string[] = [];
  let run: ImageRun | undefined;
  const peak = await peakBytes(async () => {
    run = await createRun(engine, SETTINGS, inputs);
    await run.run({
      onProgress: ({ done, total }) => {
        sizes.push(`${String(run?.imageSize.width)}:${String(done)}/${String(total)}`);
      },
    });
  });
  if (run === undefined) throw new Error('no run');
  const [multi, other] = [run, await createRun(engine, SETTINGS, inputs)];
  try {
    expect(peak).toBeLessThanOrEqual(plain);
    expect(multi.memory.totalBytes).toBeLessThanOrEqual(plain);
    expect(new Set(sizes.map((text) => text.split(':')[0]))).toEqual(new Set(['32', '45', '64']));
    expect(sizes.at(-1)).toBe('64:6/6');
    expect(multi.trace.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    const wanted = await multi.image();
    expect([wanted.height, wanted.width]).toEqual([40, 64]);
    // A state of another size waits, is shown and is taken up.
    await other.run({ steps: 3 });
    const state = await other.snapshot();
    expect([state.height, state.width, state.optimiserStart]).toEqual([28, 45, 2]);
    await other.run();
    expect((await other.image()).data).toEqual(wanted.data);
    multi.restore(state);
    expect([multi.steps, multi.imageSize.width, multi.trace.length]).toEqual([3, 45, 3]);
    expect(await engine.readFloats(multi.imageBuffer)).toEqual(state.image);
    await multi.run();
    expect((await multi.image()).data).toEqual(wanted.data);
    multi.reset();
    await multi.run({ steps: 2 });
    expect(multi.trace.map(({ total }) => total)).toEqual(other.trace.slice(0, 2).map(({ total }) => total));
    await expectCode('bad-picture', () => {
      multi.restore({ ...state, height: 30, width: 30 });
    });
  } finally {
    multi.destroy();
    other.destroy();
  }
  await engine.idle();
  expect(engine.allocatedBytes).toBe(before);
});

it('shows the bias-corrected average of its iterates, with the colours of the content where asked', async () => {
  const decay = 0.6;
  const { scales, ...single } = SETTINGS;
  expect(scales).toBeDefined();
  const [plain, averaged] = [
    await createRun(engine, single, inputs),
    await createRun(engine, { ...single, averageDecay: decay, colours: 'luminance' }, inputs),
  ];
  try {
    // Before the first step: the start itself.
    expect(imageError((await averaged.image()).data, inputs.content.data).rms).toBeLessThan(1e-6);
    const count = inputs.content.data.length;
    const sum = new Float64Array(count);
    for (let step = 0; step < 4; step++) {
      await plain.step();
      const { image } = await plain.snapshot();
      for (let i = 0; i < count; i++) sum[i] = decay * (sum[i] ?? 0) + (1 - decay) * (image[i] ?? 0);
    }
    await averaged.run({ steps: 4 });
    const mean = sum.map((value) => value / (1 - decay ** 4));
    const luminance = (values: ArrayLike<number>, i: number): number => 0.299 * (values[i] ?? 0) + 0.587 * (values[i + 1] ?? 0) + 0.114 * (values[i + 2] ?? 0);
    const wanted = mean.map((_, index) => {
      const pixel = index - (index % 3);
      const value = (inputs.content.data[index] ?? 0) + luminance(mean, pixel) - luminance(inputs.content.data, pixel);
      return Math.min(1, Math.max(0, value));
    });
    const shown = await averaged.image();
    expect(imageError(shown.data, wanted).rms).toBeLessThan(1e-5);
    expect(imageError(shown.data, mean).rms).toBeGreaterThan(1e-3);
    // States keep the raw iterate; what is drawn is what is handed out.
    const state = await averaged.snapshot();
    expect(state.image).toEqual((await plain.snapshot()).image);
    expect(await engine.readFloats(averaged.imageBuffer)).toEqual(shown.data);
    averaged.reset();
    averaged.restore(state);
    expect((await averaged.image()).data).toEqual(shown.data);
  } finally {
    plain.destroy();
    averaged.destroy();
  }
});
