/**
 * Can `gramarye bench compare` be believed on this machine? After a first run each trial makes two more in a random order, each on a device
 * of its own: one of the same code, and one in which one variant does 10% more work. Both are compared with the run of the same code of
 * the trial before. The comparison must find the planted case in at least 19 of 20 trials, and no regression in at least 19 of 20
 * comparisons of the same code.
 * A run begins when the machine is quiet, and a trial in which other programs had more than a tenth of it is void whatever it shows, and
 * made again: what is asked is whether the comparison can be believed, not whether somebody else was at work.
 * `node bench/run-node.mjs bench/planted.ts [--trials 20] [--minutes 60] [--out FILE.json]`; with `--out`, trials that the file has
 * already are kept and the missing ones are added. `--keep FOLDER` also writes every run as a results file, and `--from FOLDER` judges such
 * runs again without measuring: that shows what a change of the comparison does.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareFiles, type ComparedCase } from '../src/bench/compare/compare.js';
import { makeYardsticks, yardstickSamples } from '../src/bench/method/ceilings.js';
import { Clock, type Sample } from '../src/bench/method/clock.js';
import { sampleInTurns, shuffle, type Timed } from '../src/bench/method/sampling.js';
import { TensorSets, TimedKernel } from '../src/bench/method/timed-kernel.js';
import { benchFile, parseBenchFile, type BenchFile, type BenchGroup } from '../src/bench/result.js';
import { deviceInfo } from '../src/bench/run.js';
import { summarise } from '../src/bench/statistics/summary.js';
import { suiteOp } from '../src/bench/suites/suites.js';
import type { Attributes } from '../src/engine/contract.js';
import type { Engine } from '../src/engine/engine.js';
import { GramaryeError } from '../src/engine/errors.js';
import { Philox } from '../src/engine/random.js';
import { selectVariant } from '../src/engine/select.js';
import { VERSION } from '../src/engine/version.js';
import { OTHERS_SHARE, untilQuiet, watchOthers } from './machine-load.js';
import { nodeEngine } from './node-gpu.js';

const SAMPLES = 300;
/**
 * Calls of a millisecond or two: of shorter ones most is waking the driver's threads, which takes 20% more or less from run to run,
 * whatever the kernel does.
 */
const CASES: readonly { readonly op: string; readonly attributes: Attributes }[] = [
  { op: 'gram', attributes: { positions: 1_024, channels: 32 } },
  { op: 'max-pool', attributes: { height: 64, width: 64, channels: 64 } },
];
/** Calls of which one more makes the planted 10%. */
const CALLS = 10;
const PLANTED_OP = 'gram';
type RunName = 'same' | 'planted';

/** What one trial came to. */
interface Trial {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: string;
  /** Cases of the same code that were called slower. */
  readonly falseAlarms: readonly string[];
  /** Ratios of the cases of the same code. */
  readonly sameRatios: readonly number[];
  /** Share of the machine that other programs had in the busiest of its runs; unknown of runs that were not made here and now. */
  readonly othersShare?: number;
}

