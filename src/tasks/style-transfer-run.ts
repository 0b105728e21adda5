/** A run of style transfer or texture synthesis at one size. */
import type { Concession } from '../engine/budget.js';
import type { Engine } from '../engine/engine.js';
import { GramaryeError, throwIfAborted } from '../engine/errors.js';
import { CAUTIOUS_FLOPS, type BoundCall, type MemoryPlan } from '../engine/program.js';
import type { VariantPins } from '../engine/select.js';
import type { TuneResult } from '../engine/tuner.js';
import { variantsByLabel } from '../engine/variant-map.js';
import { GradientScale } from './gradient-scale.js';
import type { LossReader, Losses } from './loss-reader.js';
import { adamSchedule, atIterate, changesLoss, restartOptimiser } from './optimiser.js';
import type { Picture } from './picture.js';
import type { Dimensions } from './pictures/picture-size.js';
import { PRESENT } from './presentation.js';
import { readState, writeState } from './run-state.js';
import type { ImageRun, RunOptions, RunProgress, RunSnapshot, TraceEntry } from './run-types.js';
import { checkLiveSettings, type LiveSettings, type StyleTransferSettings } from './settings.js';
import { EVALUATE, RING_CAPACITY, UPDATE, type StepProgram } from './step-program.js';
import { writeLiveSettings } from './step-weights.js';
import type { StyleTarget } from './style-targets.js';
import type { ContentTarget, GramTarget } from './targets.js';
import type { TiledEvaluation } from './tiling/tiled-evaluation.js';
import type { TilePlan } from './tiling/windows.js';

/** The longest that a batch of steps may take before its losses are read, so that progress shows and cancel works. */
const BATCH_MS = 200;
/** The longest that a command buffer may take, about: systems reset devices after seconds. */
const SUBMIT_MS = 200;
/** Several steps share a command buffer as long as they take no more than this: the page is drawn between command buffers. */
const SHARED_SUBMIT_MS = 40;
/** What one step runs. */
const STEP_SECTIONS = [EVALUATE, UPDATE, PRESENT];

/** What a run is made of. */
export interface RunParts {
  readonly engine: Engine;
  readonly settings: StyleTransferSettings;
  readonly step: StepProgram;
  readonly reader: LossReader;
  readonly styleGoals: readonly StyleTarget[];
  readonly contents: ReadonlyMap<string, Pick<ContentTarget, 'meanSquare'>>;
  readonly start: Picture;
  readonly release: () => void;
  readonly targetCalls: readonly BoundCall[];
  readonly tuning: TuneResult | undefined;
  /** Of a step that is computed tile by tile. */
  readonly evaluation: TiledEvaluation | undefined;
}

/** A run under way. All methods but `pause` and `destroy` may be called only while no `run()` is pending. */
export class StyleTransferRun implements ImageRun {
  readonly settings: StyleTransferSettings;
  readonly memory: MemoryPlan;
  readonly givenUp: readonly Concession[];
  readonly tuning: TuneResult | undefined;
  /** Kernels and variants of one step, in order. */
  readonly calls: readonly BoundCall[];
  /** Kernels and variants that computed the targets. */
  readonly targetCalls: readonly BoundCall[];
  /** The variant of every call by label, of the targets as well: as `pins` they give the same bits on the same adapter. */
  readonly variants: VariantPins;
  readonly #engine: Engine;
  readonly #step: StepProgram;
  readonly #reader: LossReader;
  readonly #styleGoals: readonly StyleTarget[];
  readonly #contents: ReadonlyMap<string, Pick<ContentTarget, 'meanSquare'>>;
  readonly #evaluation: TiledEvaluation | undefined;
  readonly #start: Picture;
  readonly #release: () => void;
  readonly #trace: TraceEntry[] = [];
  #optimiserStart = 0;
  readonly #scale: GradientScale;
  #live: LiveSettings;
  #submitted = 0;
  #wantsPause = false;
  #stepMs = 0;
  readonly #flopsPerStep: number;
  #destroyed = false;

