/**
 * `bench:emoji`: what training the last layers is worth. Trained on one vendor's emoji, judged on the other's, which nothing was chosen by:
 * the trained tail, the new dense layer alone on the same changed copies, softmax regression on the frozen features, softmax regression on raw
 * pixels. With `--validate` settings are compared on folds of the training vendor alone, and the other vendor is not looked at.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FINE_TUNE_PRESETS, type FineTuneSettings } from '../src/tasks/fine-tuning/settings.js';
import { wilson } from '../src/tasks/mobilenet/metrics.js';
import { baselineHits, chosenDecay, foldsOf, FOLDS, pooledFeatures, rawPixels } from './emoji/baselines.js';
import { emojiBackbone, emojiSet, VENDORS, type Vendor } from './emoji/emoji-set.js';
import { keptFeatures } from './emoji/kept-features.js';
import { mcNemar, pairedDifference } from './emoji/paired.js';
import { EmojiTail, type KeptPictures } from './emoji/tail.js';
import { nodeEngine } from './node-gpu.js';

const METHODS = ['raw pixels', 'frozen features', 'dense layer alone', 'trained tail'] as const;
type Method = (typeof METHODS)[number];

/** Methods that the trained tail is compared with. */
const BASELINES = METHODS.filter((method) => method !== 'trained tail');

/** Right or wrong by picture of the unseen vendor, the directions one behind the other. */
type Hits = Record<Method, boolean[]>;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const countOf = (hits: readonly boolean[]): number => hits.filter(Boolean).length;

