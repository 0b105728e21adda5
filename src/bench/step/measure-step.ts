/** Whole steps: their time, their memory, and how long the first one takes. */
import { Engine } from '../../engine/engine.js';
import { messageOf, throwIfAborted } from '../../engine/errors.js';
import { Philox } from '../../engine/random.js';
import { planStep } from '../../tasks/step-program.js';
import { createStyleTransfer, type StyleTransferRun } from '../../tasks/style-transfer.js';
import { yardstickSamples } from '../method/ceilings.js';
import { measuredCase, type MeasureContext } from '../method/measure-kernel.js';
import { sampleInTurns, type Timed } from '../method/sampling.js';
import type { PlannedGroup } from '../request.js';
import type { BenchCase, BenchGroup } from '../result.js';
import { summarise } from '../statistics/summary.js';
import { checkGradient } from './check-gradient.js';
import { stepProblem, type StepProblem } from './step-problem.js';

const RECORDED = 'recorded';

function problemOf({ shape }: PlannedGroup): StepProblem {
  return stepProblem(Number(shape.attributes.size), Number(shape.attributes.divisor));
}

/** Operations of the 3×3 convolutions, there and back to the image: nearly all of a step. */
function stepFlops({ inputs, settings }: StepProblem): number {
  let side = settings.height;
  let flops = 0;
  for (const layer of inputs.net.layers) {
    if (layer.pooledBefore) side = Math.floor(side / 2);
    flops += 2 * 18 * side * side * layer.inChannels * layer.outChannels;
  }
  return flops;
}

function emptyGroup({ op, shape }: PlannedGroup, flops: number): BenchGroup {
  return { op: op.id, kernel: '', shape: shape.name, attributes: shape.attributes, flops, bytes: 0, inputSets: 1, yardstickMs: [], cases: [] };
}

/** The time of one recorded step, loss read back in batches as in a real run. */
export async function measureStep(context: MeasureContext, planned: PlannedGroup): Promise<BenchGroup> {
  const { engine, clock, settings, now, say } = context;
  const problem = problemOf(planned);
  const group = emptyGroup(planned, stepFlops(problem));
  let result: BenchCase = { variant: RECORDED, engine: 'gramarye', status: 'failed' };
  let run: StyleTransferRun | undefined;
  try {
    say('recording the step');
    const start = now();
    const before = engine.pipelines.size;
    run = await createStyleTransfer(engine, problem.settings, problem.inputs, context.signal === undefined ? {} : { signal: context.signal });
    result = { ...result, compileMs: now() - start, compiledPipelines: engine.pipelines.size - before, allocatedBytes: run.memory.totalBytes };
    say('checking the gradient');
    const { check, problems } = await checkGradient(run);
    result = { ...result, check };
    if (problems.length > 0) return { ...group, cases: [{ ...result, status: 'wrong', reason: problems.join('; ') }] };
    const ready = run;
    const timed: Timed = {
      id: RECORDED,
      measure: (repeats) =>
        clock.around(async () => {
          await ready.run({ steps: ready.steps + repeats });
        }),
    };
    const series = await sampleInTurns(
      [timed, ...context.yardsticks],
      { ...settings, maximumMs: settings.groupSeconds * 1_000, minimumSampleMs: clock.info.minimumSampleMs },
      {
        random: new Philox(settings.seed),
        now,
        signal: context.signal,
        onRound: (done) => {
          say(`round ${String(done)}`);
        },
      },
    );
    const [own] = series;
    if (own !== undefined) result = measuredCase(result, own, group, group, context);
    return { ...group, ...yardstickSamples(series), cases: [result] };
  } catch (error) {
    throwIfAborted(context.signal);
    if (engine.isLost) throw error;
    return { ...group, cases: [{ ...result, reason: messageOf(error) }] };
  } finally {
    run?.destroy();
  }
}

/** The bytes that a step plans, by use. Nothing is allocated. */
export function measureMemory(context: MeasureContext, planned: PlannedGroup): BenchGroup {
  const problem = problemOf(planned);
  const { preprocess, layers } = problem.inputs.net;
  const plan = planStep(
    context.engine,
    { preprocess: preprocess.name, layers: layers.map(({ name, inChannels, outChannels, pooledBefore }) => ({ name, inChannels, outChannels, pooledBefore })) },
    problem.settings,
  );
  const result: BenchCase = {
    variant: RECORDED,
    engine: 'gramarye',
    status: 'planned',
    check: { against: 'plan', worst: 0, allowed: 0, note: 'a test holds that the allocation equals the plan' },
    allocatedBytes: plan.totalBytes,
    memory: { ...plan.byCategory },
  };
  return { ...emptyGroup(planned, stepFlops(problem)), cases: [result] };
}

/** How a device is had anew: `cold-start` needs devices of its own. */
export type MakeEngine = () => Promise<Engine>;

/** From an engine to the end of its first step: compilation, upload, targets, the step. */
async function firstStepMs(engine: Engine, problem: StepProblem, now: () => number): Promise<number> {
  const start = now();
  const run = await createStyleTransfer(engine, problem.settings, problem.inputs);
  try {
    await run.step();
    return now() - start;
  } finally {
    run.destroy();
  }
}

/**
 * The time to the first step: `new-device` on a device that compiled nothing yet (the first sample also meets whatever the browser and
 * the driver had not cached on disk), `same-device` on one that has all pipelines.
 */
export async function measureColdStart(
  context: MeasureContext,
  planned: PlannedGroup,
  makeEngine: MakeEngine = () => Engine.create({ tfjs: false }),
): Promise<BenchGroup> {
  const { now, settings, say } = context;
  const problem = problemOf(planned);
  const first: number[] = [];
  const cold: number[] = [];
  const warm: number[] = [];
  const rounds = settings.quick ? 2 : 4;
  for (let round = 0; round < rounds; round++) {
    throwIfAborted(context.signal);
    say(`start ${String(round + 1)} of ${String(rounds)}`);
    const engine = await makeEngine();
    try {
      (round === 0 ? first : cold).push(await firstStepMs(engine, problem, now));
      warm.push(await firstStepMs(engine, problem, now));
    } finally {
      engine.destroy();
    }
  }
  const asCase = (variant: string, samples: number[]): BenchCase => ({
    variant,
    engine: 'gramarye',
    status: 'measured',
    repeats: 1,
    samplesMs: samples,
    wallMs: samples,
    summary: summarise(samples, samples, settings.precision),
  });
  return { ...emptyGroup(planned, 0), cases: [asCase('first-device', first), asCase('new-device', cold), asCase('same-device', warm)] };
}
