import { describe, expect, it } from 'vitest';
import { checkFineTuneSettings, FINE_TUNE_PRESETS, learningRateOf, type FineTuneSettings, type Schedule } from '../../src/tasks/fine-tuning/settings.js';

const settings = FINE_TUNE_PRESETS.default;

function rates(schedule: Schedule, more: Partial<FineTuneSettings> = {}): number[] {
  const all = { ...settings, learningRate: 0.1, epochs: 5, schedule, ...more };
  return Array.from({ length: all.epochs }, (_, epoch) => learningRateOf(all, epoch));
}

function expectClose(values: readonly number[], wanted: readonly number[]): void {
  expect(values.length).toBe(wanted.length);
  wanted.forEach((value, index) => {
    expect(values[index]).toBeCloseTo(value, 12);
  });
}

describe('the learning rate of an epoch', () => {
  it('is constant, falls in steps, or down half a cosine from the rate to its floor', () => {
    expectClose(rates({ kind: 'constant' }), [0.1, 0.1, 0.1, 0.1, 0.1]);
    expectClose(rates({ kind: 'step', epochs: 2, factor: 0.1 }), [0.1, 0.1, 0.01, 0.01, 0.001]);
    const root = Math.SQRT1_2;
    // Half a cosine at 0, 45, 90, 135 and 180 degrees, between 0.02 and 0.1.
    expectClose(rates({ kind: 'cosine', floor: 0.2 }), [0.1, 0.06 + 0.04 * root, 0.06, 0.06 - 0.04 * root, 0.02]);
  });

  it('is that of the dense layer alone first, and the schedule begins behind', () => {
    const head = { headEpochs: 2, headLearningRate: 0.7 };
    expectClose(rates({ kind: 'cosine', floor: 0 }, head), [0.7, 0.7, 0.1, 0.05, 0]);
    expectClose(rates({ kind: 'step', epochs: 1, factor: 0.5 }, head), [0.7, 0.7, 0.1, 0.05, 0.025]);
  });

  it('is the whole rate where there is one epoch only', () => {
    expectClose(rates({ kind: 'cosine', floor: 0 }, { epochs: 1 }), [0.1]);
  });
});

describe('settings', () => {
  it('of the presets are allowed, and the chapter’s are what the chapter did', () => {
    for (const preset of Object.values(FINE_TUNE_PRESETS)) {
      checkFineTuneSettings(preset);
    }
    expect(FINE_TUNE_PRESETS.chapter).toMatchObject({
      ...{ optimizer: 'sgd', momentum: 0, learningRate: 0.01, epochs: 10, batchSize: 32, trainLast: 20 },
      ...{ validationShare: 0.25, split: 'last', classOrder: 'first-appearance', size: 224 },
    });
  });

  it.each<readonly [Partial<FineTuneSettings>, RegExp]>([
    [{ learningRate: 0 }, /learning rate is 0\. Use a number above 0/],
    [{ learningRate: NaN }, /learning rate is NaN/],
    [{ momentum: 1 }, /momentum is 1/],
    [{ batchSize: 0 }, /batch size is 0/],
    [{ batchSize: 2.5 }, /batch size is 2\.5/],
    [{ epochs: 0 }, /number of epochs is 0/],
    [{ validationShare: 1 }, /validation split is 1\./],
    [{ seed: -1 }, /seed is -1/],
    [{ size: 31 }, /picture size is 31/],
    [{ size: 1_025 }, /picture size is 1025/],
    [{ memoryBudgetBytes: -1 }, /memory budget is -1/],
    [{ augmentation: { ...settings.augmentation, copies: -1 } }, /number of copies is -1/],
    [{ augmentation: { ...settings.augmentation, zoom: 1 } }, /zoom is 1/],
    [{ earlyStopping: { patience: 0 } }, /patience is 0/],
    [{ earlyStopping: { patience: 2 }, validationShare: 0 }, /Early stopping needs a validation split/],
    [{ schedule: { kind: 'step', epochs: 0, factor: 0.1 } }, /step of the schedule is 0/],
    [{ headEpochs: -1 }, /dense layer alone is -1/],
  ])('%j is refused by name', (change, words) => {
    const refused = (): void => {
      checkFineTuneSettings({ ...settings, ...change });
    };
    expect(refused).toThrow(words);
  });
});