interface PlantedFile {
  readonly kind: 'planted';
  readonly version: string;
  readonly date: string;
  readonly device: string;
  readonly clock: string;
  readonly trials: number;
  readonly found: number;
  readonly quiet: number;
  /** Trials that were void, and are not among the results. */
  readonly voids: number;
  readonly results: readonly Trial[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Ten calls as one, and eleven calls as one where it is planted. */
function asOne(timed: Timed, isPlanted: boolean): Timed {
  return {
    ...(timed.isYardstick === undefined ? {} : { isYardstick: timed.isYardstick }),
    id: timed.id,
    measure: async (repeats): Promise<Sample> => {
      const { ms, wallMs } = await timed.measure(repeats * (isPlanted ? CALLS + 1 : CALLS));
      return { ms: ms / CALLS, wallMs: wallMs / CALLS };
    },
  };
}

async function measureGroup(
  engine: Engine,
  clock: Clock,
  yardsticks: readonly Timed[],
  { op, attributes }: (typeof CASES)[number],
  isPlanted: boolean,
  seed: number,
): Promise<BenchGroup> {
  const { kernel } = suiteOp(op);
  if (kernel === undefined) throw new Error(`${op} has no kernel`);
  const variant = selectVariant(kernel, attributes, engine.traits).id;
  const sets = TensorSets.make(engine, kernel, attributes, [variant], seed);
  const timed = await TimedKernel.build(engine, clock, kernel, attributes, variant, sets);
  const series = await sampleInTurns(
    [asOne(timed, isPlanted), ...yardsticks.map((one) => asOne(one, false))],
    { precision: 0, maximumSamples: SAMPLES, maximumMs: 60_000, minimumSampleMs: 0 },
    { random: new Philox(seed), now: () => performance.now() },
  );
  timed.destroy();
  sets.destroy();
  const { samplesMs = [], wallMs = [], repeats = 1 } = series.find(({ id }) => id === variant) ?? {};
  return {
    op,
    kernel: kernel.name,
    shape: Object.values(attributes).join('x'),
    attributes,
    ...kernel.cost(attributes),
    inputSets: sets.sets.length,
    ...yardstickSamples(series),
    cases: [{ variant, engine: 'gramarye', status: 'measured', repeats, samplesMs, wallMs, summary: summarise(samplesMs, wallMs, 0.03) }],
  };
}

/** One run on a device of its own, as a results file. */
async function measureRun(name: RunName, seed: number): Promise<BenchFile> {
  const engine = await nodeEngine();
  const time = {
    now: (): number => performance.now(),
    processorMs: (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
  };
  const clock = await Clock.calibrate(engine, time);
  const yardsticks = await makeYardsticks(engine, clock);
  const groups: BenchGroup[] = [];
  for (const one of CASES) groups.push(await measureGroup(engine, clock, yardsticks.timed, one, name === 'planted' && one.op === PLANTED_OP, seed));
  const file = benchFile([
    {
      version: VERSION,
      date: new Date().toISOString(),
      device: deviceInfo(engine),
      host: { kind: 'node', name: `Node ${process.versions.node} with Dawn`, flags: [], system: process.platform },
      clock: clock.info,
      settings: { seed, precision: 0.03, maximumSamples: SAMPLES, groupSeconds: 60, quick: false },
      groups,
    },
  ]);
  yardsticks.destroy();
  clock.destroy();
  engine.destroy();
  return file;
}

/** The cases of a comparison; none where every one was too disturbed to be compared. */
function casesOf(before: BenchFile, after: BenchFile): readonly ComparedCase[] {
  try {
    return compareFiles(before, after).cases;
  } catch (error) {
    if (error instanceof GramaryeError && error.code === 'bad-option') return [];
    throw error;
  }
}

/** A run, and the share of the machine that other programs had meanwhile. */
interface WatchedRun {
  readonly file: BenchFile;
  readonly othersShare?: number;
}

/** Where runs come from: they are measured, or were. Undefined where there are no more. */
type RunSource = (trial: number, name: RunName, seed: number) => Promise<WatchedRun | undefined>;

const kept = (folder: string, trial: number, name: RunName): string => join(folder, `trial-${String(trial).padStart(2, '0')}-${name}.json`);

function sourceOf({ keep, from }: { readonly keep?: string | undefined; readonly from?: string | undefined }, isOver: () => boolean): RunSource {
  if (from !== undefined)
    return async (trial, name) => {
      const path = kept(from, trial, name);
      return existsSync(path) ? { file: parseBenchFile(await readFile(path, 'utf8'), path) } : undefined;
    };
  if (keep !== undefined) mkdirSync(keep, { recursive: true });
  return async (trial, name, seed) => {
    if (!(await untilQuiet(isOver))) return undefined;
    const others = watchOthers();
    const file = await measureRun(name, seed);
    const othersShare = others();
    if (keep !== undefined && othersShare <= OTHERS_SHARE) await writeFile(kept(keep, trial, name), `${JSON.stringify(file)}\n`);
    return { file, othersShare };
  };
}

const isVoid = ({ othersShare = 0 }: { readonly othersShare?: number }): boolean => othersShare > OTHERS_SHARE;

/** The first run to compare with: one that was not disturbed. */
async function firstRun(source: RunSource, trial: number): Promise<BenchFile | undefined> {
  for (;;) {
    const run = await source(trial, 'same', 10_000 + trial);
    if (run === undefined || !isVoid(run)) return run?.file;
  }
}

async function runTrial(seed: number, before: BenchFile, source: RunSource): Promise<{ trial: Trial; after: BenchFile } | undefined> {
  const order = shuffle<RunName>(['same', 'planted'], new Philox(seed));
  const files = new Map<RunName, BenchFile>();
  const shares: number[] = [];
  for (const [index, name] of order.entries()) {
    const run = await source(seed, name, 10 * seed + index);
    if (run === undefined) return undefined;
    files.set(name, run.file);
    if (run.othersShare !== undefined) shares.push(run.othersShare);
  }
  const after = files.get('same') ?? benchFile([]);
  const planted = casesOf(before, files.get('planted') ?? benchFile([])).find(({ op }) => op === PLANTED_OP);
  const same = casesOf(before, after);
  return {
    after,
    trial: {
      ratio: planted?.ratio ?? 0,
      interval: planted?.interval ?? [0, 0],
      verdict: planted?.verdict ?? 'too disturbed',
      falseAlarms: same.filter((one) => one.verdict === 'slower').map(({ op, variant, ratio }) => `${op}/${variant} ${ratio.toFixed(3)}`),
      sameRatios: same.map(({ ratio }) => ratio),
      ...(shares.length === 0 ? {} : { othersShare: Math.max(...shares) }),
    },
  };
}

const share = (value: number): string => value.toFixed(3);

/** The command. Returns 1 when the comparison is not to be believed, or trials are missing. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trials: { type: 'string', default: '20' },
      minutes: { type: 'string', default: '60' },
      out: { type: 'string' },
      keep: { type: 'string' },
      from: { type: 'string' },
    },
  });
  const wanted = Number(values.trials);
  const end = performance.now() + 60_000 * Number(values.minutes);
  const isOver = (): boolean => performance.now() >= end;
  const source = sourceOf(values, isOver);
  const { out } = values;
  const results: Trial[] = [];
  let voids = 0;
  if (out !== undefined && existsSync(out)) {
    const earlier = JSON.parse(await readFile(out, 'utf8')) as Partial<PlantedFile>;
    results.push(...(earlier.results ?? []));
    voids = earlier.voids ?? 0;
  }
  const counts = (): Pick<PlantedFile, 'trials' | 'found' | 'quiet'> => ({
    trials: results.length,
    found: results.filter(({ verdict }) => verdict === 'slower').length,
    quiet: results.filter(({ falseAlarms }) => falseAlarms.length === 0).length,
  });
  let before = await firstRun(source, results.length);
  while (before !== undefined && results.length < wanted && !isOver()) {
    const next = await runTrial(results.length + 1, before, source);
    if (next === undefined) break;
    const { trial, after } = next;
    if (isVoid(trial)) {
      voids++;
      print(`void: other programs had ${(100 * (trial.othersShare ?? 0)).toFixed(0)}% of the machine`);
      continue;
    }
    before = after;
    results.push(trial);
    const { ratio, interval, verdict, falseAlarms, sameRatios } = trial;
    print(
      `trial ${String(results.length)}: planted ${share(ratio)} [${interval.map(share).join(', ')}] ${verdict}; same code ${sameRatios.map(share).join(', ')}: ${falseAlarms.length === 0 ? 'no regression' : `false alarm ${falseAlarms.join(', ')}`}`,
    );
    const [run] = after.runs;
    if (out === undefined || run === undefined) continue;
    const { description, device } = run.device;
    const report: PlantedFile = {
      kind: 'planted',
      version: VERSION,
      date: run.date,
      device: description || device,
      clock: run.clock.kind,
      ...counts(),
      voids,
      results,
    };
    await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  }
  const { trials, found, quiet } = counts();
  print(
    `planted slow-down found in ${String(found)} of ${String(trials)}; no regression in ${String(quiet)} of ${String(trials)} comparisons of the same code`,
  );
  const needed = Math.floor(wanted * 0.95);
  return found >= needed && quiet >= needed ? 0 : 1;
}
