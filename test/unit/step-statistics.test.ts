import { describe, expect, it } from 'vitest';
import { median, medianInterval, ratioInterval } from '../../bench/stats/median.js';
import { Philox } from '../../src/engine/random.js';

/** Skewed timings around a median of `scale`. */
function timings(scale: number, count: number, seed: number): number[] {
  const random = new Philox(seed);
  return Array.from({ length: count }, () => scale * Math.exp(0.1 * random.nextNormal()));
}

describe('statistics of timings', () => {
  it('takes the middle value, or the mean of the two middle values', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('is not moved by an outlier', () => {
    expect(median([1, 2, 3, 1e9, 2])).toBe(2);
  });

  it('gives intervals that hold the true median in about 95% of cases', () => {
    let held = 0;
    for (let seed = 0; seed < 40; seed++) {
      const [low, high] = medianInterval(timings(10, 25, seed));
      if (low <= 10 && 10 <= high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(33);
    expect(held).toBeLessThanOrEqual(40);
  });

  it('tells a ratio of 2 from 1, and equal sets from unequal ones', () => {
    const [low, high] = ratioInterval(timings(20, 25, 1), timings(10, 25, 2));
    expect(low).toBeGreaterThan(1.5);
    expect(high).toBeLessThan(2.6);
    const [sameLow, sameHigh] = ratioInterval(timings(10, 25, 3), timings(10, 25, 4));
    expect(sameLow).toBeLessThan(1);
    expect(sameHigh).toBeGreaterThan(1);
  });
});
