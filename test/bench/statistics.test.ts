/** The statistics behind a comparison: against known values, and against simulated noise with a planted slow-down. */
import { describe, expect, it } from 'vitest';
import { compareFiles, regressions, verdictOf } from '../../src/bench/compare/compare.js';
import { undisturbed } from '../../src/bench/compare/measured.js';
import { blockMedians, ratioByBlocks, splitBlocks, student975 } from '../../src/bench/statistics/blocks.js';
import { holm, mannWhitney, ratioByRanks } from '../../src/bench/statistics/rank-test.js';
import { orderInterval, outlierIndices, summarise } from '../../src/bench/statistics/summary.js';
import { sampleInTurns, type Timed } from '../../src/bench/method/sampling.js';
import { Philox } from '../../src/engine/random.js';
import { fakeFile, simulatedGroups } from '../support/bench-files.js';

describe('summaries', () => {
  it('interval of the median: ranks 10 and 21 of 30 samples, extremes below six', () => {
    // David and Nagaraja's table: P = 0.957 for n = 30.
    expect(orderInterval(Array.from({ length: 30 }, (_, index) => 30 - index))).toEqual([10, 21]);
    expect(orderInterval([3, 1, 2])).toEqual([1, 3]);
    expect(orderInterval([1, 2, 3, 4, 5, 6])).toEqual([1, 6]);
  });

  it('covers the true median in 95% of draws', () => {
    const random = new Philox(3);
    let covered = 0;
    for (let draw = 0; draw < 400; draw++) {
      const [low, high] = orderInterval(Array.from({ length: 20 }, () => Math.exp(0.3 * random.nextNormal())));
      if (low <= 1 && 1 <= high) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.93);
  });

  it('marks outliers and keeps them', () => {
    const samples = [10, 10.1, 10.2, 9.9, 10, 10.1, 30];
    expect(outlierIndices(samples)).toEqual([6]);
    const summary = summarise(samples, samples, 0.03);
    expect(summary.p99Ms).toBeGreaterThan(20);
    expect(summary.medianMs).toBe(10.1);
    expect(summary.isPrecise).toBe(false);
  });
});

describe('rank test', () => {
  it('agrees with published implementations, ties included', () => {
    expect(mannWhitney([1.1, 1.3, 1.2, 1.5, 1.4, 1.9, 1.25], [1.6, 1.8, 1.7, 1.55, 2.1, 1.45, 1.9, 2.0])).toBeCloseTo(0.014997, 5);
    expect(mannWhitney([1, 2, 2, 3, 3, 3, 4], [2, 3, 4, 4, 5, 5])).toBeCloseTo(0.078262, 5);
    expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1);
  });

  it('corrects for many comparisons step by step', () => {
    // Holm (1979): 0.01·4, 0.02·3, 0.03·2 = 0.06, 0.04.
    expect(holm([0.02, 0.01, 0.04, 0.03]).map((p) => Number(p.toFixed(6)))).toEqual([0.06, 0.04, 0.06, 0.06]);
  });

  it('finds the factor between two sets', () => {
    const random = new Philox(5);
    const a = Array.from({ length: 40 }, () => 1 + 0.02 * random.nextNormal());
    const { ratio, interval } = ratioByRanks(
      a,
      a.map((ms) => ms * 1.2),
    );
    expect(ratio).toBeCloseTo(1.2, 2);
    expect(interval[0]).toBeLessThan(ratio);
    expect(interval[1]).toBeGreaterThan(ratio);
  });

  it('shows equality, and does not assume it', () => {
    expect(verdictOf(1.01, [0.98, 1.04], 0.5, 0.05)).toBe('same');
    expect(verdictOf(1.01, [0.8, 1.3], 0.5, 0.05)).toBe('unclear');
    expect(verdictOf(1.2, [1.1, 1.3], 0.001, 0.05)).toBe('slower');
    expect(verdictOf(0.8, [0.7, 0.9], 0.001, 0.05)).toBe('faster');
    expect(verdictOf(1.2, [0.9, 1.5], 0.2, 0.05)).toBe('unclear');
    expect(verdictOf(1.2, [0.9, 1.5], 0.001, 0.05)).toBe('unclear');
  });
});

