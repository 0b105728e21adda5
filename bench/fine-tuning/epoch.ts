/** An epoch of the recorded tail on kept features against tfjs-layers' fit() on the whole net, with the same weights and batches. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import { orderInterval } from '../../src/bench/statistics/summary.js';
import { registerTfjsBackend } from '../../src/engine/tfjs-bridge.js';
import { Philox } from '../../src/engine/random.js';
import { FeatureCache } from '../../src/tasks/fine-tuning/feature-cache.js';
import { FeatureExtractor } from '../../src/tasks/fine-tuning/feature-extraction.js';
import { saveLayersModel } from '../../src/tasks/fine-tuning/save-model.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../../src/tasks/fine-tuning/settings.js';
import { TailSession, type TailExample } from '../../src/tasks/fine-tuning/tail-session.js';
import { initialValues } from '../../src/tasks/fine-tuning/tail-state.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { emojiBackbone } from '../emoji/emoji-set.js';
import { watchOthers } from '../machine-load.js';
import { nodeEngine } from '../node-gpu.js';
import { median } from '../stats/median.js';

const CLASSES = 12;
/** Largest difference of an epoch's mean loss at which the two count as doing the same. */
const TOLERANCE = 2e-3;
const WANTED_RATIO = 10;

/** What is compared. */
export interface EpochOptions {
  /** Side of the pictures. */
  readonly size: number;
  readonly batch: number;
  /** Batches per epoch. */
  readonly batches: number;
  readonly rounds: number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Times both in turns after their losses were found equal. */
export async function epochAgainstFit(options: EpochOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const { size, batch, batches, rounds } = options;
  const count = batch * batches;
  const engine = await nodeEngine();
  await registerTfjsBackend(engine);
  const net = await emojiBackbone();
  const settings: FineTuneSettings = { ...FINE_TUNE_PRESETS.default, size, batchSize: batch, momentum: 0, learningRate: 0.01, features: 'f16' };
  const layers = mobileNetLayers(net, { height: size, width: size, classes: CLASSES });
  const { frozen, trained, crossing } = splitLayers(layers, settings.trainLast);
  const random = new Philox(5);
  const pixels = size * size * 3;
  const inputs = Array.from({ length: count }, () => Float32Array.from({ length: pixels }, () => random.nextUniform()));
  const examples = inputs.map((_, key): TailExample => ({ key, label: key % CLASSES, weight: 1 }));

  const lengths = crossing.map(({ height, width, channels }) => height * width * channels);
  const cache = new FeatureCache(lengths, settings.features, Infinity, undefined);
  const extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size, features: settings.features });
  const extractionStarted = performance.now();
  await extractor.run(
    inputs.map((data, key) => ({ key, id: String(key), load: () => Promise.resolve({ height: size, width: size, data }) })),
    ({ key }, record) => cache.add(key, record),
  );
  const extractionMs = performance.now() - extractionStarted;
  extractor.destroy();
  const session = new TailSession(engine, { layers, trained, crossing, classes: CLASSES }, settings);
  const values = initialValues(trained, session.layout, { seed: 1, slots: 1 });
  session.buffers.write(values);
  await session.prepare(count);

  const tensors = new Map(
    session.layout.parameters.map(({ name, shape, offset, length }) => [name, { shape, values: values.parameters.slice(offset, offset + length) }] as const),
  );
  const saved = saveLayersModel(layers, tensors, { classes: [], settings, input: net.input, version: 'bench' });
  const model = await openedModel(saved.modelJson, saved.shard);
  const trainable = model.trainableWeights.reduce((sum, weight) => sum + weight.shape.reduce<number>((product, side) => product * (side ?? 1), 1), 0);
  const own = session.layout.parameters.reduce((sum, { length }) => sum + length, 0);
  if (trainable !== own) throw new Error(`fit() trains ${String(trainable)} parameters, the recorded tail ${String(own)}.`);
  model.compile({ optimizer: tf.train.sgd(settings.learningRate), loss: 'sparseCategoricalCrossentropy' });
  const { scale, offset } = net.input;
  const x = tf.tensor4d(
    inputs.flatMap((each) => Array.from(each, (value) => value * scale - offset)),
    [count, size, size, 3],
  );
  const y = tf.tensor1d(
    examples.map(({ label }) => label),
    'float32',
  );

  let step = 0;
  const recorded = async (): Promise<number> => {
    const outcome = await session.train(examples, cache, { step, learningRate: settings.learningRate });
    step = outcome.step;
    return outcome.figures.loss;
  };
  const fit = async (): Promise<number> => {
    const { history } = await model.fit(x, y, { batchSize: batch, epochs: 1, shuffle: false, yieldEvery: 'never' });
    return Number(history.loss?.[0]);
  };
  const losses: { recorded: number; fit: number }[] = [];
  const times: { recorded: number[]; fit: number[] } = { recorded: [], fit: [] };
  const othersShares: number[] = [];
  // The first round compiles; both train on, so every round compares the losses anew. How much of the machine other programs had is told.
  for (let round = 0; round <= rounds; round++) {
    const others = watchOthers();
    const taken = { recorded: NaN, fit: NaN };
    const loss = { recorded: NaN, fit: NaN };
    for (const [name, run] of [['recorded', recorded] as const, ['fit', fit] as const]) {
      const started = performance.now();
      loss[name] = await run();
      taken[name] = performance.now() - started;
    }
    losses.push(loss);
    const othersShare = others();
    if (round > 0) {
      othersShares.push(othersShare);
      for (const name of ['recorded', 'fit'] as const) times[name].push(taken[name]);
    }
    print(
      `round ${String(round)}: loss ${loss.recorded.toFixed(5)} and ${loss.fit.toFixed(5)}; ${taken.recorded.toFixed(0)} ms and ${taken.fit.toFixed(0)} ms${round === 0 ? ', not counted' : ''}; others had ${(100 * othersShare).toFixed(0)}% of the machine`,
    );
  }
  const difference = Math.max(...losses.map((loss) => Math.abs(loss.recorded - loss.fit)));
  const ratios = times.recorded.map((ms, index) => (times.fit[index] ?? NaN) / ms);
  const ratio = median(ratios);
  const interval = orderInterval(ratios);
  print(`${engine.traits.description}; ${String(count)} pictures of ${String(size)}² in batches of ${String(batch)}`);
  print(
    `epoch, medians: recorded ${median(times.recorded).toFixed(0)} ms, fit() ${median(times.fit).toFixed(0)} ms; ratio ${ratio.toFixed(1)} [${interval.map((end) => end.toFixed(1)).join(', ')}]`,
  );
  print(`features once: ${extractionMs.toFixed(0)} ms; largest difference of the mean losses ${difference.toExponential(1)}`);
  const result = {
    ...{ adapter: engine.traits.description, node: process.version, size, batch, batches, classes: CLASSES, trainable },
    ...{ losses, othersShares, times, ratios, ratio, interval, extractionMs, difference },
  };
  session.destroy();
  engine.destroy();
  return { isGood: difference < TOLERANCE && ratio >= WANTED_RATIO, result };
}

async function openedModel(modelJson: string, shard: Uint8Array<ArrayBuffer>): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: never[] }[] };
  return loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]?.weights ?? [], weightData: shard.buffer }));
}
