/** One kernel at one shape: every wanted variant is compiled, checked and timed in turns. */
import type { Attributes, KernelDefinition, Values } from '../../engine/contract.js';
import { randomInputs } from '../../engine/check-kernel.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, messageOf, throwIfAborted } from '../../engine/errors.js';
import { Philox } from '../../engine/random.js';
import { figuresOf } from '../figures.js';
import type { BenchCase, BenchGroup, Ceilings } from '../result.js';
import { wantsVariant, type BenchRequest, type BenchSettings, type PlannedGroup } from '../request.js';
import { summarise } from '../statistics/summary.js';
import { checkableAttributes, checkAgainstReference, compareOutputs, type ReferenceSource, type ReferenceValues } from './check.js';
import { yardstickSamples } from './ceilings.js';
import type { Clock } from './clock.js';
import { compileVariant } from './compile.js';
import { sampleInTurns, type Series, type Timed } from './sampling.js';
import { TensorSets, TimedKernel } from './timed-kernel.js';

/** What every group is measured with. */
export interface MeasureContext {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly now: () => number;
  readonly request: BenchRequest;
  readonly settings: BenchSettings;
  readonly ceilings?: Ceilings | undefined;
  readonly yardsticks: readonly Timed[];
  readonly reference: ReferenceSource;
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for a line of progress. */
  readonly say: (text: string) => void;
  /** Hears of the group while it is sampled. */
  readonly onSamples?: ((group: BenchGroup) => void) | undefined;
  /** Other engines that can do this op, ready to be timed. */
  readonly peers?: PeerSource | undefined;
}

/** What a peer is given: inputs at the timed shape, and at the shape that the reference can afford with what is wanted there. */
export interface PeerTask extends Pick<MeasureContext, 'clock' | 'say'> {
  readonly inputs: Values;
  /** The shape of `reference`. */
  readonly attributes: Attributes;
  readonly reference: ReferenceValues;
}

/** Makes the peers of a group. Throws nothing but for a lost device: what fails is a case that says so. */
export type PeerSource = (group: PlannedGroup, kernel: KernelDefinition, task: PeerTask) => Promise<readonly PeerEntry[]>;

/** A peer's case: ready, or the reason why not. */
export interface PeerEntry {
  readonly engine: string;
  readonly case: BenchCase;
  readonly timed?: Timed;
  destroy(): void;
}

/** Why a variant is not measured, before anything is done. */
function refusal(variant: KernelDefinition['variants'][number], attributes: Attributes, { engine, settings, request }: MeasureContext): string | undefined {
  const verdict = variant.accepts(attributes, engine.traits);
  if (verdict !== true) return verdict;
  const isKnownSlow = (variant.preference?.(attributes, engine.traits) ?? 0) < 0;
  return settings.quick && isKnownSlow && request.variants === undefined && request.ops === undefined
    ? 'not preferred on this device; left out of the quick suite'
    : undefined;
}

/** A variant that is on its way to being timed. */
class Candidate {
  readonly id: string;
  result: BenchCase;
  timed: TimedKernel | undefined;
  /** Sampled outputs at the timed shape, before timing. */
  outputs: Values | undefined;

  constructor(id: string) {
    this.id = id;
    this.result = { variant: id, engine: 'gramarye', status: 'skipped' };
  }

  get isAlive(): boolean {
    return this.result.reason === undefined;
  }

  end(status: 'wrong' | 'skipped' | 'failed', reason: string): void {
    this.result = { ...this.result, status, reason };
    this.timed?.destroy();
    this.timed = undefined;
  }

  /** Does a step of the work; what it throws ends this candidate alone, unless the device is gone or the user has cancelled. */
  async attempt(engine: Engine, work: () => Promise<void>): Promise<void> {
    if (!this.isAlive) return;
    engine.device.pushErrorScope('validation');
    try {
      await work();
    } catch (error) {
      if (engine.isLost || (error instanceof GramaryeError && (error.code === 'aborted' || error.code === 'device-lost'))) throw error;
      this.end('failed', messageOf(error));
    } finally {
      const problem = await engine.device.popErrorScope().catch(() => null);
      if (problem !== null && this.result.reason === undefined) this.end('failed', problem.message.split('\n', 1)[0] ?? problem.message);
    }
  }
}

