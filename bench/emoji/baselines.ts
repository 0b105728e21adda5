/** The two baselines of the emoji benchmark: softmax regression on frozen features and on raw pixels. */
import type { Engine } from '../../src/engine/engine.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import type { Dataset } from '../../src/tasks/datasets/dataset.js';
import { splitExamples } from '../../src/tasks/datasets/split.js';
import { FeatureExtractor } from '../../src/tasks/fine-tuning/feature-extraction.js';
import { mobileNetLayers, POOL_LAYER } from '../../src/tasks/mobilenet/layers.js';
import { resizeForNet, resample } from '../../src/tasks/mobilenet/net-input.js';
import { decodeOverWhite } from './emoji-set.js';
import { rightAnswers, trainLinear, type LinearSet } from './linear.js';

/** The pooled outputs of the whole frozen net, 1280 per picture, and copies changed by nothing. */
export async function pooledFeatures(engine: Engine, net: MobileNetWeights, dataset: Dataset, size: number): Promise<LinearSet> {
  const layers = mobileNetLayers(net, { height: size, width: size, classes: dataset.classes.length });
  const frozen = layers.slice(0, -1);
  const crossing = frozen.filter(({ name }) => name === POOL_LAYER);
  const extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size, features: 'f32' });
  const rows: Float64Array[] = [];
  const items = dataset.examples.map(({ id, file }, key) => ({
    key,
    id,
    load: async () => resizeForNet(await decodeOverWhite(await file.read()), { size, resize: 'squash', antialias: true }),
  }));
  await extractor.run(items, ({ key }, record) => {
    rows[key] = Float64Array.from(new Float32Array(record.buffer));
  });
  extractor.destroy();
  return { rows, labels: dataset.examples.map(({ label }) => label) };
}

/** The pictures themselves at 16 by 16 pixels. */
export async function rawPixels(dataset: Dataset): Promise<LinearSet> {
  const rows = await Promise.all(
    dataset.examples.map(async ({ file }) =>
      Float64Array.from(resample(await decodeOverWhite(await file.read()), { height: 16, width: 16 }, { antialias: true }).data),
    ),
  );
  return { rows, labels: dataset.examples.map(({ label }) => label) };
}

/** Weights of the penalty that are tried. */
export const DECAYS = [0, 0.001, 0.01, 0.1, 1] as const;

/** Parts of the training vendor, each judged once. */
export const FOLDS = 4;

/** Stratified folds: the number of each example's. */
export function foldsOf(all: readonly number[], seed: number): number[] {
  const fold = new Array<number>(all.length).fill(0);
  let rest = [...all.keys()];
  for (let number = FOLDS - 1; number > 0; number--) {
    const labels = rest.map((index) => all[index] ?? 0);
    const { training, validation } = splitExamples(labels, { kind: 'stratified', share: 1 / (number + 1), seed: seed + number });
    for (const position of validation) fold[rest[position] ?? 0] = number;
    rest = training.map((position) => rest[position] ?? 0);
  }
  return fold;
}

/** Right answers per penalty over four stratified folds of the training vendor alone. */
export function validateDecays(set: LinearSet, classes: number, seed: number): Map<number, number> {
  const fold = foldsOf(set.labels, seed);
  const part = (accepts: (fold: number) => boolean): LinearSet => ({
    rows: set.rows.filter((_, index) => accepts(fold[index] ?? 0)),
    labels: set.labels.filter((_, index) => accepts(fold[index] ?? 0)),
  });
  return new Map(
    DECAYS.map((decay) => {
      let hits = 0;
      for (let number = 0; number < FOLDS; number++) {
        const model = trainLinear(
          part((each) => each !== number),
          { classes, steps: 150, learningRate: 0.01, decay, seed },
        );
        hits += rightAnswers(
          model,
          part((each) => each === number),
        ).filter(Boolean).length;
      }
      return [decay, hits];
    }),
  );
}

/** The penalty that the folds prefer. */
export function chosenDecay(train: LinearSet, classes: number, seed: number): number {
  const scores = validateDecays(train, classes, seed);
  const best = Math.max(...scores.values());
  return [...scores].find(([, hits]) => hits === best)?.[0] ?? 0;
}

/** Trains with a penalty and tells which pictures of another set are right. */
export function baselineHits(train: LinearSet, test: LinearSet, classes: number, seed: number, decay: number): boolean[] {
  return rightAnswers(trainLinear(train, { classes, steps: 300, learningRate: 0.01, decay, seed }), test);
}
