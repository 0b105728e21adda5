/** What of a run is compared: samples that nothing disturbed, in units of a yardstick that was timed beside them. */
import { quantileSorted } from 'simple-statistics';
import type { BenchCase, BenchGroup, BenchRun } from '../result.js';
import { blockMedians, MINIMUM_BLOCKS, ratioByBlocks, splitBlocks, spreadWithin } from '../statistics/blocks.js';
import { median } from '../statistics/median.js';
import { mannWhitney, ratioByRanks, type Ratio } from '../statistics/rank-test.js';

/** One sample and the round it was taken in. */
interface Taken {
  readonly round: number;
  readonly ms: number;
}

/** The best that a run reaches, but for a few samples whose two clocks were read apart. */
const BEST_QUANTILE = 0.98;
/** Samples with less of the processor than this share of the best were disturbed. */
const UNDISTURBED = 0.95;
/** Fewer samples than this, and a smaller share, are no answer: the machine was too busy to tell what undisturbed is. */
const MINIMUM_UNDISTURBED = { samples: 6, share: 0.1 };

/** Samples of one series of a run. */
interface Samples {
  readonly samplesMs: readonly number[];
  readonly wallMs: readonly number[];
}

/** Processor time over time on the wall at its best; 0 without samples. */
function bestOccupancy({ samplesMs, wallMs }: Samples): number {
  const occupancy = samplesMs.map((ms, index) => ms / (wallMs[index] ?? Infinity)).sort((a, b) => a - b);
  return occupancy.length === 0 ? 0 : quantileSorted(occupancy, BEST_QUANTILE);
}

/**
 * Samples in which the process had as much of the processor as it ever got, here or in the run that this one is compared with (`other`). Where a clock counts processor time, threads that wait
 * for one that was pushed aside count as well (they spin), so a disturbed sample costs up to three times as much: it says
 * something about the neighbours and nothing about the kernel. Processor time over time on the wall tells which these are. Other clocks
 * cannot tell, and all samples are taken.
 */
export function undisturbed(run: BenchRun, series: Samples, other: Samples = series): Taken[] {
  const { samplesMs, wallMs } = series;
  const all = samplesMs.map((ms, round) => ({ ms, round }));
  if (run.clock.kind !== 'processor' || wallMs.length !== samplesMs.length) return all;
  const best = Math.max(bestOccupancy(series), bestOccupancy(other));
  return all.filter(({ ms, round }) => ms / (wallMs[round] ?? Infinity) >= UNDISTURBED * best);
}

interface Yardstick {
  readonly name: string;
  readonly taken: readonly Taken[];
}

function yardsticksOf({ run, group }: Side, other: Side): Yardstick[] {
  const several = (group.yardsticks ?? []).map((one) => ({
    name: one.name,
    taken: undisturbed(
      run,
      one,
      other.group.yardsticks?.find(({ name }) => name === one.name),
    ),
  }));
  if (several.length > 0) return several;
  return [{ name: 'multiply-add', taken: group.yardstickMs.map((ms, round) => ({ ms, round })) }];
}

/** The yardstick while a block was measured; over the whole run where there is too little of it. */
function yardstickDuring({ taken }: Yardstick, block: readonly Taken[]): number {
  const [first, last] = [block[0]?.round ?? 0, block.at(-1)?.round ?? 0];
  const meanwhile = taken.filter(({ round }) => round >= first && round <= last);
  return median((meanwhile.length >= 3 ? meanwhile : taken).map(({ ms }) => ms));
}

/** One case in both runs, brought to the same terms. */
export interface Pairing {
  /** Medians of what was compared, by the clock. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** How much slower the machine as a whole was in the second run, by the yardstick; the ratio is free of it. */
  readonly machine: number;
  readonly ratio: Ratio['ratio'];
  readonly interval: Ratio['interval'];
  /** Two-sided p of the rank test, for this case alone. */
  readonly p: number;
}

/** One side of a comparison. */
export interface Side {
  readonly run: BenchRun;
  readonly group: BenchGroup;
  readonly case: BenchCase;
}

interface Terms {
  readonly name: string;
  readonly machine: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Blocks of both sides in units of each yardstick that both have. */
function inUnits(before: Side, after: Side, blocks: { readonly before: Taken[][]; readonly after: Taken[][] }): Terms[] {
  const others = yardsticksOf(after, before);
  return yardsticksOf(before, after).flatMap((yardstick): Terms[] => {
    const other = others.find(({ name }) => name === yardstick.name);
    if (other === undefined || yardstick.taken.length === 0 || other.taken.length === 0) return [];
    const scale = median(yardstick.taken.map(({ ms }) => ms));
    const unit = (by: Yardstick, list: Taken[][]): number[] => list.map((block) => (median(block.map(({ ms }) => ms)) * scale) / yardstickDuring(by, block));
    return [
      {
        name: yardstick.name,
        machine: median(other.taken.map(({ ms }) => ms)) / scale,
        before: unit(yardstick, blocks.before),
        after: unit(other, blocks.after),
      },
    ];
  });
}

/**
 * Compares one case. In units of the yardstick whose course within the runs is most like the case's own; which that is does not depend
 * on what lies between the runs. A string says why there is no answer.
 */
export function pairCase(before: Side, after: Side, normalise: boolean): Pairing | string {
  const samplesOf = ({ case: one }: Side): Samples => ({ samplesMs: one.samplesMs ?? [], wallMs: one.wallMs ?? [] });
  const a = undisturbed(before.run, samplesOf(before), samplesOf(after));
  const b = undisturbed(after.run, samplesOf(after), samplesOf(before));
  for (const [side, list, name] of [
    [before, a, 'first'],
    [after, b, 'second'],
  ] as const) {
    const total = side.case.samplesMs?.length ?? 0;
    const least = Math.min(total, Math.max(MINIMUM_UNDISTURBED.samples, MINIMUM_UNDISTURBED.share * total));
    if (list.length < least) return `${String(list.length)} of ${String(total)} samples undisturbed in the ${name} file`;
  }
  const blocks = { before: splitBlocks(a), after: splitBlocks(b) };
  const plain: Terms = {
    name: 'none',
    machine: 1,
    before: blockMedians(blocks.before.map((block) => block.map(({ ms }) => ms))),
    after: blockMedians(blocks.after.map((block) => block.map(({ ms }) => ms))),
  };
  const terms = normalise ? inUnits(before, after, blocks) : [];
  const best = terms.reduce((least, one) => (spreadWithin(one.before, one.after) < spreadWithin(least.before, least.after) ? one : least), terms[0] ?? plain);
  const raw = { beforeMs: median(a.map(({ ms }) => ms)), afterMs: median(b.map(({ ms }) => ms)), machine: best.machine };
  if (Math.min(best.before.length, best.after.length) >= MINIMUM_BLOCKS)
    return { ...raw, ...ratioByBlocks(best.before, best.after), p: mannWhitney(best.before, best.after) };
  // Too few samples for blocks: sample by sample.
  const [x, y] = [a.map(({ ms }) => ms), b.map(({ ms }) => ms / best.machine)];
  return { ...raw, ...ratioByRanks(x, y), p: mannWhitney(x, y) };
}
