/** Statistics of timings: medians and their intervals. Timings are skewed and have outliers, so nothing here takes a mean. */
import { Philox } from '../../engine/random.js';

/** A 95% interval. */
export type Interval = readonly [low: number, high: number];

/** Draws of the bootstrap. */
const RESAMPLES = 2_000;

/** The median; NaN of nothing. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? NaN) + high) / 2;
}

function resampled(samples: readonly number[], random: Philox): number[] {
  return samples.map(() => samples[Math.floor(random.nextUniform() * samples.length)] ?? NaN);
}

function percentiles(values: number[]): Interval {
  values.sort((a, b) => a - b);
  return [values[Math.floor(0.025 * values.length)] ?? NaN, values[Math.ceil(0.975 * values.length) - 1] ?? NaN];
}

/** Bootstrap interval of the median (Efron and Tibshirani, 1993, percentile method), the same for the same samples. */
export function medianInterval(samples: readonly number[]): Interval {
  const random = new Philox(1);
  return percentiles(Array.from({ length: RESAMPLES }, () => median(resampled(samples, random))));
}

/** Bootstrap interval of the ratio of the medians of two independent sets of samples. */
export function ratioInterval(numerator: readonly number[], denominator: readonly number[]): Interval {
  const random = new Philox(2);
  return percentiles(Array.from({ length: RESAMPLES }, () => median(resampled(numerator, random)) / median(resampled(denominator, random))));
}
