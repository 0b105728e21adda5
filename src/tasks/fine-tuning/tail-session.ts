/** The trained tail at work: batches from the cache, steps, evaluation. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import { adamHyper, adamStepSize } from '../../kernels/run.js';
import { NO_LABEL } from '../../kernels/softmax-cross-entropy/softmax-cross-entropy.js';
import type { NetLayer } from '../mobilenet/layers.js';
import type { FeatureCache, Features } from './feature-cache.js';
import type { FineTuneSettings } from './settings.js';
import { TailProgram } from './tail-program.js';
import { layoutOf, TailBuffers, type TailLayout, type TailValues } from './tail-state.js';

/** Steps submitted before the GPU is waited for: a queue without end would hold every batch in memory. */
const STEPS_IN_FLIGHT = 4;

/** An example to train on or to judge: the key of its features and its class. */
export interface TailExample {
  readonly key: number;
  readonly label: number;
  readonly weight: number;
}

/** Averages over the examples of a pass. */
export interface PassFigures {
  readonly loss: number;
  readonly accuracy: number;
}

/** Parts of a net that the session is about. */
export interface SessionParts {
  readonly layers: readonly NetLayer[];
  readonly trained: readonly NetLayer[];
  readonly crossing: readonly NetLayer[];
  readonly classes: number;
}

/** Owns the programs and buffers of one run. */
export class TailSession {
  readonly layout: TailLayout;
  readonly buffers: TailBuffers;
  readonly #engine: Engine;
  readonly #parts: SessionParts;
  readonly #settings: FineTuneSettings;
  /** By batch size: the usual one and that of the last batch of an epoch, because BatchNorm must see whole batches. */
  readonly #programs = new Map<number, TailProgram>();

  constructor(engine: Engine, parts: SessionParts, settings: FineTuneSettings) {
    this.#engine = engine;
    this.#parts = parts;
    this.#settings = settings;
    this.layout = layoutOf(parts.trained, parts.layers.at(-2)?.channels ?? 0);
    this.buffers = new TailBuffers(engine, this.layout, slotCount(settings));
  }

  /** Compiles the programs that an epoch of `count` examples needs. */
  async prepare(count: number, onProgress?: (done: number, total: number) => void): Promise<void> {
    const { batchSize } = this.#settings;
    await this.#program(batchSize, onProgress);
    if (count % batchSize !== 0) await this.#program(count % batchSize, onProgress);
  }

