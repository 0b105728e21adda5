/** Exact tiling: geometry, equality with the whole picture, memory, choice, and what a run in tiles promises. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traitsOf } from '../../src/engine/device.js';
import { Engine } from '../../src/engine/engine.js';
import { GramaryeError } from '../../src/engine/errors.js';
import { layersUpTo, VGG19_WIDTHS } from '../../src/models/vgg19.js';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import { presetByName } from '../../src/tasks/presets.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { createStyleTransfer, noisePicture, type CreateOptions, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { planRun, workingBytes } from '../../src/tasks/tiling/choose-tiles.js';
import { TILE_WORKING_BYTES } from '../../src/tasks/tiling/tile-sides.js';
import { overlap, planTiles, receptiveHalo, tileMetrics } from '../../src/tasks/tiling/windows.js';
import type { StepNet } from '../../src/tasks/vgg-net.js';
import { expectCode } from '../support/expect-code.js';
import { relativeL2 } from '../support/golden.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

/** VGG19's shape without weights. */
function fullNet(): StepNet {
  let inChannels = 3;
  const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index) => {
    const outChannels = VGG19_WIDTHS[index] ?? 0;
    const layer = { name, pooledBefore, inChannels, outChannels };
    inChannels = outChannels;
    return layer;
  });
  return { layers, preprocess: 'caffe' };
}

describe('windows', () => {
  it('cover the picture once with what they own, lie inside it, and reach a halo further wherever the picture does', () => {
    const layers = layersUpTo(['block3_conv1']);
    const { stride, halo, least } = tileMetrics(layers);
    expect([stride, halo, least]).toEqual([4, 12, 28]);
    for (const [height, width, side] of [
      [28, 28, 28],
      [83, 70, 32],
      [64, 129, 28],
      [100, 31, 40],
      [29, 97, 64],
    ] as const) {
      const plan = planTiles({ height, width }, layers, side);
      const counts = new Uint8Array(height * width);
      for (const { window, owned, shape } of plan.tiles) {
        expect(plan.shapes[shape]).toEqual({ height: window.rows, width: window.columns });
        expect([window.top % stride, window.left % stride, owned.top % stride, owned.left % stride]).toEqual([0, 0, 0, 0]);
        for (const [first, length, ownedFirst, ownedLength, whole] of [
          [window.top, window.rows, owned.top, owned.rows, height],
          [window.left, window.columns, owned.left, owned.columns, width],
        ] as const) {
          expect(first + length).toBeLessThanOrEqual(whole);
          if (first > 0) expect(ownedFirst).toBeGreaterThanOrEqual(halo);
          if (first + length < whole) expect(length - ownedFirst - ownedLength).toBeGreaterThanOrEqual(halo);
        }
        for (let y = 0; y < owned.rows; y++) {
          for (let x = 0; x < owned.columns; x++) {
            const at = (window.top + owned.top + y) * width + window.left + owned.left + x;
            counts[at] = (counts[at] ?? 0) + 1;
          }
        }
      }
      expect(counts.every((count) => count === 1)).toBe(true);
      expect(plan.shapes.length).toBeLessThanOrEqual(4);
    }
  });

  it('know the receptive field of the taps and refuse sizes that do not fit', () => {
    expect([receptiveHalo(layersUpTo(['block5_conv1'])), receptiveHalo(layersUpTo(['block5_conv2']))]).toEqual([70, 86]);
    const size = { height: 600, width: 600 };
    for (const side of [192, 500]) {
      expect(() => planTiles(size, layersUpTo(['block5_conv2']), side)).toThrow(/multiple of 16/);
    }
  });
});

const net = randomVgg19({ seed: seed % 1_000, divisor: 16 }, 5);
const [HEIGHT, WIDTH] = [83, 70];

function settingsFor(changes: Partial<StyleTransferSettings> = {}): StyleTransferSettings {
  return {
    ...presetByName('default').settings,
    height: HEIGHT,
    width: WIDTH,
    steps: 3,
    styleLayers: [1, 2, 3].map((block) => ({ layer: `block${String(block)}_conv1`, weight: block })),
    contentLayers: ['block2_conv2'],
    styleWeight: 1,
    contentWeight: 1,
    tvWeight: 1,
    init: 'noise',
    ...changes,
  };
}

