/** Sampling in rounds: every round times every variant once, in an order of its own. */
import { throwIfAborted } from '../../engine/errors.js';
import type { Philox } from '../../engine/random.js';
import { MINIMUM_SAMPLES, relativeWidth } from '../statistics/summary.js';
import type { Sample } from './clock.js';

/** Something that can be timed: a batch of `repeats` calls. */
export interface Timed {
  readonly id: string;
  /** Timed beside the others but not waited for: the yardstick. */
  readonly isYardstick?: boolean;
  measure(repeats: number): Promise<Sample>;
}

/** When sampling ends. */
export interface SamplingLimits {
  /** Wanted relative width of the interval of the median. */
  readonly precision: number;
  readonly maximumSamples: number;
  /** Milliseconds on the wall for all variants together; at least {@link MINIMUM_SAMPLES} rounds are taken. */
  readonly maximumMs: number;
  readonly minimumSampleMs: number;
}

/** Samples of one variant: milliseconds of one call. */
export interface Series {
  readonly id: string;
  readonly repeats: number;
  readonly samplesMs: number[];
  readonly wallMs: number[];
}

/** Most calls in one batch: more make command buffers that drivers dislike. */
const MAXIMUM_REPEATS = 4_096;

/** A permutation in place (Fisher and Yates). */
export function shuffle<T>(items: T[], random: Philox): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random.nextUniform() * (last + 1));
    const [a, b] = [items[last], items[other]];
    if (a !== undefined && b !== undefined) [items[last], items[other]] = [b, a];
  }
  return items;
}

/** Finds how many calls make a sample long enough; the runs meanwhile are the warm-up. */
async function calibrateRepeats(timed: Timed, minimumSampleMs: number): Promise<number> {
  let repeats = 1;
  await timed.measure(1);
  for (let attempt = 0; attempt < 12; attempt++) {
    const { ms } = await timed.measure(repeats);
    if (ms >= minimumSampleMs || repeats >= MAXIMUM_REPEATS) break;
    // A clock that saw nothing says nothing about how much is missing.
    repeats = Math.min(MAXIMUM_REPEATS, Math.ceil(repeats * Math.min(10, Math.max(1.2, (1.1 * minimumSampleMs) / Math.max(ms, minimumSampleMs / 1_000)))));
  }
  return repeats;
}

/**
 * Times all in turns, in a random order every round, until every interval is as narrow as wanted or a limit is met. `now` is the wall.
 * The order depends on `random` alone. Throws `aborted`.
 */
export async function sampleInTurns(
  timed: readonly Timed[],
  limits: SamplingLimits,
  options: {
    readonly random: Philox;
    readonly now: () => number;
    readonly signal?: AbortSignal | undefined;
    readonly onRound?: (done: number, series: readonly Series[]) => void;
  },
): Promise<Series[]> {
  const entries: { timed: Timed; series: Series }[] = [];
  for (const one of timed) {
    throwIfAborted(options.signal);
    entries.push({ timed: one, series: { id: one.id, repeats: await calibrateRepeats(one, limits.minimumSampleMs), samplesMs: [], wallMs: [] } });
  }
  const all = entries.map(({ series }) => series);
  const awaited = entries.filter((entry) => entry.timed.isYardstick !== true).map(({ series }) => series);
  const start = options.now();
  for (let round = 0; round < limits.maximumSamples && entries.length > 0; round++) {
    for (const { timed: one, series } of shuffle([...entries], options.random)) {
      throwIfAborted(options.signal);
      const { ms, wallMs } = await one.measure(series.repeats);
      series.samplesMs.push(ms / series.repeats);
      series.wallMs.push(wallMs / series.repeats);
    }
    options.onRound?.(round + 1, all);
    if (round + 1 < MINIMUM_SAMPLES) continue;
    if (options.now() - start > limits.maximumMs || awaited.every(({ samplesMs }) => relativeWidth(samplesMs) <= limits.precision)) break;
  }
  return all;
}
