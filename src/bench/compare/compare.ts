/** Two results files against each other. */
import { GramaryeError } from '../../engine/errors.js';
import type { BenchFile, BenchGroup, BenchRun } from '../result.js';
import { deviceLabel } from '../result.js';
import { median } from '../statistics/median.js';
import { holm } from '../statistics/rank-test.js';
import { pairCase } from './measured.js';

/** What is said of a case: by how much the second file is slower or faster than the first. */
export type CaseVerdict = 'faster' | 'slower' | 'same' | 'unclear';

/** One case in both files. */
export interface ComparedCase {
  readonly device: string;
  readonly op: string;
  readonly shape: string;
  readonly variant: string;
  readonly engine: string;
  /** Medians of the samples that were compared, as they were measured. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Time of the second over the first, free of how busy the machine as a whole was; above 1 is slower. */
  readonly ratio: number;
  readonly interval: readonly [number, number];
  /** Two-sided p of the rank test, corrected for all cases (Holm). */
  readonly p: number;
  readonly verdict: CaseVerdict;
}

/** The comparison. */
export interface Comparison {
  readonly threshold: number;
  readonly cases: readonly ComparedCase[];
  /** Cases of one file only, or not measured in one, with the reason. */
  readonly missing: readonly string[];
  readonly notices: readonly string[];
}

/** How to compare. */
export interface CompareOptions {
  /** Changes up to this share are no regression; default 0.05. */
  readonly threshold?: number;
  /** Compare although the devices are not the same. */
  readonly otherDevices?: boolean;
  /** Divide by the yardstick, so that a machine that was busier as a whole is no regression; default on software adapters. */
  readonly normalise?: boolean;
}

/** Chance of a false finding among all cases together. */
const LEVEL = 0.05;
/** A yardstick that differs by more is worth a word. */
const YARDSTICK_NOTICE = 0.1;

interface Pair {
  readonly before: BenchRun;
  readonly after: BenchRun;
}

/** Runs that belong together: by the device's key, or in order where devices may differ. */
function pairRuns(a: BenchFile, b: BenchFile, otherDevices: boolean): { pairs: Pair[]; notices: string[] } {
  const notices: string[] = [];
  const left = [...b.runs];
  const pairs = a.runs.flatMap((before) => {
    let index = left.findIndex(({ device, host }) => device.key === before.device.key && host.kind === before.host.kind);
    if (index < 0) index = left.findIndex(({ device }) => device.key === before.device.key);
    if (index < 0 && otherDevices) index = 0;
    const [after] = index < 0 ? [] : left.splice(index, 1);
    return after === undefined ? [] : [{ before, after }];
  });
  if (pairs.length === 0) {
    const names = (file: BenchFile): string => file.runs.map(({ device }) => deviceLabel(device)).join(', ') || 'no device';
    throw new GramaryeError('bad-option', `The files are of different devices (${names(a)}; ${names(b)}): their times cannot be compared.`, {
      remedy: 'Measure both on one device, or give --other-devices to compare all the same.',
    });
  }
  for (const { before, after } of pairs) {
    if (before.device.key !== after.device.key) notices.push(`Different devices: ${deviceLabel(before.device)} and ${deviceLabel(after.device)}.`);
    if (before.clock.kind !== after.clock.kind) notices.push(`Different clocks: ${before.clock.kind} and ${after.clock.kind}.`);
    if (before.host.name !== after.host.name) notices.push(`Different hosts: ${before.host.name} and ${after.host.name}.`);
    const software = [before, after].filter(({ device }) => device.isSoftware).map(({ device }) => deviceLabel(device));
    for (const label of new Set(software)) notices.push(`${label} computes on the CPU: these times say nothing about a GPU.`);
  }
  return { pairs, notices };
}

const sameGroup = (a: BenchGroup, b: BenchGroup): boolean =>
  a.op === b.op && a.kernel === b.kernel && JSON.stringify(a.attributes) === JSON.stringify(b.attributes);

/**
 * The verdict: a difference must be more than chance, by the rank test and by the interval, and more than the threshold; equality must
 * be shown, not assumed.
 */