/** The command. Gives 1 when the trained tail does not beat both baselines with the whole of the interval. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '160' },
      seeds: { type: 'string', default: '5' },
      epochs: { type: 'string', default: '20' },
      'head-epochs': { type: 'string', default: '10' },
      'head-learning-rate': { type: 'string', default: '0.001' },
      'learning-rate': { type: 'string', default: '0.0001' },
      optimizer: { type: 'string', default: 'adam' },
      copies: { type: 'string', default: '6' },
      'train-on': { type: 'string', default: VENDORS.join() },
      'features-folder': { type: 'string', default: 'bench/.features' },
      'features-only': { type: 'boolean', default: false },
      validate: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const settings: FineTuneSettings = {
    ...FINE_TUNE_PRESETS.default,
    size: Number(values.size),
    optimizer: values.optimizer === 'sgd' ? 'sgd' : 'adam',
    learningRate: Number(values['learning-rate']),
    headEpochs: Number(values['head-epochs']),
    headLearningRate: Number(values['head-learning-rate']),
    epochs: Number(values.epochs),
    schedule: { kind: 'cosine', floor: 0.02 },
    batchSize: 16,
    validationShare: 0,
    augmentation: { copies: Number(values.copies), flip: true, zoom: 0.25, brightness: 0.2, colour: 0.4 },
  };
  const vendors = VENDORS.filter((vendor) => values['train-on'].split(',').includes(vendor));
  const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);
  const engine = await nodeEngine();
  const net = await emojiBackbone();
  const kept = new Map<Vendor, KeptPictures>();
  const wanted = values.validate ? vendors : VENDORS;
  const perPicture = settings.augmentation.copies + 1;
  for (const vendor of wanted) kept.set(vendor, { ...(await keptFeatures(engine, net, vendor, settings, values['features-folder'])), perPicture });
  const classes = (await emojiSet()).classes.length;
  const tail = new EmojiTail(engine, net, classes, settings);
  const run = (seed: number, from: Vendor, indices: readonly number[], on: Vendor, judged: readonly number[]): ReturnType<EmojiTail['run']> => {
    const [train, test] = [kept.get(from), kept.get(on)];
    if (train === undefined || test === undefined) throw new Error(`No features of ${from} or ${on}.`);
    return tail.run(seed, train, indices, test, judged);
  };
  const labelsOf = (vendor: Vendor): readonly number[] => kept.get(vendor)?.labels ?? [];

  if (values.validate) {
    for (const vendor of vendors) {
      const fold = foldsOf(labelsOf(vendor), 0);
      let [head, whole, count] = [0, 0, 0];
      for (let number = 0; number < FOLDS; number++) {
        const judged = [...fold.keys()].filter((index) => fold[index] === number);
        const hits = await run(
          0,
          vendor,
          [...fold.keys()].filter((index) => fold[index] !== number),
          vendor,
          judged,
        );
        head += countOf(hits.head);
        whole += countOf(hits.tail);
        count += judged.length;
      }
      print(
        `${vendor}, ${String(FOLDS)} folds: dense layer alone ${percent(head / count)}, trained tail ${percent(whole / count)} (${String(whole)} of ${String(count)})`,
      );
    }
    engine.destroy();
    return 0;
  }
  if (values['features-only']) {
    engine.destroy();
    return 0;
  }

  const prepared = [];
  const clusters: number[] = [];
  const signs = new Map<string, number>();
  for (const trainedOn of vendors) {
    const unseen = trainedOn === 'google' ? 'twitter' : 'google';
    const [own, other] = [await emojiSet(trainedOn), await emojiSet(unseen)];
    const features = [await pooledFeatures(engine, net, own, settings.size), await pooledFeatures(engine, net, other, settings.size)] as const;
    const pixels = [await rawPixels(own), await rawPixels(other)] as const;
    // The penalties are chosen once, on folds of the training vendor.
    const decays = { features: chosenDecay(features[0], classes, 0), pixels: chosenDecay(pixels[0], classes, 0) };
    for (const { id } of other.examples) {
      const sign = id.replace(/^[a-z]+-/, '');
      if (!signs.has(sign)) signs.set(sign, signs.size);
      clusters.push(signs.get(sign) ?? -1);
    }
    prepared.push({ trainedOn, unseen, features, pixels, decays } as const);
  }
  const bySeed: Hits[] = [];
  const directions: unknown[] = [];
  let isBetter = false;
  for (const seed of seeds) {
    const hits: Hits = { 'raw pixels': [], 'frozen features': [], 'dense layer alone': [], 'trained tail': [] };
    bySeed.push(hits);
    for (const { trainedOn, unseen, features, pixels, decays } of prepared) {
      const all = [...labelsOf(unseen).keys()];
      const trained = await run(seed, trainedOn, [...labelsOf(trainedOn).keys()], unseen, all);
      const found: Record<Method, readonly boolean[]> = {
        'raw pixels': baselineHits(...pixels, classes, seed, decays.pixels),
        'frozen features': baselineHits(...features, classes, seed, decays.features),
        'dense layer alone': trained.head,
        'trained tail': trained.tail,
      };
      for (const method of METHODS) hits[method].push(...found[method]);
      const others = BASELINES.map((method) => ({ method, ...mcNemar(found['trained tail'], found[method]) }));
      const outcomes = Object.fromEntries(METHODS.map((method) => [method, wilson(countOf(found[method]), all.length)]));
      directions.push({ trainedOn, unseen, seed, decays, outcomes, mcNemar: others });
      print(
        `${trainedOn} to ${unseen}, seed ${String(seed)}: ${METHODS.map((method) => `${method} ${percent(countOf(found[method]) / all.length)}`).join(', ')}; ${others.map(({ method, onlyA, onlyB, p }) => `against ${method} +${String(onlyA)} -${String(onlyB)}, p ${p.toFixed(3)}`).join('; ')}`,
      );
    }
    // After every seed, so that an interrupted benchmark has something to show.
    const joined = (method: Method): boolean[][] => bySeed.map((each) => each[method]);
    const means = Object.fromEntries(METHODS.map((method) => [method, countOf(joined(method).flat()) / joined(method).flat().length]));
    const comparisons = BASELINES.map((method) => ({ method, ...pairedDifference({ a: joined('trained tail'), b: joined(method), clusters }) }));
    isBetter = comparisons.filter(({ method }) => method !== 'dense layer alone').every(({ low }) => low > 0);
    print(`after ${String(bySeed.length)} seeds: ${METHODS.map((method) => `${method} ${percent(means[method] ?? NaN)}`).join(', ')}`);
    for (const { method, difference, low, high } of comparisons)
      print(`trained tail less ${method}: ${percent(difference)} (95% interval ${percent(low)} to ${percent(high)})`);
    const result = { adapter: engine.traits.description, settings, seeds: bySeed.length, means, comparisons, directions };
    if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  }
  engine.destroy();
  return isBetter ? 0 : 1;
}
