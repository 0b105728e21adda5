import { describe, expect, it } from 'vitest';
import type { RunSnapshot } from '../../src/tasks/style-transfer.js';
import { describeFailure } from '../../src/ui/base/failure.js';
import { fillIn } from '../../src/ui/base/fill-in.js';
import { countsFor, layersOf } from '../../src/ui/fine-tune/parameter-counts.js';
import { formatBytes, formatDuration, formatNumber } from '../../src/ui/base/format.js';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { Turns } from '../../src/ui/gpu/turns.js';
import { crc32, pngText, withPngText } from '../../src/tasks/results/png-text.js';
import { Iterates } from '../../src/ui/run/iterates.js';
import { UndoStack } from '../../src/ui/run/undo-stack.js';
import { readResult } from '../../src/ui/studio/result-file.js';
import { estimateOf } from '../../src/ui/studio/studio-estimate.js';
import { composeJob, type StudioSettings } from '../../src/ui/studio/studio-settings.js';
import { GramaryeError } from '../../src/engine/errors.js';
import { expectCode } from '../support/expect-code.js';

const SETTINGS: StudioSettings = {
  preset: 'default',
  net: 'random-vgg19',
  size: null,
  styleSize: null,
  steps: 7,
  styleStrength: 2,
  contentStrength: 1,
  smoothness: 0,
  learningRate: null,
  startFrom: null,
  seed: 3,
  pooling: null,
  optimizer: 'lbfgs',
  multiScale: true,
  scales: 'coarsest 48, steps 3 2',
  colours: 'luminance',
  statistic: null,
  tile: null,
  styleScale: '0.5',
  styleLayers: 'block1_conv1:0.5, block2_conv1',
  contentLayers: 'block4_conv2, block5_conv2',
  average: null,
  precision: 'f32',
  memoryBudget: 64,
  seamless: true,
};

/** The smallest PNG there is: one grey pixel. */
const PNG = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='), (character) =>
  character.charCodeAt(0),
);

describe('text inside PNG files', () => {
  it('has the CRC of the PNG specification', () => {
    expect(crc32(new TextEncoder().encode('IEND'))).toBe(0xae426082);
  });

  it('comes back as it was written, in any language', () => {
    const text = '{"über":"鏡 🖼"}';
    const file = withPngText(PNG, 'gramarye', text);
    expect(pngText(file, 'gramarye')).toBe(text);
    expect(pngText(file, 'other')).toBeUndefined();
    expect(pngText(PNG, 'gramarye')).toBeUndefined();
  });

  it('counts as none when it is damaged or the file is no PNG', () => {
    const file = withPngText(PNG, 'gramarye', 'settings');
    file[60] = (file[60] ?? 0) ^ 1;
    expect(pngText(file, 'gramarye')).toBeUndefined();
    expect(pngText(file.subarray(0, 50), 'gramarye')).toBeUndefined();
    expect(() => withPngText(Uint8Array.of(1, 2, 3), 'gramarye', '')).toThrow(TypeError);
  });

  it('is refused when its settings make no sense', async () => {
    const record = (settings: unknown): Blob =>
      new Blob([withPngText(PNG, 'gramarye', JSON.stringify({ format: 1, task: 'style-transfer', step: 1, settings }))]);
    expect((await readResult(record(SETTINGS)))?.settings).toEqual(SETTINGS);
    // A file of before these settings were there.
    const older = Object.fromEntries(
      Object.entries(SETTINGS).filter(([name]) => !['optimizer', 'multiScale', 'scales', 'colours', 'statistic', 'styleScale', 'seamless'].includes(name)),
    );
    expect((await readResult(record(older)))?.settings).toEqual({
      ...SETTINGS,
      optimizer: null,
      multiScale: false,
      scales: null,
      colours: null,
      styleScale: null,
      seamless: false,
    });
    expect(await readResult(new Blob([PNG]))).toBeUndefined();
    await expectCode('bad-option', () => readResult(record({ ...SETTINGS, steps: 'many' })), 'steps');
    await expectCode('bad-option', () => readResult(new Blob([withPngText(PNG, 'gramarye', '{')])), 'damaged');
  });
});

