/** Fine-tuning MobileNetV2: a new softmax layer and the last layers of the net are trained, the rest runs once per picture. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { giveWay } from '../../engine/pauses.js';
import type { LabelledFile, PictureFile } from '../datasets/dataset.js';
import { countParameters, mobileNetLayers, splitLayers, type NetLayer } from '../mobilenet/layers.js';
import type { Judgement } from '../mobilenet/metrics.js';
import { decodeCheckpoint, encodeCheckpoint, type EpochFigures } from './checkpoint.js';
import { ExamplePlan } from './example-plan.js';
import { FeatureCache } from './feature-cache.js';
import { FeatureExtractor, type ExtractionItem, type SkippedPicture } from './feature-extraction.js';
import { fingerprintOf, preparedPicture, type FineTuneInputs } from './inputs.js';
import { checkFineTuneSettings, learningRateOf, type FineTuneSettings } from './settings.js';
import { slotCount, TailSession, type TailExample } from './tail-session.js';
import { initialValues, type TailValues } from './tail-state.js';

export type { FineTuneInputs } from './inputs.js';

/** What a run is doing. */
export type FineTuneProgress =
  | { readonly stage: 'compiling' | 'features'; readonly done: number; readonly total: number }
  | { readonly stage: 'training'; readonly epoch: number; readonly epochs: number; readonly done: number; readonly total: number }
  | { readonly stage: 'epoch'; readonly figures: EpochFigures };

/** Watches and stops work. */
export interface FineTuneOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FineTuneProgress) => void) | undefined;
}

/** Makes a run ready to train: features computed, tail compiled, an earlier state taken up. Throws coded errors for bad input. */
export async function createFineTuning(
  engine: Engine,
  settings: FineTuneSettings,
  inputs: FineTuneInputs,
  options: FineTuneOptions = {},
): Promise<FineTuningRun> {
  checkFineTuneSettings(settings);
  const { net, dataset } = inputs;
  const layers = mobileNetLayers(net, { height: settings.size, width: settings.size, classes: dataset.classes.length });
  const { frozen, trained, crossing } = splitLayers(layers, settings.trainLast);
  const lengths = crossing.map(({ height, width, channels }) => height * width * channels);
  const cache = new FeatureCache(lengths, settings.features, settings.memoryBudgetBytes, inputs.store);
  const session = new TailSession(engine, { layers, trained, crossing, classes: dataset.classes.length }, settings);
  let extractor: FeatureExtractor | undefined;
  try {
    const onCompile = (done: number, total: number): void => options.onProgress?.({ stage: 'compiling', done, total });
    extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size: settings.size, features: settings.features, onProgress: onCompile });
    // The start values are drawn and written here: a task of their own beside what was compiled and what is decoded.
    await giveWay();
    const run = new FineTuningRun({ settings, inputs, layers, trained, lengths, cache, session, extractor });
    await giveWay();
    await run.extract(options);
    await session.prepare(run.trainingCount, onCompile);
    await run.restore();
    return run;
  } catch (error) {
    extractor?.destroy();
    session.destroy();
    await cache.clear();
    throw error;
  }
}

interface RunParts {
  readonly settings: FineTuneSettings;
  readonly inputs: FineTuneInputs;
  readonly layers: readonly NetLayer[];
  readonly trained: readonly NetLayer[];
  /** Numbers of each tensor that crosses from the frozen part to the trained one, for one picture. */
  readonly lengths: readonly number[];
  readonly cache: FeatureCache;
  readonly session: TailSession;
  readonly extractor: FeatureExtractor;
}

/** A run. `train()` may be called again after it was stopped; it goes on where it was. */
export class FineTuningRun {
  readonly settings: FineTuneSettings;
  readonly classes: readonly string[];
  readonly layers: readonly NetLayer[];
  /** Parameter counts as Keras's summary gives them. */
  readonly counts: { readonly total: number; readonly trainable: number; readonly frozen: number };
  readonly #parts: RunParts;
  readonly #fingerprint: string;
  readonly #plan: ExamplePlan;
  #skipped: SkippedPicture[] = [];
  #history: EpochFigures[] = [];
  #steps = 0;
  #best: { epoch: number; values: TailValues } | undefined;
  /** The values at the end of the last epoch, to go back to after an interruption. */
  #lastValues: TailValues | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.classes = parts.inputs.dataset.classes;
    this.layers = parts.layers;
    this.counts = countParameters(parts.layers, parts.settings.trainLast);
    this.#plan = new ExamplePlan(parts.inputs.dataset.examples, this.classes.length, parts.settings);
    this.#fingerprint = fingerprintOf(parts.inputs, parts.settings);
    parts.session.buffers.write(this.#start());
  }

  /** Figures of the epochs done. */
  get history(): readonly EpochFigures[] {
    return this.#history;
  }