  constructor({ engine, settings, step, reader, styleGoals, contents, start, release, targetCalls, tuning, evaluation }: RunParts) {
    this.#evaluation = evaluation;
    this.settings = settings;
    this.memory = step.program.memory;
    this.calls = step.program.calls;
    this.givenUp = step.givenUp;
    this.tuning = tuning;
    this.targetCalls = targetCalls;
    this.variants = variantsByLabel([...targetCalls, ...this.calls]);
    this.#engine = engine;
    this.#step = step;
    this.#flopsPerStep = step.program.flops(STEP_SECTIONS);
    this.#reader = reader;
    this.#styleGoals = styleGoals;
    this.#contents = contents;
    this.#start = start;
    this.#release = release;
    this.#live = settings;
    this.#scale = new GradientScale(settings);
    this.reset();
  }

  /** How the picture is cut, where it is computed in tiles. */
  get tiles(): TilePlan | undefined {
    return this.#step.tiles?.plan;
  }

  /** Steps done. */
  get steps(): number {
    return this.#submitted;
  }

  /** Entry k holds the losses of the image before update k. */
  get trace(): readonly TraceEntry[] {
    return this.#trace;
  }

  /** The power of two that gradients are multiplied with on their way; 1 in f32. */
  get gradientScale(): number {
    return this.#scale.value;
  }

  /** Gram targets of the terms of the style loss; blended over the styles, where there are no masks. */
  get gramTargets(): readonly GramTarget[] {
    return this.#styleGoals.map(({ gram }) => gram);
  }

  /** The image in GPU memory, f32 [height, width, 3], for drawing without a read-back. */
  get imageBuffer(): GPUBuffer {
    return this.#step.program.bufferOf(this.#step.tensors.presentation.shown);
  }

  /** Height and width of the image. */
  get imageSize(): Dimensions {
    return this.settings;
  }

  /** Back to the start: image, optimiser, counter, trace. */
  reset(): void {
    const { height, width, data } = this.#start;
    this.restore({ step: 0, height, width, image: data, state: {}, trace: [] });
  }

