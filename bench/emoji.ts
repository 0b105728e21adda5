/**
 * `bench:emoji`: what training the last layers is worth. Trained on one vendor's emoji, judged on the other's, which nothing was chosen by:
 * the trained tail, softmax regression on the frozen features, softmax regression on raw pixels.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createFineTuning } from '../src/tasks/fine-tuning/fine-tuning.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../src/tasks/fine-tuning/settings.js';
import { wilson, type Proportion } from '../src/tasks/mobilenet/metrics.js';
import { baseline, pooledFeatures, rawPixels } from './emoji/baselines.js';
import { decodeOverWhite, emojiBackbone, emojiSet, type Vendor } from './emoji/emoji-set.js';
import { nodeEngine } from './node-gpu.js';

interface Outcome {
  readonly method: 'trained tail' | 'frozen features' | 'raw pixels';
  readonly trainedOn: Vendor;
  readonly seed: number;
  readonly unseen: Proportion;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The command. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '160' },
      seeds: { type: 'string', default: '5' },
      epochs: { type: 'string', default: '12' },
      'learning-rate': { type: 'string', default: '0.0003' },
      'train-on': { type: 'string', default: 'google,twitter' },
      validation: { type: 'string', default: '0' },
      out: { type: 'string' },
    },
  });
  const [size = 160, seeds = 5] = [values.size, values.seeds].map(Number);
  const engine = await nodeEngine();
  const net = await emojiBackbone();
  const settings: FineTuneSettings = {
    ...FINE_TUNE_PRESETS.default,
    size,
    optimizer: 'adam',
    learningRate: Number(values['learning-rate']),
    schedule: { kind: 'cosine', floor: 0.02 },
    epochs: Number(values.epochs),
    batchSize: 16,
    validationShare: Number(values.validation),
  };
  const outcomes: Outcome[] = [];
  const add = (outcome: Outcome): void => {
    outcomes.push(outcome);
    const { share, low, high } = outcome.unseen;
    print(
      `${outcome.trainedOn}, seed ${String(outcome.seed)}, ${outcome.method}: ${(100 * share).toFixed(1)}% (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`,
    );
  };
  for (const trainedOn of values['train-on'].split(',') as Vendor[]) {
    const [own, other] = [await emojiSet(trainedOn), await emojiSet(trainedOn === 'google' ? 'twitter' : 'google')];
    const count = other.examples.length;
    const features = [await pooledFeatures(engine, net, own, size), await pooledFeatures(engine, net, other, size)] as const;
    const pixels = [await rawPixels(own), await rawPixels(other)] as const;
    for (let seed = 0; seed < seeds; seed++) {
      add({ method: 'raw pixels', trainedOn, seed, unseen: wilson(baseline(...pixels, own.classes.length, seed).hits, count) });
      add({ method: 'frozen features', trainedOn, seed, unseen: wilson(baseline(...features, own.classes.length, seed).hits, count) });
      const run = await createFineTuning(engine, { ...settings, seed }, { net, dataset: own, decode: decodeOverWhite });
      const history = await run.train();
      let hits = 0;
      await run.predict(
        other.examples.map(({ label, file }) => ({ id: String(label), file })),
        (id, probabilities) => {
          if (probabilities.indexOf(Math.max(...probabilities)) === Number(id)) hits++;
        },
      );
      await run.destroy();
      const last = history.at(-1);
      if (last?.validationAccuracy !== undefined)
        print(`held back of the same vendor: ${(100 * last.validationAccuracy).toFixed(1)}%, loss ${(last.validationLoss ?? NaN).toFixed(3)}`);
      add({ method: 'trained tail', trainedOn, seed, unseen: wilson(hits, count) });
    }
  }
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify({ adapter: engine.traits.description, settings, outcomes }, undefined, 1)}\n`);
  engine.destroy();
  return 0;
}