describe('the estimate', () => {
  const big: StudioSettings = { ...SETTINGS, size: 4_096, optimizer: null, multiScale: false, seamless: false, styleLayers: null, memoryBudget: null };

  it('takes the picture as a whole where the device binds its largest map, else in tiles as a start would', () => {
    const whole = estimateOf(big);
    expect(whole.memoryBytes).toBeGreaterThan(1e10);
    expect(whole.largestBytes).toBe(4 * 64 * 4_096 ** 2);
    expect(estimateOf(big, undefined, 2 ** 33)).toEqual(whole);
    const tiled = estimateOf(big, undefined, 2 ** 30);
    // Image, gradient and two moments, and about 1 GB.
    expect(tiled.memoryBytes).toBeGreaterThan(4 * 12 * 4_096 ** 2);
    expect(tiled.memoryBytes).toBeLessThan(4 * 12 * 4_096 ** 2 + 1.1e9);
    expect(tiled.flopsPerStep / whole.flopsPerStep).toBeGreaterThan(1.5 * 1.4);
    expect(estimateOf({ ...big, tile: 'off' }, undefined, 2 ** 30)).toEqual(whole);
    expect(estimateOf({ ...big, seamless: true }, undefined, 2 ** 30)).toEqual(whole);
  });

  it('keeps to a memory budget as a start would', () => {
    const { memoryBytes } = estimateOf({ ...big, memoryBudget: 1_400 });
    expect(memoryBytes).toBeLessThanOrEqual(1_400 * 2 ** 20);
    expect(estimateOf({ ...big, size: 256, memoryBudget: 1_400 })).toEqual(estimateOf({ ...big, size: 256 }));
  });
});

describe('turns', () => {
  it('go round in the order they were asked for, one at a time', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = async (name: string): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        const giveBack = await turns.take();
        order.push(`${name}>`);
        await new Promise((done) => setTimeout(done, 1));
        order.push(`<${name}`);
        giveBack();
      }
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(order.join(' ')).toBe('a> <a b> <b c> <c a> <a b> <b c> <c a> <a b> <b c> <c');
    expect(turns.isWanted).toBe(false);
  });

  it('are lost without harm by who no longer wants them', async () => {
    const turns = new Turns();
    const giveBack = await turns.take();
    const stop = new AbortController();
    const waiting = expectCode('aborted', () => turns.take(stop.signal));
    const next = turns.take();
    stop.abort();
    await waiting;
    giveBack();
    (await next)();
    expect(turns.isWanted).toBe(false);
  });
});

function snapshot(step: number, floats = 4): RunSnapshot {
  const values = new Float32Array(floats);
  return { step, height: 1, width: values.length / 3, image: values, state: { firstMoment: values, secondMoment: values }, trace: [] };
}

describe('kept states', () => {
  it('are dropped by a return and kept by a branch', () => {
    const iterates = new Iterates();
    const kept = [0, 2, 4, 6].map((step) => iterates.keep(snapshot(step)));
    const [, second] = kept;
    if (second === undefined) throw new Error('Nothing was kept.');
    iterates.branchFrom(second);
    iterates.keep(snapshot(3));
    expect(iterates.list.map(({ line, step }) => [line, step])).toEqual([
      [1, 0],
      [1, 2],
      [1, 4],
      [1, 6],
      [2, 3],
    ]);
    const saved = iterates.save();
    iterates.returnTo(second);
    expect(iterates.list.map(({ line, step }) => [line, step])).toEqual([
      [1, 0],
      [1, 2],
      [2, 3],
    ]);
    iterates.restore(saved);
    expect(iterates.list).toHaveLength(5);
  });

  it('thin out evenly and stay within their limits', () => {
    const iterates = new Iterates({ count: 6, sizeBytes: 1e9 });
    for (let step = 0; step <= 100; step++) iterates.keep(snapshot(step));
    const steps = iterates.list.map(({ step }) => step);
    expect(steps).toHaveLength(6);
    expect([steps[0], steps.at(-1)]).toEqual([0, 100]);
    const small = new Iterates({ count: 100, sizeBytes: 10 * 3 * 4 * 100 });
    for (let step = 0; step < 50; step++) small.keep(snapshot(step, 100));
    expect(small.list).toHaveLength(10);
  });
});