/** Checks every candidate against the reference; parts of variants through the whole ones they are parts of. */
async function checkAll(
  context: MeasureContext,
  candidates: readonly Candidate[],
  { op, shape }: PlannedGroup,
  kernel: KernelDefinition,
  { attributes, values }: { readonly attributes: Attributes; readonly values: ReferenceValues },
): Promise<void> {
  const { engine, now, settings, say } = context;
  const checker = op.checkedBy ?? kernel;
  const scale = kernel.cost(shape.attributes).flops / Math.max(1, kernel.cost(attributes).flops);
  for (const candidate of candidates) {
    await candidate.attempt(engine, async () => {
      throwIfAborted(context.signal);
      const id = op.checkedBy === undefined ? candidate.id : (candidate.id.split('/')[0] ?? candidate.id);
      say(`checking ${candidate.id}`);
      const start = now();
      const { check, problems } = await checkAgainstReference(engine, checker, id, attributes, values, shape.attributes);
      candidate.result = { ...candidate.result, check };
      if (problems.length > 0) candidate.end('wrong', problems.join('; '));
      const expectedSeconds = ((now() - start) / 1_000) * scale;
      // Uploads and compilation are in that time: only a large excess is believed.
      if (candidate.isAlive && scale > 4 && expectedSeconds > 20 * settings.callSeconds)
        candidate.end('skipped', `one call would take about ${expectedSeconds.toFixed(0)} s, more than ${String(settings.callSeconds)} s`);
    });
  }
}

/** Outputs at the timed shape: each candidate must agree with most of the others. Stages have no outputs of their own. */
function compareAmongEachOther(candidates: readonly Candidate[], { op, shape }: PlannedGroup, kernel: KernelDefinition): void {
  if (op.checkedBy !== undefined) return;
  const alive = candidates.filter(({ isAlive, outputs }) => isAlive && outputs !== undefined);
  const agree = (a: Candidate, b: Candidate): boolean =>
    compareOutputs(kernel, shape.attributes, a.id, a.outputs ?? {}, b.outputs ?? {}, 'first', 4).problems.length === 0;
  const votes = alive.map((one) => alive.filter((other) => other === one || agree(one, other) || agree(other, one)).length);
  const most = Math.max(0, ...votes);
  alive.forEach((candidate, index) => {
    const finite = Object.values(candidate.outputs ?? {}).every((values) => values.every((value) => Number.isFinite(value)));
    if (!finite) candidate.end('wrong', 'some outputs are not written or not finite at the timed shape');
    else if ((votes[index] ?? 0) < most || (alive.length > 1 && most === 1)) {
      const others = alive.filter((other) => other !== candidate).map(({ id }) => id);
      candidate.end('wrong', `disagrees with ${others.join(', ')} at the timed shape`);
    }
  });
}

async function buildAll(
  context: MeasureContext,
  candidates: readonly Candidate[],
  { shape }: PlannedGroup,
  kernel: KernelDefinition,
  sets: TensorSets,
): Promise<void> {
  const { engine, clock, settings, say } = context;
  for (const candidate of candidates) {
    await candidate.attempt(engine, async () => {
      throwIfAborted(context.signal);
      say(`warming up ${candidate.id}`);
      candidate.timed = await TimedKernel.build(engine, clock, kernel, shape.attributes, candidate.id, sets);
      candidate.outputs = await candidate.timed.outputs();
      candidate.result = { ...candidate.result, allocatedBytes: candidate.timed.allocatedBytes };
      const { wallMs } = await candidate.timed.measure(1);
      if (wallMs > settings.callSeconds * 1_000)
        candidate.end('skipped', `one call takes ${(wallMs / 1_000).toFixed(1)} s, more than ${String(settings.callSeconds)} s`);
    });
  }
}

/** What was measured of one case. */
export function measuredCase(
  result: BenchCase,
  series: Series,
  group: Pick<BenchGroup, 'attributes'>,
  cost: { flops: number; bytes: number },
  context: MeasureContext,
): BenchCase {
  const summary = summarise(series.samplesMs, series.wallMs, context.settings.precision);
  return {
    ...result,
    status: 'measured',
    repeats: series.repeats,
    samplesMs: [...series.samplesMs],
    wallMs: [...series.wallMs],
    summary,
    figures: figuresOf(cost, summary.medianMs, context.ceilings, result.variant, group.attributes),
  };
}

