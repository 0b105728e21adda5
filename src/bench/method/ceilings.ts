/** The two ceilings of a device, by the probes, and the yardstick that is timed beside everything. */
import type { Attributes, KernelDefinition } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { Philox } from '../../engine/random.js';
import { acceptedVariants } from '../../engine/select.js';
import { copyProbe, multiplyAddProbe } from '../probes/probes.js';
import type { Ceilings } from '../result.js';
import { median } from '../statistics/median.js';
import { erased } from '../suites/suite.js';
import type { Clock } from './clock.js';
import { sampleInTurns } from './sampling.js';
import { TensorSets, TimedKernel } from './timed-kernel.js';

/** Sizes of the probes: long enough to fill a device, the copy far beyond its caches. */
const SIZES = {
  hardware: { multiplyAdd: { invocations: 2 ** 19, rounds: 512 }, copy: { count: 2 ** 25 } },
  software: { multiplyAdd: { invocations: 2 ** 12, rounds: 512 }, copy: { count: 2 ** 22 } },
};
/** The yardstick is shorter: it runs once a round. */
const YARDSTICK = { hardware: { invocations: 2 ** 16, rounds: 512 }, software: { invocations: 2 ** 10, rounds: 512 } };
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

/** Name of the yardstick among what is timed. */
export const YARDSTICK_ID = 'yardstick';

/** The yardstick, ready to be timed, and its end. */
export async function makeYardstick(engine: Engine, clock: Clock, variant: string): Promise<{ timed: TimedKernel; destroy(): void }> {
  const attributes = engine.traits.isSoftware ? YARDSTICK.software : YARDSTICK.hardware;
  const kernel = erased(multiplyAddProbe);
  const sets = TensorSets.make(engine, kernel, attributes, [variant], 1);
  const timed = await TimedKernel.build(engine, clock, kernel, attributes, variant, sets, { id: YARDSTICK_ID, isYardstick: true });
  return {
    timed,
    destroy: () => {
      timed.destroy();
      sets.destroy();
    },
  };
}