function runOf(changes: Partial<StyleTransferSettings>, options: CreateOptions = {}, on: Engine = engine): Promise<StyleTransferRun> {
  const settings = settingsFor(changes);
  const styles = [noisePicture(61, 47, seed + 2), noisePicture(40, 44, seed + 3)].slice(0, settings.regions ?? 1);
  const masks = Array.from({ length: settings.regions ?? 0 }, (_, index) => noisePicture(30, 20, seed + 10 + index));
  const inputs = { net, content: noisePicture(HEIGHT, WIDTH, seed + 1), styles, ...(masks.length === 0 ? {} : { masks }) };
  return createStyleTransfer(on, { ...settings, seed: seed % 1_000 }, inputs, options);
}

describe(`a picture in tiles equals the whole (seed ${String(seed)})`, () => {
  it.each([
    { name: 'tiles of 32 px', tile: 32, changes: {} },
    { name: 'tiles of 44 px, average pooling', tile: 44, changes: { pooling: 'avg' as const } },
    { name: 'content by the square of the mean', tile: 40, changes: { contentLoss: 'squared-mean' as const, contentWeight: 1e4 } },
    { name: 'Wasserstein distance', tile: 40, changes: { statistic: 'wasserstein' as const } },
    { name: 'masks', tile: 40, changes: { regions: 2 } },
    { name: 'masks and the Wasserstein distance', tile: 64, changes: { regions: 2, statistic: 'wasserstein' as const } },
    { name: 'L-BFGS', tile: 64, changes: { optimizer: 'lbfgs' as const, history: 3 } },
  ])('$name', async ({ tile, changes }) => {
    const whole = await runOf({ ...changes, tile: 'off' });
    const tiled = await runOf({ ...changes, tile });
    try {
      expect(whole.tiles).toBeUndefined();
      expect(tiled.tiles?.tiles.length).toBeGreaterThan(1);
      const [wanted, got] = [await whole.evaluate(), await tiled.evaluate()];
      for (const part of ['style', 'content', 'tv', 'total'] as const) {
        expect(wanted[part]).toBeGreaterThan(0);
        expect(Math.abs(got[part] / wanted[part] - 1), part).toBeLessThan(1e-5);
      }
      const gradient = await tiled.gradient();
      expect(relativeL2(gradient, await whole.gradient())).toBeLessThan(1e-4);
      // The same once more: bit by bit.
      expect(await tiled.gradient()).toEqual(gradient);
      await whole.run({ steps: 1 });
      await tiled.run({ steps: 1 });
      const [image, other] = [await whole.image(), await tiled.image()];
      expect(relativeL2(other.data, image.data)).toBeLessThan(1e-4);
      expect(tiled.trace[0]?.total).toBe(got.total);
    } finally {
      whole.destroy();
      tiled.destroy();
    }
  });

  it('in f16 as nearly as f16 is, by every gradient scale', async () => {
    const scale = { precision: 'f16' as const, gradientScale: 1_024 };
    const whole = await runOf({ ...scale, tile: 'off' });
    const tiled = await runOf({ ...scale, tile: 40 });
    try {
      expect(Math.abs((await tiled.evaluate()).total / (await whole.evaluate()).total - 1)).toBeLessThan(1e-3);
      expect(relativeL2(await tiled.gradient(), await whole.gradient())).toBeLessThan(2e-2);
    } finally {
      whole.destroy();
      tiled.destroy();
    }
  });
});