  /** Pictures that could not be read. */
  get skipped(): readonly SkippedPicture[] {
    return this.#skipped;
  }

  /** Examples trained on, and those held back. */
  get trainingCount(): number {
    return this.#plan.training.length;
  }

  get validationCount(): number {
    return this.#plan.validation.length;
  }

  /** Bytes of features in memory, how many pictures' features went to disk, and the bytes of one picture's. */
  get featureMemory(): { readonly bytes: number; readonly onDisk: number; readonly recordBytes: number } {
    const { memoryBytes, storedCount, recordBytes } = this.#parts.cache;
    return { bytes: memoryBytes, onDisk: storedCount, recordBytes };
  }

  /** Computes the features of all examples that can be read. */
  async extract({ signal, onProgress }: FineTuneOptions): Promise<void> {
    const { inputs, cache, extractor } = this.#parts;
    const plan = this.#plan;
    const { examples, classes } = inputs.dataset;
    const items = function* (this: FineTuningRun): Generator<ExtractionItem> {
      for (const [index, example] of examples.entries()) for (let copy = 0; copy < plan.copiesOf(index); copy++) yield this.#item(example, index, copy);
    }.bind(this);
    const total = plan.pictureCount;
    onProgress?.({ stage: 'features', done: 0, total });
    this.#skipped = await extractor.run(items(), (item, record) => cache.add(item.key, record), {
      signal,
      onProgress: (done) => onProgress?.({ stage: 'features', done, total }),
    });
    plan.keepThose((key) => cache.has(key));
    const present = new Set(plan.training.map((index) => examples[index]?.label));
    if (present.size < 2) {
      throw new GramaryeError(
        'bad-option',
        `Only ${String(present.size)} of ${String(classes.length)} classes have a readable picture to train on (${String(this.#skipped.length)} could not be read).`,
        {
          remedy: this.#skipped[0]?.reason ?? 'Give more pictures.',
        },
      );
    }
  }

  /** Takes up the state of an earlier run of the same settings and pictures, if there is one. */
  async restore(): Promise<void> {
    const bytes = await this.#parts.inputs.checkpoints?.load();
    if (bytes === undefined) return;
    const checkpoint = decodeCheckpoint(bytes);
    if (checkpoint.fingerprint !== this.#fingerprint) {
      throw new GramaryeError('bad-option', 'The checkpoint belongs to other settings or pictures.', {
        remedy: 'Use the settings it was made with, or start anew in another place.',
      });
    }
    this.#history = [...checkpoint.history];
    this.#steps = checkpoint.steps;
    this.#best = checkpoint.best;
    this.#lastValues = checkpoint.values;
    this.#parts.session.buffers.write(checkpoint.values);
  }

  /** Trains until the settings' epochs are done, early stopping, or an abort, which rejects with `aborted`; the epochs done are kept. */
  async train({ signal, onProgress }: FineTuneOptions = {}): Promise<readonly EpochFigures[]> {
    const { settings, session, cache } = this.#parts;
    try {
      while (this.#history.length < settings.epochs && !this.#isStopped()) {
        const epoch = this.#history.length;
        const started = performance.now();
        const order = this.#plan.epoch(epoch);
        const learningRate = learningRateOf(settings, epoch);
        if (epoch === settings.headEpochs) await this.#startWhole();
        const { figures, step } = await session.train(order, cache, {
          step: this.#steps,
          learningRate,
          headOnly: epoch < settings.headEpochs,
          signal,
          onProgress: (done) => onProgress?.({ stage: 'training', epoch: epoch + 1, epochs: settings.epochs, done, total: order.length }),
        });
        const validation = this.validationCount === 0 ? undefined : await session.evaluate(this.#plan.plain(this.#plan.validation), cache, { signal });
        const values = await session.values();
        const entry: EpochFigures = {
          epoch: epoch + 1,
          learningRate,
          ...figures,
          ...(validation === undefined ? {} : { validationLoss: validation.loss, validationAccuracy: validation.accuracy }),
          seconds: (performance.now() - started) / 1_000,
        };
        this.#steps = step;
        this.#history.push(entry);
        if (settings.earlyStopping !== undefined && this.#bestEpoch() === entry.epoch) this.#best = { epoch: entry.epoch, values };
        await this.#save(values);
        onProgress?.({ stage: 'epoch', figures: entry });
      }
      if (this.#best !== undefined) session.buffers.write(this.#best.values);
    } catch (error) {
      // The interrupted epoch is undone, so that going on gives what an unbroken run would have given.
      this.#rewind();
      throw error;
    }
    return this.#history;
  }

  /** Judges the held-back examples, or those trained on. */
  async judge(which: 'validation' | 'training' = 'validation', signal?: AbortSignal): Promise<Judgement[]> {
    const { session, cache, inputs } = this.#parts;
    const indices = which === 'validation' ? this.#plan.validation : this.#plan.training;
    const judgements: Judgement[] = [];
    await session.evaluate(this.#plan.plain(indices), cache, {
      signal,
      visit: (position, probabilities) => {
        const example = inputs.dataset.examples[indices[position] ?? -1];
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        if (example !== undefined) {
          judgements.push({ id: example.id, index: indices[position] ?? -1, label: example.label, predicted, confidence: probabilities[predicted] ?? NaN });
        }
      },
    });
    return judgements;
  }

  /** Class probabilities of new pictures; those that cannot be read are given to `onSkip`. */
  async predict(
    files: Iterable<{ readonly id: string; readonly file: PictureFile }>,
    visit: (id: string, probabilities: Float32Array<ArrayBuffer>) => void,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
  ): Promise<SkippedPicture[]> {
    const { session, extractor, settings, inputs, lengths } = this.#parts;
    const own = new FeatureCache(lengths, settings.features, Infinity, undefined);
    const waiting: { id: string; key: number }[] = [];
    const flush = async (): Promise<void> => {
      const examples = waiting.map(({ key }): TailExample => ({ key, label: 0, weight: 0 }));
      const ids = waiting.map(({ id }) => id);
      await session.evaluate(examples, own, {
        visit: (position, probabilities) => {
          visit(ids[position] ?? '', probabilities);
        },
      });
      waiting.length = 0;
      await own.clear();
    };
    const items = function* (): Generator<ExtractionItem> {
      let key = 0;
      for (const { id, file } of files) {
        yield { key: key++, id, load: () => preparedPicture(inputs, settings, file, { example: 0, copy: 0 }) };
      }
    };
    const skipped = await extractor.run(
      items(),
      async (item, record) => {
        await own.add(item.key, record);
        waiting.push({ id: item.id, key: item.key });
        if (waiting.length === settings.batchSize) await flush();
      },
      options,
    );
    if (waiting.length > 0) await flush();
    return skipped;
  }

  /** The trained numbers by Keras's names. */
  async weights(): Promise<Map<string, { readonly shape: readonly number[]; readonly values: Float32Array<ArrayBuffer> }>> {
    const { session } = this.#parts;
    const values = await session.values();
    const result = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>();
    for (const { name, shape, offset, length } of session.layout.parameters)
      result.set(name, { shape, values: values.parameters.slice(offset, offset + length) });
    for (const { layer, offset, length } of session.layout.moving) {
      const channels = length / 2;
      result.set(`${layer}/moving_mean`, { shape: [channels], values: values.moving.slice(offset, offset + channels) });
      result.set(`${layer}/moving_variance`, { shape: [channels], values: values.moving.slice(offset + channels, offset + length) });
    }
    return result;
  }

  /** Frees GPU memory and the features on disk; the checkpoint stays. */
  async destroy(): Promise<void> {
    this.#parts.extractor.destroy();
    this.#parts.session.destroy();
    await this.#parts.cache.clear();
  }

  #start(): TailValues {
    const { settings, session, trained } = this.#parts;
    return initialValues(trained, session.layout, { seed: settings.seed, slots: slotCount(settings) });
  }

  /** The optimiser forgets the epochs of the dense layer alone: its running values are of another problem. */
  async #startWhole(): Promise<void> {
    const { session, settings } = this.#parts;
    if (settings.headEpochs === 0) return;
    this.#steps = 0;
    const values = await session.values();
    session.buffers.write({ ...values, slots: [] });
  }

  #item(example: LabelledFile, index: number, copy: number): ExtractionItem {
    const { inputs, settings } = this.#parts;
    return {
      key: this.#plan.key(index, copy),
      id: example.id,
      load: () => preparedPicture(inputs, settings, example.file, { example: index, copy }),
    };
  }

  #bestEpoch(): number {
    const losses = this.#history.map(({ validationLoss }) => validationLoss ?? Infinity);
    return losses.indexOf(Math.min(...losses)) + 1;
  }

  #isStopped(): boolean {
    const { earlyStopping } = this.#parts.settings;
    return earlyStopping !== undefined && this.#history.length > 0 && this.#history.length - this.#bestEpoch() >= earlyStopping.patience;
  }

  async #save(values: TailValues): Promise<void> {
    this.#lastValues = values;
    const { checkpoints } = this.#parts.inputs;
    if (checkpoints === undefined) return;
    // Copying megabytes, encoding them and handing them over are three pieces for the page's thread.
    await giveWay();
    const checkpoint = { fingerprint: this.#fingerprint, steps: this.#steps, history: this.#history, values, best: this.#best };
    const bytes = encodeCheckpoint(checkpoint);
    await giveWay();
    await checkpoints.save(bytes);
  }

  #rewind(): void {
    this.#parts.session.buffers.write(this.#lastValues ?? this.#start());
  }
}
