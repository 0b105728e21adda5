import { GramaryeError } from '../../engine/errors.js';
import { Classifier, topPredictions, type Classified, type ClassifierItem, type Prediction } from '../../tasks/classification/classifier.js';
import { classNames } from '../../tasks/classification/labels.js';
import { CLASSIFIER_PRESETS, netInputOptions, type ClassifierSettings } from '../../tasks/classification/settings.js';
import { PicturePool } from '../../tasks/pictures/picture-pool.js';
import type { Picture } from '../../tasks/picture.js';
import type { NetInputOptions } from '../../tasks/mobilenet/net-input.js';
import type { DataFile } from '../labelled/data-files.js';
import { leaseEngine, type EngineLease } from '../gpu/engine-pool.js';
import { SharedTurn } from '../gpu/shared-turn.js';
import { loadMobileNetInWorker } from '../nets/load-mobilenet.js';

/** What a classifier is made of. */
export interface ClassifierOrder {
  /** A name or address, or picked files. */
  readonly net: string | readonly File[];
  /** A list of class names: an address or a file. */
  readonly labels: string | File | undefined;
  readonly preset: keyof typeof CLASSIFIER_PRESETS;
  /** Side in pixels; undefined as the net's file says, else 224. */
  readonly size: number | undefined;
  readonly resize: ClassifierSettings['resize'] | undefined;
  /** Pictures at a time; without it as many as keep a GPU busy. */
  readonly batch: number | undefined;
}

/** What is awaited before pictures can be classified. */
export interface ClassifierStage {
  readonly stage: 'pictures' | 'engine' | 'net' | 'turn' | 'compiling' | 'recovering';
  readonly done: number;
  readonly total: number;
}

/** Ways of watching and stopping. */
interface Watch {
  readonly signal: AbortSignal;
  readonly onStage: (stage: ClassifierStage) => void;
}

/** A picture with its file, so that it can be shown. */
export interface PictureItem extends ClassifierItem {
  readonly file: DataFile;
}

/** A classifier on the page's engine: pictures are decoded in workers, and the GPU is shared by turns. */
export class ClassifierSession {
  readonly classifier: Classifier;
  readonly settings: ClassifierSettings;
  readonly netName: string;
  readonly #lease: EngineLease;
  readonly #pool = new PicturePool();
  readonly #input: NetInputOptions;

  private constructor(
    classifier: Classifier,
    lease: EngineLease,
    settings: ClassifierSettings,
    net: { readonly name: string; readonly input: NetInputOptions },
  ) {
    this.classifier = classifier;
    this.#lease = lease;
    this.settings = settings;
    this.netName = net.name;
    this.#input = net.input;
  }

  /** Loads the net and compiles it. Throws coded errors; nothing is left behind then. */
  static async open(order: ClassifierOrder, { signal, onStage }: Watch): Promise<ClassifierSession> {
    onStage({ stage: 'engine', done: 0, total: 0 });
    const lease = await leaseEngine();
    try {
      onStage({ stage: 'net', done: 0, total: 0 });
      const loaded = await loadMobileNetInWorker(
        { net: order.net, as: 'classifier', labels: order.labels },
        {
          signal,
          onBytes: (done, total) => {
            onStage({ stage: 'net', done, total });
          },
        },
      );
      const preset = CLASSIFIER_PRESETS[order.preset];
      const settings: ClassifierSettings = {
        ...preset,
        size: order.size ?? loaded.size ?? preset.size,
        resize: order.resize ?? loaded.resize ?? preset.resize,
      };
      if (!Number.isInteger(settings.size) || settings.size < 32 || settings.size > 1_024) {
        throw new GramaryeError('bad-option', `The size is ${String(settings.size)}.`, { remedy: 'Use a whole number of pixels from 32 to 1024.' });
      }
      const labels = classNames(loaded.names, loaded.net.dense?.classes ?? 0);
      onStage({ stage: 'turn', done: 0, total: 0 });
      const giveBack = await lease.turns.take(signal);
      try {
        const classifier = await Classifier.create(lease.engine, loaded.net, labels, settings, {
          ...(order.batch === undefined ? {} : { batch: order.batch }),
          onProgress: (done, total) => {
            onStage({ stage: 'compiling', done, total });
          },
        });
        return new ClassifierSession(classifier, lease, settings, { name: loaded.net.name, input: netInputOptions(settings, loaded.net) });
      } finally {
        giveBack();
      }
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Whether the graphics device computes on the processor. */
  get isSoftware(): boolean {
    return this.#lease.engine.traits.isSoftware;
  }

  /** Whether its device is gone. */
  get isLost(): boolean {
    return this.#lease.engine.isLost;
  }

  /** A picture file as something to classify. */
  itemOf(file: DataFile): PictureItem {
    return { name: file.path, file, load: async () => this.decode(await file.read(), file.path) };
  }

  /** A picture as the net takes it, made in a worker. */
  decode(picture: Blob, name: string): Promise<Picture> {
    return this.#pool.prepare(picture, name, this.#input);
  }

  /** Pictures in order, with the guesses or the reason why there are none. Lets other elements go first between pictures. */
  async *stream<Item extends ClassifierItem>(items: Iterable<Item>, count: number, signal: AbortSignal): AsyncGenerator<Classified<Item>> {
    const turn = await SharedTurn.take(this.#lease.turns, signal);
    const considerate = function* (): Generator<Item> {
      for (const item of items) {
        yield {
          ...item,
          load: async () => {
            await turn.pass();
            return item.load();
          },
        };
      }
    };
    try {
      yield* this.classifier.stream(considerate(), { count, signal });
    } finally {
      turn.end();
    }
  }

  /** The guesses for one frame, which is taken over. */
  async classifyFrame(frame: ImageBitmap, name: string, count: number, signal: AbortSignal): Promise<Prediction[]> {
    const picture = await this.#pool.prepare(frame, name, this.#input, signal);
    const giveBack = await this.#lease.turns.take(signal);
    try {
      const [probabilities = []] = await this.classifier.probabilities([picture]);
      return topPredictions(probabilities, this.classifier.labels.names, count);
    } finally {
      giveBack();
    }
  }

  /** Frees all it holds. */
  close(): void {
    this.#pool.close();
    if (!this.#lease.engine.isLost) this.classifier.destroy();
    this.#lease.release();
  }
}