describe('words and numbers', () => {
  it('are filled in and formatted for their language', () => {
    expect(fillIn('{a} of {b}, {c}', { a: 1, b: '{a}' })).toBe('1 of {a}, {c}');
    expect(formatBytes('en', 214_300_000)).toBe('214 MB');
    expect(formatBytes('de', 1_234)).toBe('1,23 kB');
    expect(formatDuration('en', 4_240)).toBe('4.2 sec');
    expect(formatDuration('en', 83_000)).toBe('1 min 23 sec');
    expect(formatDuration('en', 5_400_000)).toBe('1 hr 30 min');
    expect(formatNumber('en', 0.123456)).toBe('0.123');
    expect(formatNumber('en', 2_411_704)).toBe('2.41E6');
    expect(formatNumber('en', 2_411_704, 21)).toBe('2,411,704');
    expect(formatNumber('en', Number.NaN)).toBe('–');
  });

  it('name a way on for every failure', () => {
    for (const code of ['webgpu-missing', 'adapter-missing', 'device-lost', 'out-of-memory', 'bad-picture', 'fetch-failed', 'internal'] as const) {
      const failure = describeFailure(new GramaryeError(code, 'Something.'));
      expect(failure.code).toBe(code);
      expect(ENGLISH[failure.what]).not.toBe('');
      expect(ENGLISH[failure.fix]).not.toBe('');
      expect(failure.actions.length).toBeGreaterThan(0);
    }
    expect(describeFailure('text').what).toBe('failOther');
  });

  it('forget what belongs to a run that is no more, and nothing else', () => {
    const stack = new UndoStack();
    const [gone, stays] = [{}, {}];
    const undone: string[] = [];
    for (const [owner, name] of [
      [gone, 'gone'],
      [undefined, 'setting'],
      [stays, 'stays'],
      [gone, 'gone too'],
    ] as const) {
      stack.push({ what: 'undoReset', ...(owner === undefined ? {} : { owner }), undo: () => undone.push(name) });
    }
    stack.forget(gone);
    while (stack.undo());
    expect(undone).toEqual(['stays', 'setting']);
  });

  it('take back the newest action first, and a dragged slider at once', () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    for (const [key, name] of [
      ['size', 'a'],
      ['size', 'b'],
      ['steps', 'c'],
    ] as const)
      stack.push({ what: 'undoSetting', key, undo: () => undone.push(name) });
    expect([stack.undo(), stack.undo(), stack.undo()]).toEqual([true, true, false]);
    expect(undone).toEqual(['c', 'a']);
  });
});

it('a job has what the further settings say', () => {
  const style = { name: 'style.png', blob: new Blob() };
  expect(composeJob(SETTINGS, { styles: [style, style], blend: [1, 1] })).toMatchObject({
    memoryBudgetBytes: 64 * 2 ** 20,
    settings: {
      styleScales: [0.5, 0.5],
      styleLayers: [
        { layer: 'block1_conv1', weight: 0.5 },
        { layer: 'block2_conv1', weight: 1 },
      ],
      contentLayers: ['block4_conv2', 'block5_conv2'],
      precision: 'f32',
      seamless: true,
    },
  });
  for (const styleLayers of ['block1_conv1:x', 'block1_conv1:1:2', 'block9_conv1']) {
    expect(() => composeJob({ ...SETTINGS, styleLayers }, { styles: [style], blend: [1] })).toThrow(GramaryeError);
  }
  for (const contentLayers of ['block5_conv2:2', 'block9_conv1']) {
    expect(() => composeJob({ ...SETTINGS, contentLayers }, { styles: [style], blend: [1] })).toThrow(GramaryeError);
  }
  expect(composeJob({ ...SETTINGS, preset: 'default-texture' }, { styles: [style], blend: [1] }).settings.contentLayers).toEqual([]);
});

it('settings are multiples of what the preset says', () => {
  const { settings, size } = composeJob(SETTINGS, { styles: [], blend: [] });
  const plain = composeJob({ ...SETTINGS, styleStrength: 1, smoothness: null }, { styles: [], blend: [] });
  expect(settings.styleWeight).toBe(2 * plain.settings.styleWeight);
  expect(plain.settings.tvWeight).toBeGreaterThan(0);
  expect([settings.tvWeight, settings.steps, settings.seed]).toEqual([0, 7, 3]);
  expect(size).toEqual({ kind: 'longer', pixels: 256 });
});

describe('parameter counts beside the slider', () => {
  it('are those of Keras for 120 classes and the last 20 layers, before the net is loaded', () => {
    const { total, trainable } = countsFor(layersOf(null, 'mobilenet-v2', 224, 120), 20);
    expect([total, trainable]).toEqual([2_411_704, 1_204_280]);
  });
});
