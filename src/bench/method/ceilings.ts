/** The two ceilings of a device, by the probes, and the yardsticks that are timed beside everything. */
import type { Attributes, KernelDefinition } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { Philox } from '../../engine/random.js';
import { acceptedVariants } from '../../engine/select.js';
import { copyProbe, multiplyAddProbe } from '../probes/probes.js';
import type { BenchGroup, Ceilings } from '../result.js';
import { median } from '../statistics/median.js';
import { erased } from '../suites/suite.js';
import type { Clock } from './clock.js';
import { sampleInTurns, type Series } from './sampling.js';
import { TensorSets, TimedKernel } from './timed-kernel.js';

/** Sizes of the probes: long enough to fill a device, the copy far beyond its caches. */
const SIZES = {
  hardware: { multiplyAdd: { invocations: 2 ** 19, rounds: 512 }, copy: { count: 2 ** 25 } },
  software: { multiplyAdd: { invocations: 2 ** 12, rounds: 512 }, copy: { count: 2 ** 22 } },
};
/** The yardsticks are shorter: each runs once a round. */
const YARDSTICKS = {
  hardware: { multiplyAdd: { invocations: 2 ** 16, rounds: 512 }, copy: { count: 2 ** 22 } },
  software: { multiplyAdd: { invocations: 2 ** 10, rounds: 512 }, copy: { count: 2 ** 16 } },
};
/** Any variants show how fast the machine is; these run everywhere. */
const PLAIN = { multiplyAdd: 'scalar-64', copy: 'vec4-64' };
const LIMITS = { precision: 0.03, maximumSamples: 12, maximumMs: 1_500 };

async function fastest(
  engine: Engine,
  clock: Clock,
  kernel: KernelDefinition,
  attributes: Attributes,
  now: () => number,
  signal?: AbortSignal,
): Promise<{ id: string; ms: number }> {
  const ids = acceptedVariants(kernel, attributes, engine.traits).map(({ id }) => id);
  const sets = TensorSets.make(engine, kernel, attributes, ids, 1);
  const timed: TimedKernel[] = [];
  try {
    for (const id of ids) timed.push(await TimedKernel.build(engine, clock, kernel, attributes, id, sets));
    const series = await sampleInTurns(timed, { ...LIMITS, minimumSampleMs: clock.info.minimumSampleMs }, { random: new Philox(1), now, signal });
    return series.map(({ id, samplesMs }) => ({ id, ms: median(samplesMs) })).reduce((best, one) => (one.ms < best.ms ? one : best), { id: '', ms: Infinity });
  } finally {
    for (const one of timed) one.destroy();
    sets.destroy();
  }
}

/** Measures both ceilings: the best of the probes' variants, by the median. */
export async function measureCeilings(engine: Engine, clock: Clock, now: () => number, signal?: AbortSignal): Promise<Ceilings> {
  const sizes = engine.traits.isSoftware ? SIZES.software : SIZES.hardware;
  const arithmetic = await fastest(engine, clock, erased(multiplyAddProbe), sizes.multiplyAdd, now, signal);
  const copy = await fastest(engine, clock, erased(copyProbe), sizes.copy, now, signal);
  return {
    gflops: (multiplyAddProbe.cost(sizes.multiplyAdd).flops * 1e-6) / arithmetic.ms,
    gigabytesPerSecond: (copyProbe.cost(sizes.copy).bytes * 1e-6) / copy.ms,
    multiplyAdd: arithmetic.id,
    copy: copy.id,
  };
}

/** The yardsticks among what is timed, in order: arithmetic and traffic, for what disturbs one may leave the other alone. */
export const YARDSTICK_NAMES = ['multiply-add', 'copy'] as const;

const idOf = (name: string): string => `yardstick ${name}`;

/** The yardsticks, ready to be timed, and their end. `variants` are those that were fastest, where that is known. */
export async function makeYardsticks(
  engine: Engine,
  clock: Clock,
  variants: { readonly multiplyAdd: string; readonly copy: string } = PLAIN,
): Promise<{ timed: TimedKernel[]; destroy(): void }> {
  const sizes = engine.traits.isSoftware ? YARDSTICKS.software : YARDSTICKS.hardware;
  const timed: TimedKernel[] = [];
  const sets: TensorSets[] = [];
  const add = async (name: string, kernel: KernelDefinition, attributes: Attributes, variant: string): Promise<void> => {
    const own = TensorSets.make(engine, kernel, attributes, [variant], 1);
    sets.push(own);
    timed.push(await TimedKernel.build(engine, clock, kernel, attributes, variant, own, { id: idOf(name), isYardstick: true }));
  };
  const destroy = (): void => {
    for (const one of timed) one.destroy();
    for (const one of sets) one.destroy();
  };
  try {
    await add('multiply-add', erased(multiplyAddProbe), sizes.multiplyAdd, variants.multiplyAdd);
    await add('copy', erased(copyProbe), sizes.copy, variants.copy);
  } catch (error) {
    destroy();
    throw error;
  }
  return { timed, destroy };
}

/** What a group says of the yardsticks that were sampled with it. */
export function yardstickSamples(series: readonly Series[]): Pick<BenchGroup, 'yardstickMs' | 'yardsticks'> {
  const yardsticks = YARDSTICK_NAMES.flatMap((name) => {
    const found = series.find(({ id }) => id === idOf(name));
    return found === undefined ? [] : [{ name, samplesMs: [...found.samplesMs], wallMs: [...found.wallMs] }];
  });
  return { yardstickMs: yardsticks[0]?.samplesMs ?? [], yardsticks };
}
