import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { CheckpointStore } from '../../src/tasks/checkpoints/store.js';
import type { EpochFigures } from '../../src/tasks/fine-tuning/checkpoint.js';
import type { FeatureStore } from '../../src/tasks/fine-tuning/feature-cache.js';
import { createFineTuning, type FineTuneInputs, type FineTuningRun } from '../../src/tasks/fine-tuning/fine-tuning.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../../src/tasks/fine-tuning/settings.js';
import { submissionColumns, submissionText } from '../../src/tasks/fine-tuning/submission.js';
import { expectCode } from '../support/expect-code.js';
import { drawnDataset } from '../support/drawn-pictures.js';
import { nodeEngine } from '../support/node-gpu.js';
import { randomMobileNet } from '../support/random-mobilenet.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const net = randomMobileNet(5);
const settings: FineTuneSettings = { ...FINE_TUNE_PRESETS.default, size: 64, batchSize: 8, epochs: 3, trainLast: 8, learningRate: 0.02, seed: 3 };

class MemoryCheckpoints implements CheckpointStore {
  bytes: Uint8Array<ArrayBuffer> | undefined;
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.bytes = bytes.slice();
    return Promise.resolve();
  }
  load(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.bytes?.slice());
  }
  remove(): Promise<void> {
    this.bytes = undefined;
    return Promise.resolve();
  }
}

class MemoryFeatures implements FeatureStore {
  readonly records = new Map<number, Uint8Array<ArrayBuffer>>();
  write(key: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.records.set(key, bytes.slice());
    return Promise.resolve();
  }
  read(key: number): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.records.get(key) ?? new Uint8Array());
  }
  clear(): Promise<void> {
    this.records.clear();
    return Promise.resolve();
  }
}

function inputs(more: Partial<FineTuneInputs> = {}): FineTuneInputs {
  return { net, ...drawnDataset(10), ...more };
}

/** History without times, which differ from run to run. */
function figures(history: readonly EpochFigures[]): unknown[] {
  return history.map((entry) => ({ ...entry, seconds: 0 }));
}

async function trained(chosen: FineTuneSettings, given: FineTuneInputs): Promise<FineTuningRun> {
  const run = await createFineTuning(engine, chosen, given);
  await run.train();
  return run;
}