export function verdictOf(ratio: number, [low, high]: readonly [number, number], p: number, threshold: number): CaseVerdict {
  const [least, most] = [1 / (1 + threshold), 1 + threshold];
  if (p < LEVEL && low > 1 && ratio > most) return 'slower';
  if (p < LEVEL && high < 1 && ratio < least) return 'faster';
  return low >= least && high <= most ? 'same' : 'unclear';
}

interface RawCase {
  readonly case: Omit<ComparedCase, 'verdict'>;
  readonly factor: number;
}

function compareGroup(pair: Pair, before: BenchGroup, after: BenchGroup, normalise: boolean, missing: string[]): RawCase[] {
  return before.cases.flatMap((one) => {
    const name = `${before.op} ${before.shape} ${one.variant}`;
    const other = after.cases.find(({ variant, engine }) => variant === one.variant && engine === one.engine);
    if (other === undefined) {
      missing.push(`${name}: only in the first file`);
      return [];
    }
    if (one.samplesMs === undefined || other.samplesMs === undefined || one.samplesMs.length === 0 || other.samplesMs.length === 0) {
      if (one.status !== other.status) missing.push(`${name}: ${one.status} before, ${other.status} after`);
      return [];
    }
    const pairing = pairCase({ run: pair.before, group: before, case: one }, { run: pair.after, group: after, case: other }, normalise);
    if (typeof pairing === 'string') {
      missing.push(`${name}: ${pairing}; measure again when the machine is less busy`);
      return [];
    }
    const { machine, ...compared } = pairing;
    return [
      {
        factor: machine,
        case: { device: deviceLabel(pair.after.device), op: before.op, shape: before.shape, variant: one.variant, engine: one.engine, ...compared },
      },
    ];
  });
}

/**
 * Compares what both files measured. Throws `bad-option` when they have no device in common (unless told to go on) or no case, and
 * for a threshold that is none.
 */
export function compareFiles(a: BenchFile, b: BenchFile, options: CompareOptions = {}): Comparison {
  const threshold = options.threshold ?? 0.05;
  if (!(threshold >= 0 && threshold < 10))
    throw new GramaryeError('bad-option', `The threshold is ${String(threshold)}.`, { remedy: 'Give a share, such as 0.05 for 5%.' });
  const { pairs, notices } = pairRuns(a, b, options.otherDevices ?? false);
  const missing: string[] = [];
  const raw = pairs.flatMap((pair) => {
    const normalise = options.normalise ?? (pair.before.device.isSoftware && pair.after.device.isSoftware);
    return pair.before.groups.flatMap((before) => {
      const after = pair.after.groups.find((group) => sameGroup(before, group));
      if (after === undefined) {
        missing.push(`${before.op} ${before.shape}: only in the first file`);
        return [];
      }
      return compareGroup(pair, before, after, normalise, missing);
    });
  });
  if (raw.length === 0)
    throw new GramaryeError('bad-option', `The files have no measured case in common${missing[0] === undefined ? '' : ` (${missing[0]})`}.`, {
      remedy: 'Measure the same ops and shapes for both.',
    });
  const factors = raw.map(({ factor }) => factor).filter((factor) => Math.abs(factor - 1) > YARDSTICK_NOTICE);
  if (factors.length > 0)
    notices.push(
      `The machine as a whole was ${median(factors).toFixed(2)} times as slow in the second file in ${String(factors.length)} cases, by the yardstick; the ratios are free of that.`,
    );
  const corrected = holm(raw.map((one) => one.case.p));
  const cases = raw.map(({ case: one }, index): ComparedCase => {
    const p = corrected[index] ?? 1;
    return { ...one, p, verdict: verdictOf(one.ratio, one.interval, p, threshold) };
  });
  return { threshold, cases, missing, notices };
}

/** Cases that are slower by more than the threshold and by more than chance. */
export function regressions({ cases }: Comparison): ComparedCase[] {
  return cases.filter(({ verdict }) => verdict === 'slower');
}
