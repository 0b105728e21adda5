/**
 * The tuner: measures the variants of a built program's calls on the values that they have in a run, and chooses for each
 * kernel and shape the fastest that agrees with the present one.
 */
import type { Variant } from './contract.js';
import type { Engine } from './engine.js';
import { GramaryeError, messageOf, throwIfAborted } from './errors.js';
import type { BoundCall, Program } from './program.js';
import { acceptedVariants, isPinned, shapeKey, type VariantPins } from './select.js';
import { Stopwatch } from './stopwatch.js';
import { agreement, CallBuffers, type OutputSamples } from './tune-candidate.js';

/** Default limit of a tuning, in ms; checking and compiling count. */
export const TUNE_BUDGET_MS = 10_000;
/** A candidate whose first two samples both take this many times the best is not measured again. */
const HOPELESS = 1.5;
/** One that lost this clearly for two shapes of a kernel is not tried for a third. */
const CLEARLY_WORSE = 2;
const CLEAR_LOSSES = 2;
/** Interleaved samples of the promising. */
const ROUNDS = 3;
/** The present variant stays unless another takes at most this share of its time. */
const WORTH_CHANGING = 0.97;
const MAX_REPEATS = 200;

/** How a tuning goes on. */
export interface TuneProgress {
  /** Shapes done, of how many. */
  readonly done: number;
  readonly total: number;
  /** The call and the variant that is measured next. */
  readonly call: string;
  readonly variant: string;
}

/** How a program is tuned. */
export interface TuneOptions {
  /** No variant is built after this long; the last one begun is finished. Default {@link TUNE_BUDGET_MS}. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuneProgress) => void;
  /** Shapes measured before, by shape key: not measured again. */
  readonly known?: VariantPins;
  /** Calls, shapes and kernels that stay as they are. */
  readonly pinned?: VariantPins;
  /** Narrows the variants of a call, for tests and experiments. */
  readonly candidates?: (call: BoundCall, variants: readonly Variant[]) => readonly Variant[];
}

/** What was measured of one kernel and shape. */
export interface TuneMeasurement {
  /** Shape key. */
  readonly key: string;
  /** A call of that shape: the one that was measured. */
  readonly label: string;
  readonly present: string;
  readonly chosen: string;
  /** Shortest time of one call by variant, ms. */
  readonly ms: Readonly<Record<string, number>>;
  /** Variants that do not compile or do not agree with the present one, and why. */
  readonly refused: Readonly<Record<string, string>>;
  /** False when the time was over before every candidate was tried. */
  readonly isComplete: boolean;
}

/** The outcome of a tuning. */
export interface TuneResult {
  /** The variant of each shape by shape key: the fastest of those measured now, or known before. */
  readonly pins: VariantPins;
  /** Those of `pins` for which every candidate was tried: worth remembering. */
  readonly settled: VariantPins;
  readonly measurements: readonly TuneMeasurement[];
  /** Whether every shape was measured. */
  readonly isComplete: boolean;
  readonly elapsedMs: number;
}

/** One variant under measurement. */
interface Contestant {
  readonly id: string;
  readonly program: Program;
  repeats: number;
  ms: number;
}

/**
 * Tunes the calls of a program whose inputs are written. The calls are walked in order, so that each is measured on the values
 * it has in a run: tensors are afterwards as after a run of the calls walked. Throws `aborted` and `device-lost`.
 */
export async function tuneProgram(engine: Engine, program: Program, options: TuneOptions = {}): Promise<TuneResult> {
  const tuning = new Tuning(engine, program, options);
  try {
    return await tuning.run();
  } finally {
    tuning.destroy();
  }
}

class Tuning {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #options: TuneOptions;
  readonly #stopwatch: Stopwatch;
  readonly #start = performance.now();
  readonly #losses = new Map<string, number>();

  constructor(engine: Engine, program: Program, options: TuneOptions) {
    this.#engine = engine;
    this.#program = program;
    this.#options = options;
    this.#stopwatch = new Stopwatch(engine);
  }

  async run(): Promise<TuneResult> {
    const { budgetMs = TUNE_BUDGET_MS, known = {} } = this.#options;
    const shapes = this.#shapes();
    const measurements: TuneMeasurement[] = [];
    let walked = 0;
    let work = shapes.reduce((sum, { flops }) => sum + flops, 0);
    for (const { index, call, rivals, flops } of shapes) {
      throwIfAborted(this.#options.signal);
      const leftMs = budgetMs - this.#elapsedMs();
      if (leftMs <= 0) break;
      this.#runCalls(walked, index);
      walked = index;
      // Time goes to shapes by their arithmetic; what one leaves the others share.
      const deadlineMs = this.#elapsedMs() + (leftMs * flops) / work;
      work -= flops;
      measurements.push(await this.#measure(call, rivals, deadlineMs, { done: measurements.length, total: shapes.length }));
    }
    await this.#engine.idle();
    const complete = measurements.filter(({ isComplete }) => isComplete);
    const own = new Set(this.#program.calls.map(({ kernel, attributes }) => shapeKey(kernel, attributes)));
    const kept = Object.entries(known).filter(([key]) => own.has(key));
    const chosenOf = (measured: readonly TuneMeasurement[]): VariantPins =>
      Object.fromEntries([...kept, ...measured.map(({ key, chosen }) => [key, chosen] as const)]);
    return {
      pins: chosenOf(measurements),
      settled: chosenOf(complete),
      measurements,
      isComplete: complete.length === shapes.length,
      elapsedMs: this.#elapsedMs(),
    };
  }

  destroy(): void {
    this.#stopwatch.destroy();
  }

  #elapsedMs(): number {
    return performance.now() - this.#start;
  }

  /** The first call of each shape that has a choice. */
  #shapes(): { index: number; call: BoundCall; rivals: Variant[]; flops: number }[] {
    const { known = {}, pinned = {}, candidates } = this.#options;
    const seen = new Set(Object.keys(known));
    return this.#program.calls.flatMap((call, index) => {
      const key = shapeKey(call.kernel, call.attributes);
      if (seen.has(key) || isPinned(call, pinned)) return [];
      seen.add(key);
      const accepted = acceptedVariants(call.definition, call.attributes, this.#engine.traits);
      const rivals = (candidates?.(call, accepted) ?? accepted).filter(({ id }) => id !== call.variant);
      const { flops, bytes } = call.definition.cost(call.attributes);
      return rivals.length === 0 ? [] : [{ index, call, rivals, flops: flops + bytes }];
    });
  }