/** Measures one kernel at one shape. Never throws for a variant that is wrong or fails; throws `aborted` and `device-lost`. */
export async function measureKernel(context: MeasureContext, planned: PlannedGroup, kernel: KernelDefinition): Promise<BenchGroup> {
  const { engine, clock, settings, now, say } = context;
  const { op, shape } = planned;
  const cost = kernel.cost(shape.attributes);
  const costOf = (id: string): { flops: number; bytes: number } => op.variantCost?.(shape.attributes, id) ?? cost;
  const candidates = kernel.variants
    .filter(({ id }) => wantsVariant(context.request, planned, id))
    .map((variant) => {
      const candidate = new Candidate(variant.id);
      const reason = refusal(variant, shape.attributes, context);
      if (reason !== undefined) candidate.end('skipped', reason);
      return candidate;
    });
  const group: BenchGroup = {
    op: op.id,
    kernel: kernel.name,
    shape: shape.name,
    attributes: shape.attributes,
    ...cost,
    inputSets: 0,
    yardstickMs: [],
    cases: [],
  };
  let peers: readonly PeerEntry[] = [];
  let sets: TensorSets | undefined;
  try {
    for (const candidate of candidates) {
      await candidate.attempt(engine, async () => {
        throwIfAborted(context.signal);
        say(`compiling ${candidate.id}`);
        candidate.result = { ...candidate.result, ...(await compileVariant(engine, kernel, shape.attributes, candidate.id, now)) };
      });
    }
    const checker = op.checkedBy ?? kernel;
    const attributes = checkableAttributes(checker, shape.attributes);
    say('computing the reference');
    const values = await context.reference(checker, attributes, settings.seed * 1_000 + 7);
    await checkAll(context, candidates, planned, kernel, { attributes, values });
    if (context.peers !== undefined) {
      const inputs = randomInputs(kernel, shape.attributes, settings.seed * 1_000);
      peers = await context.peers(planned, kernel, { clock, say, inputs, attributes, reference: values });
    }
    const alive = candidates.filter(({ isAlive }) => isAlive);
    if (alive.length > 0) {
      sets = TensorSets.make(
        engine,
        kernel,
        shape.attributes,
        alive.map(({ id }) => id),
        settings.seed * 1_000,
      );
      group.inputSets = sets.sets.length;
      await buildAll(context, alive, planned, kernel, sets);
      compareAmongEachOther(alive, planned, kernel);
    }
    const running = candidates.filter((candidate): candidate is Candidate & { timed: TimedKernel } => candidate.timed !== undefined);
    const others = peers.filter((peer): peer is PeerEntry & { timed: Timed } => peer.timed !== undefined);
    const collect = (series: readonly Series[]): BenchCase[] => {
      const of = (id: string): Series | undefined => series.find((one) => one.id === id && one.samplesMs.length > 0);
      const own = candidates.map((candidate) => {
        const found = of(candidate.id);
        return found === undefined || !candidate.isAlive ? candidate.result : measuredCase(candidate.result, found, group, costOf(candidate.id), context);
      });
      const theirs = peers.map((peer) => {
        const found = peer.timed === undefined ? undefined : of(peer.timed.id);
        return found === undefined ? peer.case : measuredCase(peer.case, found, group, cost, context);
      });
      return [...own, ...theirs];
    };
    let series: Series[] = [];
    if (running.length + others.length > 0) {
      series = await sampleInTurns(
        [...running.map(({ timed }) => timed), ...others.map(({ timed }) => timed), ...context.yardsticks],
        { ...settings, maximumMs: settings.groupSeconds * 1_000, minimumSampleMs: clock.info.minimumSampleMs },
        {
          random: new Philox(settings.seed),
          now,
          signal: context.signal,
          onRound: (done, sampled) => {
            say(`round ${String(done)}`);
            context.onSamples?.({ ...group, cases: collect(sampled) });
          },
        },
      );
      Object.assign(group, yardstickSamples(series));
    }
    // A variant that depends on what ran before it shows here: the same inputs must give the same outputs after hundreds of calls.
    for (const candidate of running) {
      await candidate.attempt(engine, async () => {
        const after = await candidate.timed.outputs();
        const { problems } = compareOutputs(kernel, shape.attributes, candidate.id, after, candidate.outputs ?? {}, 'first', 4);
        if (op.checkedBy === undefined && problems.length > 0) candidate.end('wrong', `gives other outputs after being timed: ${problems.join('; ')}`);
      });
    }
    return { ...group, cases: collect(series) };
  } finally {
    for (const candidate of candidates) candidate.timed?.destroy();
    for (const peer of peers) peer.destroy();
    sets?.destroy();
  }
}