  /** One epoch over the examples in the given order. `step` is the number of steps taken before; gives the number after. */
  async train(
    examples: readonly TailExample[],
    cache: FeatureCache,
    options: {
      readonly step: number;
      readonly learningRate: number;
      /** Train the dense layer alone. */
      readonly headOnly?: boolean;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((done: number) => void) | undefined;
    },
  ): Promise<{ figures: PassFigures; step: number }> {
    const { batchSize } = this.#settings;
    let step = options.step;
    this.#resetTotals();
    let batch = this.#batchOf(examples.slice(0, batchSize), cache, Math.min(batchSize, examples.length));
    // A pass that is stopped before it begins no longer asks for it, and its features may be gone.
    batch.catch(() => undefined);
    for (let start = 0; start < examples.length; start += batchSize) {
      throwIfAborted(options.signal);
      const { features, labels, weights } = await batch;
      const program = await this.#program(labels.length);
      const next = examples.slice(start + batchSize, start + 2 * batchSize);
      batch = this.#batchOf(next, cache, next.length);
      batch.catch(() => undefined);
      step++;
      this.#writeHyper(options.learningRate, step);
      program.write({ features, labels, weights });
      if (options.headOnly === true) program.trainHead();
      else program.train();
      if ((start / batchSize) % STEPS_IN_FLIGHT === STEPS_IN_FLIGHT - 1) await this.#engine.idle();
      options.onProgress?.(Math.min(examples.length, start + batchSize));
    }
    return { figures: await this.#figures(examples.length), step };
  }

  /** Evaluates examples in inference mode; `visit` gets the probabilities of each. */
  async evaluate(
    examples: readonly TailExample[],
    cache: FeatureCache,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly visit?: ((index: number, probabilities: Float32Array<ArrayBuffer>) => void) | undefined;
    } = {},
  ): Promise<PassFigures> {
    const { batchSize } = this.#settings;
    const program = await this.#program(batchSize);
    this.#resetTotals();
    for (let start = 0; start < examples.length; start += batchSize) {
      throwIfAborted(options.signal);
      const part = examples.slice(start, start + batchSize);
      program.write(await this.#batchOf(part, cache, batchSize));
      program.evaluate();
      if (options.visit === undefined) {
        if ((start / batchSize) % STEPS_IN_FLIGHT === STEPS_IN_FLIGHT - 1) await this.#engine.idle();
        continue;
      }
      const probabilities = await program.probabilities();
      for (const index of part.keys()) options.visit(start + index, probabilities.slice(index * this.#parts.classes, (index + 1) * this.#parts.classes));
    }
    return this.#figures(examples.length);
  }

  /** Copies all trained numbers from the GPU. Throws `non-finite` when the training has diverged. */
  async values(): Promise<TailValues> {
    const values = await this.buffers.read();
    if (!areFinite(values.parameters)) {
      throw new GramaryeError('non-finite', 'The parameters are no longer finite: the training has diverged.', { remedy: 'Lower the learning rate.' });
    }
    return values;
  }

  /** Frees GPU memory. */
  destroy(): void {
    for (const program of this.#programs.values()) program.destroy();
    this.#programs.clear();
    this.buffers.destroy();
  }

  async #program(batch: number, onProgress?: (done: number, total: number) => void): Promise<TailProgram> {
    const known = this.#programs.get(batch);
    if (known !== undefined) return known;
    const { optimizer, nesterov, features, batchNormMomentum } = this.#settings;
    const program = await TailProgram.build(this.#engine, {
      ...this.#parts,
      layout: this.layout,
      buffers: this.buffers,
      batch,
      features,
      optimizer,
      nesterov,
      batchNormMomentum,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    this.#programs.set(batch, program);
    return program;
  }

  async #batchOf(
    examples: readonly TailExample[],
    cache: FeatureCache,
    size: number,
  ): Promise<{ features: Features; labels: Uint32Array<ArrayBuffer>; weights: Float32Array<ArrayBuffer> }> {
    const places = Array.from({ length: size }, (_, index) => examples[index]);
    return {
      features: await cache.gather(places.map((example) => example?.key)),
      labels: Uint32Array.from(places, (example) => example?.label ?? NO_LABEL),
      weights: Float32Array.from(places, (example) => example?.weight ?? 0),
    };
  }

  #writeHyper(learningRate: number, step: number): void {
    const { optimizer, momentum, beta1, beta2, epsilon } = this.#settings;
    if (optimizer === 'sgd') {
      this.#engine.write(this.buffers.hyper, Float32Array.of(learningRate, momentum));
      return;
    }
    this.#engine.write(this.buffers.hyper, adamHyper({ beta1, beta2, epsilon }));
    this.#engine.write(this.buffers.schedule, Float32Array.of(adamStepSize({ learningRate, beta1, beta2 }, step)));
  }

  #resetTotals(): void {
    this.#engine.write(this.buffers.totals, new Float32Array(2));
  }

  async #figures(count: number): Promise<PassFigures> {
    const [loss = NaN, hits = NaN] = await this.#engine.readFloats(this.buffers.totals, 2);
    return { loss: loss / count, accuracy: hits / count };
  }
}

/** Whether all numbers are finite, in a plain loop: there are millions, and the page's thread waits. */
function areFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

/** Running values of the optimiser: a velocity, or two moments. */
export function slotCount({ optimizer }: Pick<FineTuneSettings, 'optimizer'>): number {
  return optimizer === 'sgd' ? 1 : 2;
}