describe('fine-tuning', () => {
  it('learns, and an interrupted run that is taken up ends with the same figures and weights', { timeout: 300_000 }, async () => {
    const whole = await trained(settings, inputs());
    const wanted = figures(whole.history);
    const weights = await whole.weights();
    expect(whole.trainingCount + whole.validationCount).toBe(30);
    expect(whole.history[2]?.loss).toBeLessThan(whole.history[0]?.loss ?? 0);
    const judgements = await whole.judge();
    expect(judgements.length).toBe(whole.validationCount);
    expect(judgements.filter(({ label, predicted }) => label === predicted).length / judgements.length).toBeCloseTo(
      whole.history[2]?.validationAccuracy ?? NaN,
      6,
    );
    await whole.destroy();

    const checkpoints = new MemoryCheckpoints();
    const killed = await createFineTuning(engine, settings, inputs({ checkpoints }));
    const controller = new AbortController();
    await expectCode('aborted', () =>
      killed.train({
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.stage === 'training' && progress.epoch === 2 && progress.done >= 16) controller.abort();
        },
      }),
    );
    expect(killed.history.length).toBe(1);
    await killed.destroy();
    const resumed = await trained(settings, inputs({ checkpoints }));
    expect(figures(resumed.history)).toEqual(wanted);
    expect(await resumed.weights()).toEqual(weights);
    await resumed.destroy();
    await expectCode('bad-option', () => createFineTuning(engine, { ...settings, seed: 4 }, inputs({ checkpoints })));
  });

  it('gives the same figures from features on disk as from memory', { timeout: 300_000 }, async () => {
    const short = { ...settings, epochs: 1 };
    const store = new MemoryFeatures();
    const inMemory = await trained(short, inputs());
    const onDisk = await trained({ ...short, memoryBudgetBytes: 30_000 }, inputs({ store }));
    expect(onDisk.featureMemory.bytes).toBeLessThanOrEqual(30_000);
    expect(onDisk.featureMemory.onDisk).toBeGreaterThan(0);
    expect(figures(onDisk.history)).toEqual(figures(inMemory.history));
    await inMemory.destroy();
    await onDisk.destroy();
    expect(store.records.size).toBe(0);
    await expectCode('out-of-memory', () => createFineTuning(engine, { ...short, memoryBudgetBytes: 30_000 }, inputs()));
  });

  it('lists pictures that cannot be read and trains on the rest, with copies, class weights and Adam', { timeout: 300_000 }, async () => {
    const { dataset, decode } = drawnDataset(10);
    const examples = dataset.examples.map((example, index) =>
      index === 4 ? { ...example, file: { path: 'broken.png', read: () => Promise.resolve(new Blob(['no picture'])) } } : example,
    );
    const run = await trained(
      {
        ...settings,
        optimizer: 'adam',
        learningRate: 1e-3,
        epochs: 3,
        trainLast: 1,
        balanceClasses: true,
        augmentation: { copies: 1, flip: true, zoom: 0.2, brightness: 0.1, colour: 0.3 },
      },
      { net, dataset: { ...dataset, examples }, decode },
    );
    expect(new Set(run.skipped.map(({ id }) => id))).toEqual(new Set(['picture4']));
    expect(run.trainingCount + run.validationCount).toBe(29);
    const rows: { id: string; probabilities: Float32Array }[] = [];
    await run.predict(examples.slice(0, 6), (id, probabilities) => rows.push({ id, probabilities }));
    expect(rows.map(({ id }) => id)).toEqual(['picture0', 'picture1', 'picture2', 'picture3', 'picture5']);
    for (const { probabilities } of rows) expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    await run.destroy();
  });

  it('trains the dense layer alone in the first epochs, as if all else were frozen', { timeout: 300_000 }, async () => {
    const common = { ...settings, size: 32, epochs: 2, features: 'f32' as const };
    const alone = await trained({ ...common, trainLast: 1, learningRate: 0.005 }, inputs());
    const first = await trained({ ...common, headEpochs: 2, headLearningRate: 0.005 }, inputs());
    first.history.forEach(({ loss, validationLoss = NaN, learningRate }, epoch) => {
      expect(learningRate).toBe(0.005);
      const { loss: wantedLoss = NaN, validationLoss: wantedValidation = NaN } = alone.history[epoch] ?? {};
      expect(Math.abs(loss / wantedLoss - 1)).toBeLessThan(1e-4);
      expect(Math.abs(validationLoss / wantedValidation - 1)).toBeLessThan(1e-4);
    });
    const kept = await first.weights();
    const dense = (await alone.weights()).get('predictions/kernel')?.values ?? [];
    kept.get('predictions/kernel')?.values.forEach((value, index) => {
      expect(value).toBeCloseTo(dense[index] ?? NaN, 4);
    });
    const units = new Map(net.units.map((unit) => [unit.name, unit]));
    for (const [name, { values }] of kept) {
      const [layer = '', part] = name.split('/');
      if (part === 'kernel' && layer !== 'predictions') expect(values, name).toEqual(units.get(layer)?.weights);
    }
    await alone.destroy();
    await first.destroy();
    // Behind them everything is trained, by an optimiser that has forgotten them.
    const checkpoints = new MemoryCheckpoints();
    const both = await trained({ ...common, headEpochs: 1, headLearningRate: 0.005 }, inputs({ checkpoints }));
    const changed = (await both.weights()).get('Conv_1/kernel')?.values;
    expect(changed).not.toEqual(units.get('Conv_1')?.weights);
    const wanted = figures(both.history);
    await both.destroy();
    const stopped = new MemoryCheckpoints();
    const before = await trained({ ...common, epochs: 1, headEpochs: 1, headLearningRate: 0.005 }, inputs({ checkpoints: stopped }));
    await before.destroy();
    const resumed = await trained({ ...common, headEpochs: 1, headLearningRate: 0.005 }, inputs({ checkpoints: stopped }));
    expect(figures(resumed.history)).toEqual(wanted);
    await resumed.destroy();
  });

  it('refuses what cannot be trained on', async () => {
    await expectCode('bad-option', () => createFineTuning(engine, { ...settings, trainLast: 0 }, inputs()));
    await expectCode('bad-option', () => createFineTuning(engine, { ...settings, learningRate: -1 }, inputs()));
    const { dataset } = drawnDataset(3);
    const decode = (): Promise<never> => Promise.reject(new Error('not a picture'));
    await expectCode('bad-option', () => createFineTuning(engine, settings, { net, dataset, decode }));
  });
});

describe('submission.csv', () => {
  it('has the sample file’s columns, else the classes in alphabetical order', () => {
    const classes = ['pug', 'akita, red', 'beagle'];
    const predictions = [{ id: 'a1', probabilities: [0.5, 0.25, 0.25] }];
    expect(submissionText(predictions, classes)).toBe('id,"akita, red",beagle,pug\na1,0.25000000,0.25000000,0.50000000\n');
    const columns = submissionColumns('sample.csv', '\uFEFFid,beagle,pug,"akita, red"\r\n', classes);
    expect(submissionText(predictions, classes, columns).split('\n')[0]).toBe('id,beagle,pug,"akita, red"');
    expect(() => submissionColumns('sample.csv', 'id,beagle,pug\n', classes)).toThrow(/lacks akita, red/);
  });
});
