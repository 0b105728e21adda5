/** Image classification with MobileNetV2. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, messageOf, throwIfAborted } from '../../engine/errors.js';
import type { MobileNetWeights } from '../../models/mobilenet/weights.js';
import { FrozenProgram } from '../mobilenet/frozen-program.js';
import { DENSE_LAYER, mobileNetLayers } from '../mobilenet/layers.js';
import { toNetInput, type NetInputOptions } from '../mobilenet/net-input.js';
import type { Picture } from '../picture.js';
import type { ClassNames } from './labels.js';
import { netInputOptions, type ClassifierSettings } from './settings.js';

/** One guess. */
export interface Prediction {
  /** Output of the model. */
  readonly index: number;
  readonly name: string;
  readonly probability: number;
}

/** A picture to classify; it is read only when its turn comes. */
export interface ClassifierItem {
  readonly name: string;
  load(): Promise<Picture>;
}

/** What became of one picture. */
export type Classified<Item> = { readonly item: Item; readonly predictions: readonly Prediction[] } | { readonly item: Item; readonly problem: string };

/** Softmax in float64. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** The `count` most probable classes. */
export function topPredictions(probabilities: ArrayLike<number>, names: readonly string[], count: number): Prediction[] {
  return Array.from(probabilities, (probability, index) => ({ index, name: names[index] ?? '', probability }))
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, count);
}

/** Pictures at a time in a stream. */
const BATCH = 8;

/** A net ready to classify. */
export class Classifier {
  readonly labels: ClassNames;
  readonly #program: FrozenProgram;
  readonly #input: NetInputOptions;
  readonly #classes: number;

  private constructor(program: FrozenProgram, labels: ClassNames, input: NetInputOptions, classes: number) {
    this.#program = program;
    this.labels = labels;
    this.#input = input;
    this.#classes = classes;
  }

  /** Compiles the net. Throws `bad-weights` for a backbone without a classifier. */
  static async create(
    engine: Engine,
    net: MobileNetWeights,
    labels: ClassNames,
    settings: ClassifierSettings,
    options: { readonly batch?: number; readonly onProgress?: (done: number, total: number) => void } = {},
  ): Promise<Classifier> {
    const { dense, name } = net;
    if (dense === undefined) {
      throw new GramaryeError('bad-weights', `${name} has no classifier on top: it only computes features.`, {
        remedy: 'Give a complete MobileNetV2, or fine-tune this one first.',
      });
    }
    if (labels.names.length !== dense.classes) {
      throw new GramaryeError('bad-option', `There are ${String(labels.names.length)} class names; ${name} has ${String(dense.classes)} classes.`, {
        remedy: 'Give the list that belongs to the model.',
      });
    }
    const layers = mobileNetLayers(net, { height: settings.size, width: settings.size, classes: dense.classes });
    const { batch = BATCH, onProgress } = options;
    const program = await FrozenProgram.build(engine, net, { layers, outputs: [DENSE_LAYER], batch, ...(onProgress === undefined ? {} : { onProgress }) });
    return new Classifier(program, labels, netInputOptions(settings, net), dense.classes);
  }

  /** Probabilities of every class for at most a batch of pictures. */
  async probabilities(pictures: readonly Picture[]): Promise<Float64Array[]> {
    return this.#run(pictures.map((picture) => toNetInput(picture, this.#input)));
  }

  /** The best guesses for one picture. */
  async classify(picture: Picture, count = 5): Promise<Prediction[]> {
    const [probabilities = []] = await this.probabilities([picture]);
    return topPredictions(probabilities, this.labels.names, count);
  }

  /**
   * Classifies any number of pictures in order, reading and decoding the next batch while the GPU works on one. Pictures
   * that cannot be read come with their problem. Nothing is kept.
   */
  async *stream<Item extends ClassifierItem>(
    items: Iterable<Item>,
    options: { readonly count?: number; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Classified<Item>> {
    const iterator = items[Symbol.iterator]();
    let pending = this.#load(iterator);
    for (;;) {
      throwIfAborted(options.signal);
      const loaded = await pending;
      if (loaded.length === 0) return;
      const results = this.#run(loaded.flatMap(({ input }) => (input === undefined ? [] : [input])));
      pending = this.#load(iterator);
      pending.catch(() => undefined);
      const probabilities = (await results).values();
      for (const { item, input, problem } of loaded) {
        yield input === undefined
          ? { item, problem }
          : { item, predictions: topPredictions(probabilities.next().value ?? [], this.labels.names, options.count ?? 5) };
      }
    }
  }

  /** Frees GPU memory. */
  destroy(): void {
    this.#program.destroy();
  }

  async #load<Item extends ClassifierItem>(iterator: Iterator<Item>): Promise<{ item: Item; input: Float32Array<ArrayBuffer> | undefined; problem: string }[]> {
    const items: Item[] = [];
    while (items.length < this.#program.batch) {
      const next = iterator.next();
      if (next.done === true) break;
      items.push(next.value);
    }
    return Promise.all(
      items.map(async (item) => {
        try {
          return { item, input: toNetInput(await item.load(), this.#input), problem: '' };
        } catch (error) {
          return { item, input: undefined, problem: messageOf(error) };
        }
      }),
    );
  }

  async #run(inputs: readonly Float32Array<ArrayBuffer>[]): Promise<Float64Array[]> {
    if (inputs.length === 0) return [];
    if (inputs.length > this.#program.batch)
      throw new GramaryeError('bad-option', `${String(inputs.length)} pictures at once; this classifier takes ${String(this.#program.batch)}.`);
    inputs.forEach((input, position) => {
      this.#program.write(input, position);
    });
    this.#program.run();
    const logits = new Float32Array(await this.#program.read(DENSE_LAYER, inputs.length));
    return inputs.map((_, position) => softmax(logits.subarray(position * this.#classes, (position + 1) * this.#classes)));
  }
}