describe('comparison by blocks', () => {
  it('has the quantiles of Student’s t', () => {
    // Tables of the distribution: 3.182 at 3 degrees, 2.228 at 10, 1.960 without end.
    expect(student975(3)).toBeCloseTo(3.182, 1);
    expect(student975(10)).toBeCloseTo(2.228, 2);
    expect(student975(1e6)).toBeCloseTo(1.96, 3);
  });

  it('gives drift within the runs its width, which a count of samples does not', () => {
    const run = (seed: number): number[] => {
      const random = new Philox(seed);
      return Array.from({ length: 60 }, (_, round) => Math.exp(0.1 * Math.sin(round / 7) + 0.005 * random.nextNormal()));
    };
    const blocks = (samples: number[]): number[] => blockMedians(splitBlocks(samples));
    const width = ([low, high]: readonly [number, number]): number => high - low;
    const byBlocks = ratioByBlocks(blocks(run(1)), blocks(run(2)));
    expect(byBlocks.interval[0]).toBeLessThan(1);
    expect(byBlocks.interval[1]).toBeGreaterThan(1);
    expect(width(byBlocks.interval)).toBeGreaterThan(1.5 * width(ratioByRanks(run(1), run(2)).interval));
  });

  it('leaves out samples in which neighbours had the processor, where the clock can tell', () => {
    const [run] = fakeFile([]).runs;
    const wall = [5, 5, 5, 9, 5, 8, 5, 5];
    const processor = [10, 10, 10, 15, 10, 12, 10, 9.9];
    const rounds = (kind: 'processor' | 'wall'): number[] =>
      run === undefined ? [] : undisturbed({ ...run, clock: { ...run.clock, kind } }, { samplesMs: processor, wallMs: wall }).map(({ round }) => round);
    expect(rounds('processor')).toEqual([0, 1, 2, 4, 6, 7]);
    expect(rounds('wall')).toHaveLength(8);
    // A run that never had the processor to itself, beside one that had.
    const busy = { samplesMs: [15, 15, 15, 16], wallMs: [9, 9, 9, 8] };
    const kept = run === undefined ? [] : undisturbed({ ...run, clock: { ...run.clock, kind: 'processor' } }, busy, { samplesMs: processor, wallMs: wall });
    expect(kept.map(({ round }) => round)).toEqual([3]);
  });
});

describe('comparison of simulated runs', () => {
  it('finds a slow-down of 10% in 19 of 20, and no regression between runs of the same code in 19 of 20', () => {
    let found = 0;
    let quiet = 0;
    for (let trial = 0; trial < 20; trial++) {
      const before = fakeFile(simulatedGroups(100 + trial, {}));
      const planted = compareFiles(before, fakeFile(simulatedGroups(200 + trial, { planted: 3 })));
      if (regressions(planted).some(({ shape }) => shape === 'case 3')) found++;
      if (regressions(compareFiles(before, fakeFile(simulatedGroups(300 + trial, {})))).length === 0) quiet++;
    }
    expect(found).toBeGreaterThanOrEqual(19);
    expect(quiet).toBeGreaterThanOrEqual(19);
  });

  it('takes a machine that was 1.4 times as slow as a whole for no regression, and tells it', () => {
    const before = fakeFile(simulatedGroups(1, {}));
    const after = fakeFile(simulatedGroups(2, { machine: 1.4 }));
    const comparison = compareFiles(before, after);
    expect(regressions(comparison)).toEqual([]);
    expect(comparison.notices.join(' ')).toMatch(/1\.\d+ times as slow/);
    expect(regressions(compareFiles(before, after, { normalise: false })).length).toBeGreaterThan(0);
  });

  it('refuses different devices unless told', () => {
    const here = fakeFile(simulatedGroups(1, {}));
    const there = fakeFile(simulatedGroups(1, {}), 'another gpu');
    expect(() => compareFiles(here, there)).toThrow(/different devices.*another gpu/);
    const told = compareFiles(here, there, { otherDevices: true });
    expect(told.notices.join(' ')).toMatch(/Different devices/);
  });
});

describe('sampling', () => {
  it('times everything once a round in orders that depend on the seed alone, with batches long enough for the clock', async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const order: string[] = [];
      const timed = ['a', 'b', 'c'].map((id): Timed => ({
        id,
        measure: (repeats) => {
          order.push(`${id}${String(repeats)}`);
          return Promise.resolve({ ms: 0.5 * repeats, wallMs: repeats });
        },
      }));
      let time = 0;
      const series = await sampleInTurns(
        timed,
        { precision: -1, maximumSamples: 8, maximumMs: 1e6, minimumSampleMs: 5 },
        { random: new Philox(seed), now: () => time++ },
      );
      expect(series.map(({ samplesMs }) => samplesMs.length)).toEqual([8, 8, 8]);
      expect(series.every(({ repeats }) => repeats * 0.5 >= 5)).toBe(true);
      expect(series[0]?.samplesMs[0]).toBe(0.5);
      return order.join();
    };
    const first = await orderOf(1);
    expect(await orderOf(1)).toBe(first);
    expect(await orderOf(2)).not.toBe(first);
  });

  it('ends when every interval is narrow enough', async () => {
    const steady: Timed = { id: 'steady', measure: () => Promise.resolve({ ms: 10, wallMs: 10 }) };
    const [series] = await sampleInTurns(
      [steady],
      { precision: 0.03, maximumSamples: 100, maximumMs: 1e6, minimumSampleMs: 5 },
      { random: new Philox(1), now: () => 0 },
    );
    expect(series?.samplesMs).toHaveLength(6);
  });
});
