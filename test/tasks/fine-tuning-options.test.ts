/** What class weights and early stopping do to a run, held against what they should by hand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { createFineTuning, type FineTuningRun } from '../../src/tasks/fine-tuning/fine-tuning.js';
import type { LabelledFile } from '../../src/tasks/datasets/dataset.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../../src/tasks/fine-tuning/settings.js';
import { drawnDataset } from '../support/drawn-pictures.js';
import { nodeEngine } from '../support/node-gpu.js';
import { randomMobileNet } from '../support/random-mobilenet.js';

const CLASSES = 3;

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const net = randomMobileNet(7);
/** The dense layer alone learns, from features in f32: what one step does to it can be told by hand. */
const settings: FineTuneSettings = { ...FINE_TUNE_PRESETS.default, size: 32, trainLast: 1, features: 'f32', momentum: 0, seed: 4 };

/** Probabilities of examples, in their order. */
async function probabilitiesOf(run: FineTuningRun, examples: readonly LabelledFile[]): Promise<Float32Array[]> {
  const rows = new Map<string, Float32Array>();
  await run.predict(examples, (id, probabilities) => rows.set(id, probabilities));
  return examples.map(({ id }) => rows.get(id) ?? new Float32Array());
}

const crossEntropy = (row: Float32Array | undefined, label: number): number => -Math.log(row?.[label] ?? NaN);

describe('class weights', () => {
  it.each([{ balanceClasses: true }, { balanceClasses: false }])(
    'weigh loss and gradient as n / (classes · n of the class): %o',
    async ({ balanceClasses }) => {
      const { dataset, decode } = drawnDataset(4, CLASSES);
      // Four of two classes, one of the third.
      const examples = dataset.examples.filter(({ label }, index) => label < 2 || index < CLASSES);
      const counts = [4, 4, 1];
      const count = examples.length;
      const learningRate = 0.25;
      const chosen = { ...settings, validationShare: 0, batchSize: count, epochs: 1, learningRate, balanceClasses };
      const run = await createFineTuning(engine, chosen, { net, dataset: { ...dataset, examples }, decode });
      const before = (await run.weights()).get('predictions/bias')?.values;
      const rows = await probabilitiesOf(run, examples);
      const weights = counts.map((own) => (balanceClasses ? count / (CLASSES * own) : 1));
      const [entry] = await run.train();
      const loss = examples.reduce((sum, { label }, index) => sum + (weights[label] ?? NaN) * crossEntropy(rows[index], label), 0) / count;
      expect(entry?.loss).toBeCloseTo(loss, 4);
      const after = (await run.weights()).get('predictions/bias')?.values;
      for (let unit = 0; unit < CLASSES; unit++) {
        const gradient =
          examples.reduce((sum, { label }, index) => sum + (weights[label] ?? NaN) * ((rows[index]?.[unit] ?? NaN) - (label === unit ? 1 : 0)), 0) / count;
        expect((after?.[unit] ?? NaN) - (before?.[unit] ?? NaN)).toBeCloseTo(-learningRate * gradient, 4);
      }
      await run.destroy();
    },
  );
});

describe('early stopping', () => {
  it('ends after as many epochs without a better loss, and the net is that of the best one', async () => {
    const { dataset, decode } = drawnDataset(12, CLASSES);
    // Labels that have nothing to do with the pictures: what is learned by heart does worse on those held back.
    const examples = dataset.examples.map((example, index) => ({ ...example, label: (5 * index + Math.floor(index / 4)) % CLASSES }));
    const patience = 3;
    const chosen: FineTuneSettings = {
      ...settings,
      ...{ epochs: 60, batchSize: 9, validationShare: 0.5, optimizer: 'adam', learningRate: 0.03, earlyStopping: { patience } },
    };
    const run = await createFineTuning(engine, chosen, { net, dataset: { ...dataset, examples }, decode });
    const history = await run.train();
    const losses = history.map(({ validationLoss = NaN }) => validationLoss);
    const best = losses.indexOf(Math.min(...losses));
    expect(history.length).toBeLessThan(60);
    expect(history.length - 1 - best).toBe(patience);

    const held = (await run.judge()).map(({ index }) => examples[index]).filter((example) => example !== undefined);
    expect(held.length).toBe(run.validationCount);
    const rows = await probabilitiesOf(run, held);
    const loss = held.reduce((sum, { label }, index) => sum + crossEntropy(rows[index], label), 0) / held.length;
    expect(loss).toBeCloseTo(losses[best] ?? NaN, 4);
    // The last epoch's would not pass for it.
    expect(Math.abs(loss - (losses.at(-1) ?? NaN))).toBeGreaterThan(1e-3);
    // A run that has stopped stays stopped.
    expect((await run.train()).length).toBe(history.length);
    await run.destroy();
  });
});
