/** The answer in words: which variant is the fastest, and how sure that is. */
import { deviceLabel, type BenchCase, type BenchGroup, type BenchRun } from '../result.js';
import { median, type Interval } from '../statistics/median.js';
import { orderInterval } from '../statistics/summary.js';
import { bestCase } from './rows.js';

/** More lines than this nobody reads: then only the sums of each op are told. */
const MAXIMUM_LINES = 12;

/** The fastest variant of a group beside the one that comes nearest to it. */
export interface GroupVerdict {
  readonly op: string;
  readonly shape: string;
  readonly variant: string;
  readonly medianMs: number;
  /** Undefined where only one variant was measured. */
  readonly rival?: {
    readonly variant: string;
    /** Time of the rival over that of the fastest, the median over rounds with its 95% interval. */
    readonly ratio: number;
    readonly interval: Interval;
  };
  /** Whether the whole interval lies above 1 for every other variant. */
  readonly isShown: boolean;
}

/**
 * How many times as long `other` takes as `best`: samples of one round stand beside each other, so what slowed the machine down in a
 * round slowed both. The interval is that of a median by order statistics.
 */
function timesAsLong(best: readonly number[], other: readonly number[]): { ratio: number; interval: Interval } {
  const quotients = best.slice(0, other.length).map((ms, round) => (other[round] ?? NaN) / ms);
  return { ratio: median(quotients), interval: orderInterval(quotients) };
}

/** The verdict on our own variants of a group; undefined where none was measured or they do not compete. */
export function groupVerdict(group: BenchGroup): GroupVerdict | undefined {
  const own = group.cases.filter(({ engine }) => engine === 'gramarye');
  const best = bestCase({ ...group, cases: own });
  if (best?.summary === undefined) return undefined;
  const base = { op: group.op, shape: group.shape, variant: best.variant, medianMs: best.summary.medianMs };
  const samples = best.samplesMs ?? [];
  const rivals = own
    .filter((one): one is BenchCase & { samplesMs: number[] } => one !== best && one.summary !== undefined && one.samplesMs !== undefined)
    .map(({ variant, samplesMs }) => ({ variant, ...timesAsLong(samples, samplesMs) }))
    .sort((a, b) => a.interval[0] - b.interval[0]);
  const [rival] = rivals;
  return rival === undefined ? { ...base, isShown: false } : { ...base, rival, isShown: rival.interval[0] > 1 };
}

function sentence({ variant, rival, isShown }: GroupVerdict): string {
  if (rival === undefined) return `Only ${variant} was measured`;
  const range = `${rival.ratio.toFixed(2)} [${rival.interval.map((value) => value.toFixed(2)).join(', ')}]`;
  return isShown
    ? `Fastest: ${variant}, ${range} times as fast as ${rival.variant}`
    : `No difference can be shown between ${variant} and ${rival.variant}: ${range}`;
}

/** The answer of one group as a sentence; empty where no two variants were measured. */
export function groupSentence(group: BenchGroup): string {
  const verdict = groupVerdict(group);
  return verdict?.rival === undefined ? '' : `${sentence(verdict)}.`;
}

/** What the verdicts on an op's shapes come to. */
function total(op: string, verdicts: readonly GroupVerdict[]): string {
  const wins = new Map<string, number>();
  for (const { variant, isShown } of verdicts) if (isShown) wins.set(variant, (wins.get(variant) ?? 0) + 1);
  const open = verdicts.filter(({ isShown }) => !isShown).length;
  const shapes = `${String(verdicts.length)} shapes`;
  const [first] = wins;
  if (first === undefined) return `${op}: no difference can be shown at any of ${shapes}.`;
  if (wins.size === 1 && open === 0) return `${op}: ${first[0]} is the fastest at all ${shapes}.`;
  const parts = [...wins].sort(([, a], [, b]) => b - a).map(([variant, count]) => `${variant} at ${String(count)}`);
  const rest = open === 0 ? '' : `, at ${String(open)} no difference can be shown`;
  return `${op}: ${wins.size === 1 ? 'the fastest is' : 'which is fastest depends on the shape:'} ${parts.join(', ')} of ${shapes}${rest}.`;
}

/** The answer of a run: a sentence a shape, and one an op that has several. Empty where no two variants were measured. */
export function verdictLines(run: BenchRun): string[] {
  const verdicts = run.groups.flatMap((group) => {
    const verdict = groupVerdict(group);
    return verdict?.rival === undefined ? [] : [verdict];
  });
  if (verdicts.length === 0) return [];
  const ops = [...new Set(verdicts.map(({ op }) => op))];
  const totals = ops.flatMap((op) => {
    const own = verdicts.filter((verdict) => verdict.op === op);
    return own.length < 2 ? [] : [total(op, own)];
  });
  const single = verdicts.length <= MAXIMUM_LINES ? verdicts.map((verdict) => `${verdict.op} ${verdict.shape}: ${sentence(verdict)}.`) : [];
  return [`On ${deviceLabel(run.device)}:`, ...single, ...totals];
}
