/** Loss against time of several ways to the same picture, taken in turns so that a load of the machine falls on all of them alike. */
import type { Engine } from '../../src/engine/engine.js';
import { createRun } from '../../src/tasks/create-run.js';
import { resizePicture } from '../../src/tasks/pictures/resize.js';
import { presetByName } from '../../src/tasks/presets.js';
import type { StyleTransferInputs } from '../../src/tasks/run-start.js';
import type { ImageRun } from '../../src/tasks/run-types.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';

/** One point of a curve: the loss at the size of the result, whatever size the run is at. */
export interface CurvePoint {
  readonly step: number;
  /** Processor time of the steps so far, all threads, software adapter included. */
  readonly processorMs: number;
  readonly wallMs: number;
  readonly loss: number;
}

/** One way and where it led. */
export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** The ways that are compared; those from coarse to fine take `coarseSteps` at every size but the last. */
export function waysOf(coarseSteps: number): Readonly<Record<string, Partial<StyleTransferSettings>>> {
  const scales = { steps: [coarseSteps] };
  return {
    'Adam, one scale': {},
    'Adam, coarse to fine': { scales },
    'L-BFGS, one scale': { optimizer: 'lbfgs' },
    'L-BFGS, coarse to fine': { optimizer: 'lbfgs', scales },
  };
}

/** What is run, and how. */
export interface CurveOptions {
  readonly preset: string;
  readonly steps: number;
  readonly coarseSteps: number;
  /** Steps between two points of a curve. */
  readonly every: number;
}

/** Runs all ways, some steps at a time in turns. */
export async function measureCurves(
  engine: Engine,
  inputs: StyleTransferInputs,
  { preset, steps, coarseSteps, every }: CurveOptions,
  print: (line: string) => void,
): Promise<Curve[]> {
  const { content } = inputs;
  const ways = waysOf(coarseSteps);
  if (content === undefined) throw new Error('The curves need a content picture.');
  const size = { height: content.height, width: content.width };
  const settings = { ...presetByName(preset).settings, ...size, steps };
  // Kernels are compiled before the clock runs: every way goes through all its sizes once.
  for (const way of Object.values(ways)) {
    const run = await createRun(engine, { ...settings, ...way, steps: 8, ...(way.scales === undefined ? {} : { scales: { steps: [1] } }) }, inputs);
    await run.run();
    run.destroy();
  }
  const judge = await createRun(engine, settings, inputs);
  const contenders: { name: string; run: ImageRun; points: CurvePoint[]; processorMs: number; wallMs: number }[] = [];
  for (const [name, way] of Object.entries(ways)) {
    contenders.push({ name, run: await createRun(engine, { ...settings, ...way }, inputs), points: [], processorMs: 0, wallMs: 0 });
  }
  const note = async (contender: (typeof contenders)[number]): Promise<void> => {
    const { height, width, image } = await contender.run.snapshot();
    const full = resizePicture({ height, width, data: image }, size);
    judge.restore({ step: 0, ...size, image: full.data, state: {}, trace: [] });
    const { total } = await judge.evaluate();
    contender.points.push({ step: contender.run.steps, processorMs: contender.processorMs, wallMs: contender.wallMs, loss: total });
  };
  for (const contender of contenders) await note(contender);
  for (let step = every; step <= steps; step += every) {
    for (const contender of contenders) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      await contender.run.run({ steps: step });
      await engine.idle();
      const { user, system } = process.cpuUsage(cpu);
      contender.processorMs += (user + system) / 1_000;
      contender.wallMs += performance.now() - wall;
      await note(contender);
    }
    print(
      contenders
        .map(({ name, points }) => `${name}: ${(points.at(-1)?.loss ?? NaN).toFixed(4)} at ${((points.at(-1)?.processorMs ?? NaN) / 1_000).toFixed(1)} s`)
        .join('; '),
    );
  }
  for (const { run } of contenders) run.destroy();
  judge.destroy();
  return contenders.map(({ name, points }) => ({ name, points }));
}

/** Time at which a curve first is at or below a loss, between its points by straight lines in log loss; undefined where it never is. */
export function timeTo(curve: Curve, loss: number, time: 'processorMs' | 'wallMs'): number | undefined {
  const index = curve.points.findIndex((point) => point.loss <= loss);
  const [before, after] = [curve.points[index - 1], curve.points[index]];
  if (after === undefined) return undefined;
  if (before === undefined) return after[time];
  const share = (Math.log(before.loss) - Math.log(loss)) / (Math.log(before.loss) - Math.log(after.loss));
  return before[time] + share * (after[time] - before[time]);
}
