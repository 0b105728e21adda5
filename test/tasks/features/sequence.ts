/** Sequences of frames: the temporal term against float64, and frames that are held, killed and gone on with. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { temporalLoss } from '../../../src/kernels/index.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { createRun } from '../../../src/tasks/create-run.js';
import type { Picture } from '../../../src/tasks/picture.js';
import type { Dimensions } from '../../../src/tasks/pictures/picture-size.js';
import { resizePicture, resizePictureGently } from '../../../src/tasks/pictures/resize.js';
import { presetByName } from '../../../src/tasks/presets.js';
import { resizePrevious } from '../../../src/tasks/sequence/resize-previous.js';
import { stylizeSequence, type Frame, type FrameResults, type SequenceOptions } from '../../../src/tasks/sequence/sequence.js';
import { CHANGE_SCALE, REACH_PX, steadinessOf } from '../../../src/tasks/sequence/steadiness.js';
import type { StyleTransferSettings } from '../../../src/tasks/settings.js';
import { noisePicture } from '../../../src/tasks/style-transfer.js';
import { expectCode } from '../../support/expect-code.js';
import { relativeL2 } from '../../support/golden.js';
import { sharedEngine } from './engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const net = randomVgg19({ seed: 3, divisor: 16 });
const SIZE = { height: 40, width: 64 };
const smooth = (seed: number): Picture => resizePicture(noisePicture(10, 16, seed), SIZE);
const styles = [resizePicture(noisePicture(12, 12, 2), { height: 48, width: 48 })];
const SETTINGS: StyleTransferSettings = { ...presetByName('default').settings, ...SIZE, steps: 3 };

/** A scene that stands still but for a block that goes to the right. */
function scene(index: number): Picture {
  const picture = smooth(1);
  const data = picture.data.slice();
  for (let y = 10; y < 20; y++) for (let x = 8 * index; x < 8 * index + 8; x++) data.fill(1, 3 * (y * SIZE.width + x), 3 * (y * SIZE.width + x) + 3);
  return { ...picture, data };
}

describe('the temporal term', () => {
  it.each([
    ['with Adam', {}],
    ['at the first size of a run from coarse to fine, with L-BFGS', { optimizer: 'lbfgs', scales: { coarsest: 32, factor: 2 } }],
  ] as const)('%s has the value and the gradient of its formula, on top of the other losses', async (_, more) => {
    const [content, before, init] = [scene(1), scene(0), smooth(7)];
    const previous = { result: smooth(9), content: before };
    const weight = 37.5;
    const evaluated = async (temporalWeight: number): Promise<{ total: number; gradient: Float32Array; image: Float32Array; size: Dimensions }> => {
      const run = await createRun(engine, { ...SETTINGS, ...more, init: 'picture', temporalWeight }, { net, content, styles, init, previous });
      try {
        const [{ total }, gradient, { image }] = [await run.evaluate(), await run.gradient(), await run.snapshot()];
        return { total, gradient, image, size: run.imageSize };
      } finally {
        run.destroy();
      }
    };
    const [plain, held] = [await evaluated(0), await evaluated(weight)];
    const { image, size } = held;
    const here = await resizePrevious(previous, size);
    const count = image.length;
    const steadiness = steadinessOf(here.result, await resizePictureGently(content, size), here.content);
    // By hand, not by the kernel's own reference, which is compared as well.
    let loss = 0;
    const slope = Float64Array.from(image, (value, i) => {
      const difference = value - (here.result.data[i] ?? NaN);
      loss += ((steadiness[i] ?? NaN) * difference * difference) / count;
      return (weight * 2 * (steadiness[i] ?? NaN) * difference) / count;
    });
    const values = { image, previous: here.result.data, steadiness, weight: [weight], gradient: new Float64Array(count) };
    const reference = temporalLoss.reference(
      { count, total: count },
      Object.fromEntries(Object.entries(values).map(([name, data]) => [name, Float64Array.from(data)])),
    );
    expect(reference.loss?.[0]).toBeCloseTo(loss, 12);
    expect(relativeL2(reference.gradient ?? [], slope)).toBeLessThan(1e-12);
    expect((held.total - plain.total) / (weight * loss)).toBeCloseTo(1, 4);
    const added = held.gradient.map((value, i) => value - (plain.gradient[i] ?? NaN));
    expect(relativeL2(added, slope)).toBeLessThan(1e-4);
  });

  it('holds what stands still and lets go of what moved, some pixels around it as well', () => {
    const steadiness = steadinessOf(scene(1), scene(1), scene(0));
    const at = (y: number, x: number): number => steadiness[3 * (y * SIZE.width + x)] ?? NaN;
    expect([at(5, 30), at(30, 3), at(39, 63)]).toEqual([1, 1, 1]);
    expect(Math.max(at(15, 4), at(15, 12), at(10 - REACH_PX, 12))).toBeLessThan(0.01);
    expect(at(10 - REACH_PX - 1, 12)).toBe(1);
    const grey = (value: number): Picture => ({ ...SIZE, data: new Float32Array(SIZE.height * SIZE.width * 3).fill(value) });
    expect(steadinessOf(grey(0), grey(0.5), grey(0.5 + CHANGE_SCALE))[0]).toBeCloseTo(Math.exp(-1), 4);
    expect(new Set(steadinessOf(grey(0), grey(1), undefined))).toEqual(new Set([1]));
  });

  it('is refused without a frame before, at another size and with a weight below 0', async () => {
    const inputs = { net, content: scene(0), styles };
    await expectCode('bad-option', () => createRun(engine, { ...SETTINGS, temporalWeight: 1 }, inputs), /no result of a frame before/);
    await expectCode('bad-option', () => createRun(engine, { ...SETTINGS, temporalWeight: -1 }, inputs), /temporal weight is -1/);
    const previous = { result: noisePicture(32, 32, 1) };
    await expectCode('bad-picture', () => createRun(engine, { ...SETTINGS, temporalWeight: 1 }, { ...inputs, previous }), /frame before is 32 × 32 px/);
  });
});