describe('a run in tiles', () => {
  it('tells its tiles, stops between them and loses nothing', async () => {
    const plain = await runOf({ tile: 44 });
    const stopped = await runOf({ tile: 44 });
    try {
      await plain.run({ steps: 2 });
      const total = 2 * (stopped.tiles?.tiles.length ?? 0);
      const told: number[] = [];
      const controller = new AbortController();
      const before = await stopped.image();
      const running = stopped.run({
        steps: 2,
        signal: controller.signal,
        onProgress: ({ done, tile }) => {
          if (tile !== undefined) told.push(tile.done);
          if (tile?.done === 3) controller.abort();
          expect(done).toBe(0);
        },
      });
      await expectCode('aborted', () => running);
      expect(told.at(-1)).toBeLessThan(total);
      expect([stopped.steps, stopped.trace.length]).toEqual([0, 0]);
      expect((await stopped.image()).data).toEqual(before.data);
      let pausedAt = 0;
      await stopped.run({
        steps: 2,
        onProgress: ({ tile }) => {
          if (tile?.done === total - 2 && pausedAt === 0) {
            pausedAt = tile.done;
            stopped.pause();
          }
        },
      });
      expect([pausedAt, stopped.steps]).toEqual([total - 2, 0]);
      await stopped.run({ steps: 2 });
      expect((await stopped.image()).data).toEqual((await plain.image()).data);
      expect(stopped.trace.map((entry) => entry.total)).toEqual(plain.trace.map((entry) => entry.total));
    } finally {
      plain.destroy();
      stopped.destroy();
    }
  });

  it('is chosen where the memory budget or the largest binding demands it, with the same result in parts', async () => {
    const whole = await runOf({});
    const limits = { ...engine.traits.limits, maxStorageBufferBindingSize: 48_000 };
    const small = new Engine(engine.device, engine.info, { traits: { ...traitsOf(engine.device, engine.info), limits } });
    const bound = await runOf({}, {}, small);
    try {
      expect(whole.tiles).toBeUndefined();
      // The picture itself is larger than a binding.
      expect(HEIGHT * WIDTH * 12).toBeGreaterThan(48_000);
      expect(bound.tiles?.tiles.length).toBeGreaterThan(1);
      expect(bound.memory.largestBindingBytes).toBeLessThanOrEqual(48_000);
      expect(relativeL2(await bound.gradient(), await whole.gradient())).toBeLessThan(1e-4);
      await whole.run({ steps: 1 });
      await bound.run({ steps: 1 });
      expect(relativeL2((await bound.image()).data, (await whole.image()).data)).toBeLessThan(1e-4);
      await expectCode('unsupported', () => runOf({ optimizer: 'lbfgs' }, {}, small));
      await expectCode('unsupported', () => runOf({ averageDecay: 0.9 }, {}, small));
    } finally {
      whole.destroy();
      bound.destroy();
    }
    const bare = fullNet();
    const large = { ...settingsFor({ contentLayers: ['block5_conv2'] }), height: 512, width: 512, styleLayers: presetByName('default').settings.styleLayers };
    const plan = planRun(engine, bare, large);
    expect(plan.tiles).toBeUndefined();
    const budgetBytes = 0.55 * plan.memory.totalBytes;
    const tight = planRun(engine, bare, large, { budgetBytes });
    expect(tight.tiles?.tileSize).toBeLessThan(512);
    expect(tight.memory.totalBytes).toBeLessThanOrEqual(budgetBytes);
    expect(() => planRun(engine, bare, { ...large, tile: 'off' }, { budgetBytes: 1e8 })).toThrow(/budget/);
  });

  it('is made after the device had no room for the whole, unless that was asked for', async () => {
    const refusing = new Engine(engine.device, engine.info);
    const allocate = refusing.createBuffer.bind(refusing);
    refusing.createBuffer = (label, sizeBytes, isBoundInParts) => {
      // What the way back of the whole needs is more than this.
      if (sizeBytes > HEIGHT * WIDTH * 12) throw new GramaryeError('out-of-memory', `No room for ${label}.`);
      return allocate(label, sizeBytes, isBoundInParts);
    };
    await expectCode('out-of-memory', () => runOf({ tile: 'off' }, {}, refusing));
    const run = await runOf({}, {}, refusing);
    expect(run.tiles?.tileSize).toBe(28);
    run.destroy();
  });

  it('of VGG19 at 4096² is planned within 1 GB besides image, optimiser and weights', () => {
    const huge = {
      ...settingsFor({ contentLayers: ['block5_conv2'] }),
      height: 4_096,
      width: 4_096,
      styleLayers: presetByName('default').settings.styleLayers,
    };
    const { memory, tiles } = planRun(engine, fullNet(), huge);
    expect(tiles).toBeDefined();
    expect(workingBytes(memory)).toBeLessThanOrEqual(TILE_WORKING_BYTES);
    expect(TILE_WORKING_BYTES).toBe(1e9);
    // Image and two moments; the gradient to the image is among the working memory.
    expect(memory.byCategory.image).toBeGreaterThanOrEqual(3 * 4_096 * 4_096 * 12);
    expect(memory.byCategory.image).toBeLessThan(3 * 4_096 * 4_096 * 12 + 1e6);
    if (tiles !== undefined) expect(overlap(tiles)).toBeLessThan(3);
  });
});
