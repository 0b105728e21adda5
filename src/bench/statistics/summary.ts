/** Statistics of one case: quantiles, an interval of the median that assumes no distribution, and marks on outliers. */
import { interquartileRange, quantileSorted } from 'simple-statistics';
import type { CaseSummary } from '../result.js';
import { median, type Interval } from './median.js';

/** Wanted coverage of the interval of a median. */
const COVERAGE = 0.95;

/**
 * Interval of the median by order statistics: with X ~ Binomial(n, ½), the k-th smallest and k-th largest sample enclose it with
 * probability 1 − 2 P(X < k) (David and Nagaraja, "Order statistics", 2003, §7.1). The narrowest of at least 95%; below 6
 * samples the widest there is, which covers less.
 */
export function orderInterval(samples: readonly number[]): Interval {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  let probability = 0.5 ** n;
  let below = 0;
  let k = 0;
  // `below` is P(X < k + 1) after adding P(X = k).
  while (k < n / 2) {
    below += probability;
    if (1 - 2 * below < COVERAGE) break;
    probability *= (n - k) / (k + 1);
    k++;
  }
  const rank = Math.max(k, 1);
  return [sorted[rank - 1] ?? NaN, sorted[n - rank] ?? NaN];
}

/** Width of an interval over the median: what "within 3%" is about. */
export function relativeWidth(samples: readonly number[]): number {
  const [low, high] = orderInterval(samples);
  return (high - low) / median(samples);
}

/** Samples that an interval of 95% needs at least. */
export const MINIMUM_SAMPLES = 6;

/** Indices beyond Tukey's fences: 1.5 interquartile ranges outside the quartiles (Tukey, "Exploratory data analysis", 1977). */
export function outlierIndices(samples: readonly number[]): number[] {
  if (samples.length < 4) return [];
  const sorted = [...samples].sort((a, b) => a - b);
  const reach = 1.5 * interquartileRange(sorted);
  const low = quantileSorted(sorted, 0.25) - reach;
  const high = quantileSorted(sorted, 0.75) + reach;
  return samples.flatMap((sample, index) => (sample < low || sample > high ? [index] : []));
}

/** Everything that is said about the samples of a case. `precision` is the wanted relative width of the interval. */
export function summarise(samples: readonly number[], wall: readonly number[], precision: number): CaseSummary {
  const sorted = [...samples].sort((a, b) => a - b);
  const [low, high] = orderInterval(samples);
  return {
    medianMs: median(samples),
    p10Ms: quantileSorted(sorted, 0.1),
    p90Ms: quantileSorted(sorted, 0.9),
    p99Ms: quantileSorted(sorted, 0.99),
    intervalMs: [low, high],
    wallMedianMs: median(wall),
    outliers: outlierIndices(samples),
    isPrecise: samples.length >= MINIMUM_SAMPLES && (high - low) / median(samples) <= precision,
  };
}
