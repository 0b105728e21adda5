/** Checks that all engines compute the same, then times them in turns. */
import { messageOf } from '../../src/engine/errors.js';
import { median, ratioInterval, type Interval } from '../stats/median.js';
import type { Contender, ReadyStep } from './contender.js';
import type { GramaryeContender } from './gramarye.js';
import { stepProblem } from './problem.js';

/** What to measure. */
export interface StepBenchOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
}

/** One engine at one size. */
export interface StepResult {
  readonly engine: string;
  readonly description: string;
  readonly size: number;
  readonly medianMs: number;
  readonly samplesMs: readonly number[];
  /** Its time over Gramarye's, of medians. */
  readonly ratio: number;
  readonly ratioInterval: Interval;
  /** From the first call to the end of the first step: compilation, upload, targets. */
  readonly firstStepMs: number;
  /** Relative difference of the loss, and relative L2 distance of the gradient, to Gramarye's at the start. */
  readonly lossDifference: number;
  readonly gradientDistance: number;
  readonly memoryBytes?: number;
  readonly variants?: readonly string[];
}

/** An engine that cannot take the step here, with its own words. */
export interface StepRefusal {
  readonly engine: string;
  readonly size: number;
  readonly cannot: string;
}

/** What was measured, and what could not be. */
export interface StepBenchResults {
  readonly results: readonly StepResult[];
  readonly refusals: readonly StepRefusal[];
}

/** Largest differences at which engines count as computing the same. */
const AGREEMENT = { loss: 1e-3, gradient: 1e-2 };

function distance(got: Float32Array, wanted: Float32Array): number {
  let difference = 0;
  let norm = 0;
  wanted.forEach((value, index) => {
    difference += ((got[index] ?? NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

/** A peer that computes something else. */
class Disagreement extends Error {}

interface Entry {
  readonly contender: Contender;
  readonly ready: ReadyStep;
  readonly firstStepMs: number;
  readonly lossDifference: number;
  readonly gradientDistance: number;
  readonly samplesMs: number[];
}

/**
 * Measures `gramarye` and its peers. A peer that fails before its first step is over is refused with its error. Throws when a peer
 * disagrees about loss or gradient: its time would mean nothing.
 */
export async function measureSteps(
  gramarye: GramaryeContender,
  peers: readonly Contender[],
  { sizes, rounds }: StepBenchOptions,
  report: (line: string) => void,
): Promise<StepBenchResults> {
  const results: StepResult[] = [];
  const refusals: StepRefusal[] = [];
  for (const size of sizes) {
    const problem = stepProblem(size);
    report(`${String(size)}²: preparing gramarye`);
    let start = performance.now();
    const own = await gramarye.prepare(problem);
    const reference = await own.evaluate();
    await own.step();
    const entries: Entry[] = [
      { contender: gramarye, ready: own, firstStepMs: performance.now() - start, lossDifference: 0, gradientDistance: 0, samplesMs: [] },
    ];
    for (const contender of peers) {
      report(`${String(size)}²: preparing ${contender.name}`);
      start = performance.now();
      try {
        const ready = await contender.prepare(problem, own.targets);
        const { loss, gradient } = await ready.evaluate();
        const lossDifference = Math.abs(loss - reference.loss) / Math.abs(reference.loss);
        const gradientDistance = distance(gradient, reference.gradient);
        report(
          `${String(size)}²: ${contender.name} differs by ${lossDifference.toExponential(1)} in the loss, ${gradientDistance.toExponential(1)} in the gradient`,
        );
        if (!(lossDifference <= AGREEMENT.loss && gradientDistance <= AGREEMENT.gradient)) {
          throw new Disagreement(
            `${contender.name} does not compute what gramarye computes: loss ${String(loss)}, wanted ${String(reference.loss)}; gradient off by ${String(gradientDistance)}.`,
          );
        }
        await ready.step();
        entries.push({ contender, ready, firstStepMs: performance.now() - start, lossDifference, gradientDistance, samplesMs: [] });
      } catch (error) {
        if (error instanceof Disagreement) throw error;
        const cannot = messageOf(error);
        report(`${String(size)}²: ${contender.name} cannot: ${cannot}`);
        refusals.push({ engine: contender.name, size, cannot });
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const { contender, ready, samplesMs } of entries) {
        const before = performance.now();
        await ready.step();
        samplesMs.push(performance.now() - before);
        report(`${String(size)}²: round ${String(round + 1)} of ${String(rounds)}: ${contender.name} ${(samplesMs.at(-1) ?? NaN).toFixed(0)} ms`);
      }
    }
    const ownSamples = entries[0]?.samplesMs ?? [];
    for (const { contender, ready, samplesMs, ...rest } of entries) {
      const { firstStepMs, lossDifference, gradientDistance } = rest;
      results.push({
        engine: contender.name,
        description: await contender.describe(),
        size,
        medianMs: median(samplesMs),
        samplesMs,
        ratio: median(samplesMs) / median(ownSamples),
        ratioInterval: ratioInterval(samplesMs, ownSamples),
        firstStepMs,
        lossDifference,
        gradientDistance,
        ...(ready.memoryBytes === undefined ? {} : { memoryBytes: ready.memoryBytes }),
        ...(ready.variants === undefined ? {} : { variants: ready.variants }),
      });
      ready.destroy();
    }
  }
  return { results, refusals };
}