  #runCalls(first: number, end: number): void {
    const encoder = this.#engine.device.createCommandEncoder({ label: 'tuner' });
    const pass = encoder.beginComputePass();
    this.#program.encodeCalls(pass, first, end);
    pass.end();
    this.#engine.device.queue.submit([encoder.finish()]);
  }

  async #measure(call: BoundCall, rivals: readonly Variant[], deadlineMs: number, progress: { done: number; total: number }): Promise<TuneMeasurement> {
    const buffers = new CallBuffers(this.#engine, this.#program, call);
    const refused: Record<string, string> = {};
    const contestants: Contestant[] = [];
    let isComplete = true;
    try {
      const present = await this.#admit(call, call.variant, buffers);
      if (typeof present === 'string') throw new GramaryeError('internal', `${call.label} cannot be measured as it is: ${present}.`);
      contestants.push(present);
      const wanted = await buffers.sample();
      // Twice, as for rivals below: a neighbour may have disturbed the first, and one sample alone throws nothing out.
      for (let sample = 0; sample < 2; sample++) await this.#sample(present);
      for (const { id } of rivals) {
        throwIfAborted(this.#options.signal);
        const lossKey = `${call.kernel} ${id}`;
        if ((this.#losses.get(lossKey) ?? 0) >= CLEAR_LOSSES) continue;
        if (this.#elapsedMs() > deadlineMs) {
          isComplete = false;
          break;
        }
        this.#options.onProgress?.({ ...progress, call: call.label, variant: id });
        const verdict = await this.#admit(call, id, buffers, wanted);
        if (typeof verdict === 'string') {
          refused[id] = verdict;
          continue;
        }
        contestants.push(verdict);
        await this.#sample(verdict);
        if (verdict.ms > HOPELESS * present.ms) await this.#sample(verdict);
        if (verdict.ms > CLEARLY_WORSE * present.ms) this.#losses.set(lossKey, (this.#losses.get(lossKey) ?? 0) + 1);
      }
      await this.#race(contestants, deadlineMs);
      const best = contestants.reduce((a, b) => (b.ms < a.ms ? b : a));
      return {
        key: shapeKey(call.kernel, call.attributes),
        label: call.label,
        present: call.variant,
        chosen: best.ms <= WORTH_CHANGING * present.ms ? best.id : call.variant,
        ms: Object.fromEntries(contestants.map(({ id, ms }) => [id, ms])),
        refused,
        isComplete,
      };
    } finally {
      await this.#engine.idle().catch(() => undefined);
      for (const { program } of contestants) program.destroy();
      buffers.destroy();
    }
  }

  /** Builds a variant and runs it once; with `wanted` it must give that. A reason when it is not to be used. */
  async #admit(call: BoundCall, id: string, buffers: CallBuffers, wanted?: OutputSamples): Promise<Contestant | string> {
    let program: Program | undefined;
    try {
      program = await buffers.build(id);
      this.#engine.device.pushErrorScope('validation');
      buffers.reset();
      program.prepare();
      program.run();
      const problem = await this.#engine.device.popErrorScope();
      const verdict = problem !== null ? problem.message : wanted === undefined || agreement(call, [call.variant, id], await buffers.sample(), wanted);
      if (verdict === true) return { id, program, repeats: 1, ms: Infinity };
      program.destroy();
      return verdict;
    } catch (error) {
      program?.destroy();
      if (this.#engine.isLost || (error instanceof GramaryeError && error.code === 'device-lost')) throw error;
      return messageOf(error);
    }
  }

  /** One sample, long enough to mean something. */
  async #sample(entry: Contestant): Promise<void> {
    const time = (): Promise<number> =>
      this.#stopwatch.time((pass) => {
        for (let repeat = 0; repeat < entry.repeats; repeat++) entry.program.encodeInto(pass);
      });
    let ms = await time();
    if (entry.ms === Infinity && ms < this.#stopwatch.minSampleMs) {
      entry.repeats = Math.min(MAX_REPEATS, Math.ceil(this.#stopwatch.minSampleMs / Math.max(ms, 0.05)));
      ms = await time();
    }
    entry.ms = Math.min(entry.ms, ms / entry.repeats);
  }

  /** More samples in turns of those that are still in the race. */
  async #race(contestants: readonly Contestant[], deadlineMs: number): Promise<void> {
    if (contestants.length < 2) return;
    for (let round = 1; round < ROUNDS; round++) {
      const best = Math.min(...contestants.map(({ ms }) => ms));
      for (const entry of contestants) {
        if (entry.ms > HOPELESS * best) continue;
        throwIfAborted(this.#options.signal);
        if (this.#elapsedMs() > deadlineMs && round > 1) return;
        await this.#sample(entry);
      }
    }
  }
}
