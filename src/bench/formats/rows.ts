/** Results as rows of text, for tables of every kind. */
import { deviceLabel, type BenchCase, type BenchGroup, type BenchRun } from '../result.js';
import { MINIMUM_SAMPLES } from '../statistics/summary.js';

/** A case with where it belongs. */
export interface CaseRow {
  readonly run: BenchRun;
  readonly group: BenchGroup;
  readonly case: BenchCase;
}

/** All cases of all runs, in order. */
export function caseRows(runs: readonly BenchRun[]): CaseRow[] {
  return runs.flatMap((run) => run.groups.flatMap((group) => group.cases.map((one) => ({ run, group, case: one }))));
}

/** What a case is called among those of its group: a peer's by its engine as well. */
export function caseName({ engine, variant }: Pick<BenchCase, 'engine' | 'variant'>): string {
  return engine === 'gramarye' ? variant : `${engine}: ${variant}`;
}

/** A number with three significant digits and no exponent where it can be read without one. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return size >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}

/** Bytes in MiB. */
export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '' : figure(bytes / 2 ** 20);
}

/** Milliseconds with their interval. */
function interval([low, high]: readonly [number, number]): string {
  return `[${figure(low)}, ${figure(high)}]`;
}

/** Bytes by what they are for, the largest first; what takes nothing is left out. */
function uses(memory: Readonly<Record<string, number>>): string {
  return Object.entries(memory)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([use, bytes]) => `${use} ${mebibytes(bytes)} MiB`)
    .join(', ');
}

/** What a case came to, where it was not measured. */
export function outcome({ status, reason, summary, samplesMs, memory }: BenchCase): string {
  if (status === 'measured') {
    const outliers = summary?.outliers.length ?? 0;
    const count = samplesMs?.length ?? 0;
    // So few samples have no interval of 95%.
    const width = count < MINIMUM_SAMPLES ? `${String(count)} ${count === 1 ? 'sample' : 'samples'}` : summary?.isPrecise === false ? 'wide interval' : '';
    return [width, outliers > 0 ? `${String(outliers)} ${outliers === 1 ? 'outlier' : 'outliers'}` : ''].filter((part) => part !== '').join(', ');
  }
  if (status === 'planned') return memory === undefined ? status : `planned: ${uses(memory)}`;
  if (status === 'compiled') return status;
  return `${status.toUpperCase()}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Headings of {@link cells}. */
export const HEADINGS = [
  'op',
  'shape',
  'variant',
  'median ms',
  '95% interval',
  'p10',
  'p90',
  'p99',
  'wall ms',
  'GFLOP/s',
  'actual',
  'GB/s',
  'roofline',
  'MiB',
  'compile ms',
  'notes',
] as const;
/** Which of them are text; the others are set to the right. */
export const TEXT_COLUMNS: ReadonlySet<number> = new Set([0, 1, 2, HEADINGS.length - 1]);
/** Those that a terminal has no room for. */
export const WIDE_COLUMNS: ReadonlySet<number> = new Set(['p10', 'p90', 'p99'].map((heading) => (HEADINGS as readonly string[]).indexOf(heading)));

/** The cells of one case. `isBest` marks the fastest of its group. */
export function cells({ group, case: one }: Pick<CaseRow, 'group' | 'case'>, isBest: boolean): string[] {
  const { summary, figures } = one;
  const share = figures?.rooflineShare;
  return [
    group.op,
    group.shape,
    `${caseName(one)}${isBest ? ' *' : ''}`,
    figure(summary?.medianMs),
    summary === undefined || one.samplesMs?.length === 1 ? '' : interval(summary.intervalMs),
    figure(summary?.p10Ms),
    figure(summary?.p90Ms),
    figure(summary?.p99Ms),
    figure(summary?.wallMedianMs),
    figures === undefined || figures.effectiveGflops === 0 ? '' : figure(figures.effectiveGflops),
    figure(figures?.actualGflops),
    figures === undefined || group.bytes === 0 ? '' : figure(figures.gigabytesPerSecond),
    share === undefined || share === 0 ? '' : `${(share * 100).toFixed(0)}%`,
    mebibytes(one.allocatedBytes),
    figure(one.compileMs),
    outcome(one),
  ];
}

/** The fastest measured case of a group, where variants compete: stages and starts do not. */
export function bestCase({ cases, op }: BenchGroup): BenchCase | undefined {
  if (op === 'winograd-stages' || op === 'cold-start') return undefined;
  const measured = cases.filter((one) => one.summary !== undefined);
  return measured.reduce<BenchCase | undefined>(
    (best, one) => ((one.summary?.medianMs ?? Infinity) < (best?.summary?.medianMs ?? Infinity) ? one : best),
    undefined,
  );
}

/** What is said above the results of a run. */
export function runHeading(run: BenchRun): string[] {
  const { device, host, clock, ceilings, date, version, commit } = run;
  return [
    `${deviceLabel(device)}${device.description === '' ? '' : `: ${device.description}`}`,
    ...(device.isSoftware ? ['A software adapter computes on the CPU: these times say nothing about a GPU.'] : []),
    [`${host.name}${host.endpoint === undefined ? '' : ` at ${host.endpoint}`}`, host.system, host.flags.join(' ')].filter((part) => part !== '').join(', '),
    `Gramarye ${version}${commit === undefined ? '' : ` (${commit})`}, ${date}`,
    `Clock: ${clock.note}.`,
    ...(ceilings === undefined
      ? []
      : [
          `Ceilings: ${figure(ceilings.gflops)} GFLOP/s (multiply-add probe ${ceilings.multiplyAdd}), ${figure(ceilings.gigabytesPerSecond)} GB/s (copy probe ${ceilings.copy}).`,
        ]),
    ...(device.features.length === 0 ? [] : [`Features: ${device.features.join(', ')}.`]),
  ];
}

/** Cases that tables show: what was skipped is left out unless asked for. */
export function shownRows(runs: readonly BenchRun[], withSkipped = false): CaseRow[] {
  return caseRows(runs).filter((row) => withSkipped || row.case.status !== 'skipped');
}
