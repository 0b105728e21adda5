/**
 * Can the comparison be believed? In each of 20 trials three series of every case are measured in turns: one before, one after with the
 * same code, and one after with 10% more work in one variant. The comparison must find the planted case in at least 19 trials and
 * no regression in at least 19 comparisons of the same code. `node bench/run-node.mjs bench/planted.ts [--trials 20] [--out FILE.json]`.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { compareFiles, regressions } from '../src/bench/compare/compare.js';
import { makeYardstick } from '../src/bench/method/ceilings.js';
import { Clock, type Sample } from '../src/bench/method/clock.js';
import { sampleInTurns, type Series, type Timed } from '../src/bench/method/sampling.js';
import { TensorSets, TimedKernel } from '../src/bench/method/timed-kernel.js';
import { benchFile, type BenchFile, type BenchGroup } from '../src/bench/result.js';
import { deviceInfo } from '../src/bench/run.js';
import { summarise } from '../src/bench/statistics/summary.js';
import { suiteOp } from '../src/bench/suites/suites.js';
import type { Attributes, KernelDefinition } from '../src/engine/contract.js';
import type { Engine } from '../src/engine/engine.js';
import { Philox } from '../src/engine/random.js';
import { acceptedVariants } from '../src/engine/select.js';
import { VERSION } from '../src/engine/version.js';
import { nodeEngine } from './node-gpu.js';

const SAMPLES = 40;
/** Small shapes: the script is about statistics. */
const CASES: readonly { readonly op: string; readonly attributes: Attributes }[] = [
  { op: 'gram', attributes: { positions: 1_024, channels: 64 } },
  { op: 'max-pool', attributes: { height: 64, width: 64, channels: 64 } },
  { op: 'tv', attributes: { height: 128, width: 128, channels: 3 } },
];
/** The variant that becomes slower. */
const PLANTED = { op: 'gram', variant: 'symmetric-split-k' };
const SERIES = ['before', 'same', 'planted'] as const;
type SeriesName = (typeof SERIES)[number];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The same work, and eleven calls in place of ten where it is planted. */
function asTimed(kernel: TimedKernel, name: SeriesName, isPlanted: boolean): Timed {
  return {
    id: `${name} ${kernel.id}`,
    measure: (repeats): Promise<Sample> => kernel.measure(isPlanted ? Math.ceil(repeats * 1.1) : repeats),
  };
}

interface ReadyGroup {
  readonly op: string;
  readonly kernel: KernelDefinition;
  readonly attributes: Attributes;
  readonly variants: readonly string[];
  readonly timed: readonly Timed[];
  destroy(): void;
}

async function prepare(engine: Engine, clock: Clock, yardstick: Timed): Promise<ReadyGroup[]> {
  const groups: ReadyGroup[] = [];
  for (const { op, attributes } of CASES) {
    const { kernel } = suiteOp(op);
    if (kernel === undefined) throw new Error(`${op} has no kernel`);
    const variants = acceptedVariants(kernel, attributes, engine.traits).map(({ id }) => id);
    const sets = TensorSets.make(engine, kernel, attributes, variants, 1);
    const kernels: TimedKernel[] = [];
    for (const id of variants) kernels.push(await TimedKernel.build(engine, clock, kernel, attributes, id, sets));
    groups.push({
      op,
      kernel,
      attributes,
      variants,
      timed: [
        ...kernels.flatMap((one) => SERIES.map((name) => asTimed(one, name, name === 'planted' && op === PLANTED.op && one.id === PLANTED.variant))),
        yardstick,
      ],
      destroy: () => {
        for (const one of kernels) one.destroy();
        sets.destroy();
      },
    });
  }
  return groups;
}

function groupOf({ op, kernel, attributes, variants }: ReadyGroup, series: readonly Series[], name: SeriesName): BenchGroup {
  return {
    op,
    kernel: kernel.name,
    shape: Object.values(attributes).join('x'),
    attributes,
    ...kernel.cost(attributes),
    inputSets: 1,
    yardstickMs: [...(series.find(({ id }) => id === 'yardstick')?.samplesMs ?? [])],
    cases: variants.map((variant) => {
      const { samplesMs = [], wallMs = [], repeats = 1 } = series.find(({ id }) => id === `${name} ${variant}`) ?? {};
      return { variant, engine: 'gramarye', status: 'measured', repeats, samplesMs, wallMs, summary: summarise(samplesMs, wallMs, 0.03) };
    }),
  };
}

/** The command. Returns 1 when the comparison is not to be believed. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { trials: { type: 'string', default: '20' }, out: { type: 'string' } } });
  const trials = Number(values.trials);
  const engine = await nodeEngine();
  const now = (): number => performance.now();
  const processorMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  const clock = await Clock.calibrate(engine, { now, processorMs });
  const yardstick = await makeYardstick(engine, clock, 'scalar-64');
  const groups = await prepare(engine, clock, yardstick.timed);
  const device = deviceInfo(engine);
  print(`${device.description}; clock: ${clock.info.note}`);
  const found: number[] = [];
  const falseAlarms: string[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const files: Record<SeriesName, BenchGroup[]> = { before: [], same: [], planted: [] };
    for (const group of groups) {
      const series = await sampleInTurns(
        group.timed,
        { precision: 0, maximumSamples: SAMPLES, maximumMs: 60_000, minimumSampleMs: clock.info.minimumSampleMs },
        { random: new Philox(trial + 1), now },
      );
      for (const name of SERIES) files[name].push(groupOf(group, series, name));
    }
    const file = (name: SeriesName): BenchFile =>
      benchFile([
        {
          version: VERSION,
          date: new Date().toISOString(),
          device,
          host: { kind: 'node', name: `Node ${process.versions.node} with Dawn`, flags: [], system: process.platform },
          clock: clock.info,
          settings: { seed: trial, precision: 0.03, maximumSamples: SAMPLES, groupSeconds: 60, quick: false },
          groups: files[name],
        },
      ]);
    const planted = compareFiles(file('before'), file('planted')).cases.find(({ op, variant }) => op === PLANTED.op && variant === PLANTED.variant);
    const same = regressions(compareFiles(file('before'), file('same')));
    if (planted?.verdict === 'slower') found.push(planted.ratio);
    if (same.length > 0) falseAlarms.push(...same.map(({ op, variant, ratio }) => `trial ${String(trial + 1)}: ${op}/${variant} ${ratio.toFixed(3)}`));
    print(
      `trial ${String(trial + 1)}: planted ${planted?.ratio.toFixed(3) ?? 'none'} [${planted?.interval.map((bound) => bound.toFixed(3)).join(', ') ?? ''}] ${planted?.verdict ?? ''}; same code: ${same.length === 0 ? 'no regression' : 'FALSE ALARM'}`,
    );
  }
  for (const group of groups) group.destroy();
  yardstick.destroy();
  clock.destroy();
  engine.destroy();
  const quiet = trials - new Set(falseAlarms.map((line) => line.split(':', 1)[0])).size;
  const needed = Math.floor(trials * 0.95);
  print(
    `planted slow-down found in ${String(found.length)} of ${String(trials)}; no regression in ${String(quiet)} of ${String(trials)} comparisons of the same code`,
  );
  if (values.out !== undefined)
    await writeFile(
      values.out,
      `${JSON.stringify({ kind: 'planted', version: VERSION, date: new Date().toISOString(), device: device.description, clock: clock.info.kind, trials, found: found.length, ratios: found, quiet, falseAlarms }, null, 2)}\n`,
    );
  return found.length >= needed && quiet >= needed ? 0 : 1;
}
