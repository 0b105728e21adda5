/** The trained tail on kept features: the same session, order and schedule as a run's, without a frozen part to compute again for every seed. */
import type { Engine } from '../../src/engine/engine.js';
import { Philox } from '../../src/engine/random.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { shuffled } from '../../src/tasks/datasets/split.js';
import type { FeatureCache } from '../../src/tasks/fine-tuning/feature-cache.js';
import { learningRateOf, type FineTuneSettings } from '../../src/tasks/fine-tuning/settings.js';
import { slotCount, TailSession, type TailExample } from '../../src/tasks/fine-tuning/tail-session.js';
import { initialValues } from '../../src/tasks/fine-tuning/tail-state.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';

const SHUFFLE_STREAM = 1_000;
const COPY_STREAM = 500_000;

/** Pictures with their features; `perPicture` records each, the original first. */
export interface KeptPictures {
  readonly cache: FeatureCache;
  readonly labels: readonly number[];
  readonly perPicture: number;
}

/** Which pictures a trained classifier has right. */
export interface TailHits {
  /** After the epochs of the dense layer alone; all false without such epochs. */
  readonly head: readonly boolean[];
  readonly tail: readonly boolean[];
  /** Mean loss of the last epoch. */
  readonly loss: number;
}

/** A session that trains anew as often as one likes. */
export class EmojiTail {
  readonly #settings: FineTuneSettings;
  readonly #session: TailSession;
  readonly #trained: ReturnType<typeof splitLayers>['trained'];

  constructor(engine: Engine, net: MobileNetWeights, classes: number, settings: FineTuneSettings) {
    const layers = mobileNetLayers(net, { height: settings.size, width: settings.size, classes });
    const { trained, crossing } = splitLayers(layers, settings.trainLast);
    this.#settings = settings;
    this.#trained = trained;
    this.#session = new TailSession(engine, { layers, trained, crossing, classes }, settings);
  }

  /** Trains on the pictures of `indices` and judges those of `test`. */
  async run(seed: number, train: KeptPictures, indices: readonly number[], test: KeptPictures, judged: readonly number[]): Promise<TailHits> {
    const settings = { ...this.#settings, seed };
    const session = this.#session;
    session.buffers.write(initialValues(this.#trained, session.layout, { seed, slots: slotCount(settings) }));
    // What another seed left there would move more than the dense layer.
    session.buffers.clearGradients();
    let step = 0;
    let loss = NaN;
    let head = judged.map(() => false);
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      if (epoch === settings.headEpochs && epoch > 0) {
        head = await this.#judge(test, judged);
        step = 0;
        session.buffers.write({ ...(await session.values()), slots: [] });
      }
      const order = shuffled(indices, new Philox(seed, SHUFFLE_STREAM + epoch));
      const random = new Philox(seed, COPY_STREAM + epoch);
      const examples = order.map((index): TailExample => {
        const copy = Math.floor(random.nextUniform() * train.perPicture);
        return { key: index * train.perPicture + copy, label: train.labels[index] ?? 0, weight: 1 };
      });
      const outcome = await session.train(examples, train.cache, {
        step,
        learningRate: learningRateOf(settings, epoch),
        headOnly: epoch < settings.headEpochs,
      });
      step = outcome.step;
      loss = outcome.figures.loss;
    }
    return { head, tail: await this.#judge(test, judged), loss };
  }

  /** Frees GPU memory. */
  destroy(): void {
    this.#session.destroy();
  }

  async #judge({ cache, labels, perPicture }: KeptPictures, indices: readonly number[]): Promise<boolean[]> {
    const hits: boolean[] = [];
    const examples = indices.map((index): TailExample => ({ key: index * perPicture, label: labels[index] ?? 0, weight: 1 }));
    await this.#session.evaluate(examples, cache, {
      visit: (position, probabilities) => {
        hits[position] = probabilities.indexOf(Math.max(...probabilities)) === examples[position]?.label;
      },
    });
    return hits;
  }
}