  /** Reads back the present state, to return to it or to go on from it in another run of the same settings. */
  async snapshot(): Promise<RunSnapshot> {
    const { height, width } = this.#start;
    const [step, trace, gradientScale] = [this.#submitted, [...this.#trace], this.#scale.value];
    const start = this.#optimiserStart === 0 ? {} : { optimiserStart: this.#optimiserStart };
    return { step, height, width, ...(await readState(this.#engine, this.#step)), trace, ...start, ...(this.#scale.isChosen ? { gradientScale } : {}) };
  }

  /** Comes back to a state that {@link snapshot} gave. Throws `bad-picture` when it is of another size. */
  restore({ step, height, width, image, state, trace, optimiserStart = 0, gradientScale }: RunSnapshot): void {
    const start = this.#start;
    if (height !== start.height || width !== start.width || image.length !== start.data.length) {
      throw new GramaryeError(
        'bad-picture',
        `The state is of ${String(width)} × ${String(height)} px; this run has ${String(start.width)} × ${String(start.height)} px.`,
        { remedy: 'Restore it in a run of the same size.' },
      );
    }
    const { program, tensors } = this.#step;
    writeState(this.#engine, this.#step, { image, state });
    this.#engine.write(program.bufferOf(tensors.step), Uint32Array.of(step));
    this.#submitted = step;
    // Without moments Adam begins here, whatever came before.
    this.#optimiserStart = Object.keys(state).length === 0 ? step : optimiserStart;
    this.#trace.length = 0;
    for (const entry of trace) this.#trace.push(entry);
    if (gradientScale !== undefined) this.#scale.set(gradientScale);
    this.setLive({});
    program.run({ sections: [PRESENT] });
  }

  /** Changes weights and optimiser settings from the next step on. Throws `bad-option`. */
  setLive(changes: Partial<LiveSettings>): void {
    const live = { ...this.#live, ...changes };
    checkLiveSettings(live);
    const { program, tensors } = this.#step;
    this.#evaluation?.restart();
    if (changesLoss(this.#live, live)) restartOptimiser(this.#engine, program, tensors.optimiser);
    this.#live = live;
    writeLiveSettings(this.#engine, this.#step, this.settings, live, { styleGoals: this.#styleGoals, contents: this.#contents }, this.#scale.value);
  }

  /** Lets a pending `run()` end after the steps already submitted. */
  pause(): void {
    this.#wantsPause = true;
  }

  /**
   * Takes steps until `steps` are done in all (default: the settings'), a pause or an abort. Resolves with the number of
   * steps done; an abort rejects with `aborted` and leaves the run as it was after its last step.
   */
  async run(options: RunOptions = {}): Promise<number> {
    const target = options.steps ?? this.settings.steps;
    this.#wantsPause = false;
    if (this.#evaluation !== undefined) return this.#runTiled(this.#evaluation, target, options);
    let pending: Promise<void> = Promise.resolve();
    let last = performance.now();
    while (this.#submitted < target && !this.#mustStop(options.signal)) {
      const first = this.#submitted;
      const count = Math.min(this.#batchSize(), target - first);
      this.#submit(first, count);
      const read = this.#reader.read(first, count);
      const before = pending;
      pending = Promise.all([before, read]).then(([, losses]) => {
        const now = performance.now();
        this.#stepMs = (now - last) / count;
        last = now;
        losses.forEach((entry, index) => this.#trace.push({ step: first + index, ...entry, ms: this.#stepMs }));
        const newest = this.#trace.at(-1);
        // From the next batch on; the scale is the same power of two going in and coming out, so nothing else changes.
        if (this.#scale.adapt(newest?.half)) this.setLive({});
        options.onProgress?.({ stage: 'steps', done: first + count, total: target, ...newestOf(this.#trace) });
      });
      // One batch runs while the next is recorded; no more are in flight.
      await before;
    }
    await pending;
    throwIfAborted(options.signal);
    return this.#submitted;
  }

  /** Steps one after the other; a step that had to stop goes on where it stopped, or is as if it had never begun. */
  async #runTiled(evaluation: TiledEvaluation, target: number, { signal, onProgress }: RunOptions): Promise<number> {
    const tell = (tile?: RunProgress['tile']): void => {
      onProgress?.({ stage: 'steps', done: this.#submitted, total: target, ...(tile === undefined ? {} : { tile }), ...newestOf(this.#trace) });
    };
    while (this.#submitted < target && !this.#mustStop(signal)) {
      const [start, step] = [performance.now(), this.#submitted];
      if (!(await evaluation.evaluate({ mustStop: () => this.#mustStop(signal), onTile: tell }))) break;
      this.#writeSchedule(step);
      this.#step.program.run({ sections: [UPDATE, PRESENT] });
      this.#submitted = step + 1;
      const [losses] = await this.#reader.read(step, 1);
      this.#stepMs = performance.now() - start;
      if (losses !== undefined) this.#trace.push({ step, ...losses, ms: this.#stepMs });
      if (this.#scale.adapt(losses?.half)) this.setLive({});
      tell();
    }
    throwIfAborted(signal);
    return this.#submitted;
  }

  /** In f16, finds the gradient scale at the present image, unless the settings give it. Throws `aborted`. */
  async chooseGradientScale(signal?: AbortSignal): Promise<void> {
    for (let round = 0; round < GradientScale.ROUNDS && this.#scale.isChosen; round++) {
      throwIfAborted(signal);
      const { half } = await this.evaluate();
      if (!this.#scale.aim(half)) return;
      this.setLive({});
    }
  }

  /** Takes one step. */
  async step(): Promise<void> {
    await this.run({ steps: this.#submitted + 1 });
  }

  /** Losses of the present image, without changing it. */
  async evaluate(): Promise<Losses> {
    await this.#evaluateIterate();
    const [losses] = await this.#reader.read(this.#submitted, 1);
    if (losses === undefined) throw new GramaryeError('internal', 'The evaluation gave no losses.');
    return losses;
  }

  /** The trace with the losses of the present image as its last entry. */
  async completeTrace(): Promise<TraceEntry[]> {
    return [...this.#trace, { step: this.#submitted, ...(await this.evaluate()), ms: 0 }];
  }

  /** The gradient of the total loss at the present image, f32 [height, width, 3]; for checks. */
  async gradient(): Promise<Float32Array<ArrayBuffer>> {
    await this.#evaluateIterate();
    return this.#engine.readFloats(this.#step.program.bufferOf(this.#step.tensors.imageGradient), this.#start.data.length);
  }

  /** The present image. Throws `non-finite` when the optimisation has diverged. */
  async image(): Promise<Picture> {
    const { height, width } = this.settings;
    const data = await this.#engine.readFloats(this.imageBuffer, height * width * 3);
    if (!data.every((value) => Number.isFinite(value))) {
      throw new GramaryeError('non-finite', 'The image holds values that are not finite: the optimisation has diverged.', {
        remedy:
          this.settings.precision === 'f16'
            ? 'Use precision f32 or a smaller gradient scale, or lower the learning rate or the weights.'
            : 'Lower the learning rate or the weights.',
      });
    }
    return { height, width, data };
  }

  /** Frees everything the run holds on the GPU. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#wantsPause = true;
    this.#release();
  }

  async #evaluateIterate(): Promise<void> {
    const { program, tensors } = this.#step;
    await atIterate(this.#engine, program, tensors.optimiser, async () => {
      if (this.#evaluation !== undefined) {
        this.#evaluation.restart();
        await this.#evaluation.evaluate({ mustStop: () => this.#destroyed });
        return;
      }
      program.run({ sections: [EVALUATE], maxFlopsPerSubmit: this.#submitFlops });
    });
  }

  #mustStop(signal: AbortSignal | undefined): boolean {
    return this.#wantsPause || signal?.aborted === true;
  }

  #batchSize(): number {
    if (this.#stepMs === 0) return 1;
    return Math.max(1, Math.min(RING_CAPACITY / 2, Math.floor(BATCH_MS / this.#stepMs)));
  }

  /** Arithmetic of a command buffer of {@link SUBMIT_MS} at the speed of the last steps; careful before there are any. */
  get #submitFlops(): number {
    if (this.#stepMs === 0) return CAUTIOUS_FLOPS;
    return this.#stepMs <= SUBMIT_MS ? Infinity : (this.#flopsPerStep * SUBMIT_MS) / this.#stepMs;
  }

  /** The whole ring at once; the queue writes it when the steps in flight are done. */
  #writeSchedule(first: number): void {
    const { program, tensors } = this.#step;
    const { schedule } = tensors.optimiser;
    if (schedule !== undefined) this.#engine.write(program.bufferOf(schedule), adamSchedule(this.#live, first, this.#optimiserStart, RING_CAPACITY));
  }

  #submit(first: number, count: number): void {
    const { program } = this.#step;
    const maxFlopsPerSubmit = this.#submitFlops;
    this.#writeSchedule(first);
    const perSubmit = this.#stepMs === 0 ? 1 : Math.max(1, Math.floor(SHARED_SUBMIT_MS / this.#stepMs));
    for (let done = 0; done < count; done += perSubmit) {
      program.run({ sections: STEP_SECTIONS, repeats: Math.min(perSubmit, count - done), maxFlopsPerSubmit });
    }
    this.#submitted = first + count;
  }
}

function newestOf(trace: readonly TraceEntry[]): Pick<RunProgress, 'losses'> {
  const newest = trace.at(-1);
  return newest === undefined ? {} : { losses: newest };
}