const frames = [0, 1, 2].map((index): Frame => ({ name: `frame-${String(index)}.png`, read: () => Promise.resolve(scene(index)) }));

/** So strong that two steps of Adam, the first of which knows nothing of it, come back. */
const HOLD = 20_000;

/** Results in memory, rounded to 8 bits as files are. */
class MemoryResults implements FrameResults {
  readonly kept = new Map<number, Picture>();
  load(index: number): Promise<Picture | undefined> {
    return Promise.resolve(this.kept.get(index));
  }
  save(index: number, { data, ...size }: Picture): Promise<Picture> {
    const result = { ...size, data: data.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255) / 255) };
    this.kept.set(index, result);
    return Promise.resolve(result);
  }
}

const sequence = async (temporalWeight: number, results = new MemoryResults(), options: SequenceOptions = {}): Promise<MemoryResults> => {
  await stylizeSequence(engine, { ...SETTINGS, temporalWeight }, { net, styles }, frames, results, { frameSteps: 2, ...options });
  return results;
};

describe('a sequence', () => {
  it('goes on at the frame it was in, to the same results, and the temporal weight makes still places stand stiller', async () => {
    const steps: string[] = [];
    const whole = await sequence(HOLD, new MemoryResults(), {
      onFrame: ({ index, isKept, losses }) => steps.push(`${String(index)} ${String(isKept)} ${String(losses?.step)}`),
    });
    expect(steps).toEqual(['0 false 3', '1 false 2', '2 false 2']);
    const results = new MemoryResults();
    const controller = new AbortController();
    // Cancelled in the middle of the second frame.
    const stopped = sequence(HOLD, results, {
      signal: controller.signal,
      onProgress: ({ frame, stage, done }) => {
        if (frame === 1 && stage === 'steps' && done === 1) controller.abort();
      },
    });
    await expectCode('aborted', () => stopped);
    expect([...results.kept.keys()]).toEqual([0]);
    const kept: boolean[] = [];
    await sequence(HOLD, results, { onFrame: ({ isKept }) => kept.push(isKept) });
    expect(kept).toEqual([true, false, false]);
    expect(results.kept).toEqual(whole.kept);

    const free = await sequence(0);
    const still = steadinessOf(scene(0), scene(2), scene(1));
    const flicker = ({ kept: all }: MemoryResults): number => {
      const [before, after] = [all.get(1)?.data ?? new Float32Array(), all.get(2)?.data ?? new Float32Array()];
      return Math.sqrt(after.reduce((sum, value, i) => sum + (still[i] ?? 0) * (value - (before[i] ?? NaN)) ** 2, 0));
    };
    expect(flicker(whole)).toBeLessThan(0.7 * flicker(free));
    await engine.idle();
  });

  it('names a frame of another size', async () => {
    const odd: Frame = { name: 'odd.png', read: () => Promise.resolve(noisePicture(32, 32, 1)) };
    await expectCode('bad-picture', () => stylizeSequence(engine, SETTINGS, { net, styles }, [odd], new MemoryResults()), /Frame odd\.png is 32 × 32 px/);
  });
});
