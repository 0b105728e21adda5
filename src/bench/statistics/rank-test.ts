/** Comparison of two sets of timings by ranks: how likely is such a difference by chance, and how large is it. */
import { errorFunction } from 'simple-statistics';
import { median, type Interval } from './median.js';

/** Quantile 0.975 of the normal distribution. */
const NORMAL_975 = 1.959964;

/** Two-sided p of a normal deviate. */
function twoSided(z: number): number {
  return Math.min(1, Math.max(0, 1 - errorFunction(Math.abs(z) / Math.SQRT2)));
}

/**
 * Two-sided p of the Mann–Whitney test by the normal approximation, corrected for ties and continuity (Mann and Whitney, 1947;
 * Lehmann, "Nonparametrics", 1975, §1.5). 1 for less than two samples a side.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [m, n] = [a.length, b.length];
  if (m < 2 || n < 2) return 1;
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))].sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end++;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index++) if (all[index]?.isA === true) rankSum += rank;
    const tied = end - start;
    ties += tied ** 3 - tied;
    start = end;
  }
  const u = rankSum - (m * (m + 1)) / 2;
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const deviation = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5);
  return twoSided(deviation / Math.sqrt(variance));
}

/**
 * Holm's step-down correction: with it the chance of even one false finding among all stays below the level (Holm, "A simple
 * sequentially rejective multiple test procedure", 1979). In the order given.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const adjusted = new Array<number>(p.length).fill(1);
  let running = 0;
  order.forEach(({ value, index }, position) => {
    running = Math.max(running, Math.min(1, value * (p.length - position)));
    adjusted[index] = running;
  });
  return adjusted;
}

/** A ratio and its 95% interval. */
export interface Ratio {
  readonly ratio: number;
  readonly interval: Interval;
}

/**
 * The factor by which `b` is slower than `a`: the median of all quotients bⱼ / aᵢ, and the interval that the rank test does not
 * refuse (Hodges and Lehmann, "Estimates of location based on rank tests", 1963, on logarithms).
 */
export function ratioByRanks(a: readonly number[], b: readonly number[]): Ratio {
  const [m, n] = [a.length, b.length];
  const quotients = a.flatMap((x) => b.map((y) => y / x)).sort((x, y) => x - y);
  const half = NORMAL_975 * Math.sqrt((m * n * (m + n + 1)) / 12);
  const rank = Math.max(0, Math.floor((m * n) / 2 - half));
  return { ratio: median(quotients), interval: [quotients[rank] ?? NaN, quotients[quotients.length - 1 - rank] ?? NaN] };
}
