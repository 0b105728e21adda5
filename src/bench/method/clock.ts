/** How long work on the GPU takes, and how well that can be told. */
import { USAGE } from '../../engine/buffers.js';
import type { Engine } from '../../engine/engine.js';
import type { ClockInfo } from '../result.js';

/** One sample: milliseconds by the clock and on the wall, of a whole batch. */
export interface Sample {
  readonly ms: number;
  readonly wallMs: number;
}

/** What the host knows about time. */
export interface HostTime {
  /** Milliseconds on the wall. */
  now(): number;
  /** Milliseconds of processor time of this process, all threads, where the GPU is this process's own processor. */
  processorMs?(): number;
}

/** Two timestamps and where they are resolved to. */
interface Queries {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
}

/** Timestamps coarser than this are no better than the wall. */
const COARSEST_MS = 0.2;
/** A sample is at least so many times the clock's quantum: the quantum then shows as 1%. */
const QUANTA = 100;
const MINIMUM_MS = { timestamp: 2, wall: 5, processor: 5 } as const;

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

/** Measures batches of GPU work. */
export class Clock {
  readonly info: ClockInfo;
  readonly #engine: Engine;
  readonly #time: HostTime;
  readonly #queries: Queries | undefined;

  private constructor(engine: Engine, time: HostTime, info: ClockInfo, queries: Queries | undefined) {
    this.#engine = engine;
    this.#time = time;
    this.info = info;
    this.#queries = queries;
  }

  /**
   * The best clock of a device: processor time on a software adapter in the same process, where neighbours disturb it least; else GPU
   * timestamps that are precise enough; else the wall.
   */
  static async calibrate(engine: Engine, time: HostTime): Promise<Clock> {
    if (engine.traits.isSoftware && time.processorMs !== undefined) {
      const quantumMs = smallestStep(time.processorMs.bind(time));
      return new Clock(
        engine,
        time,
        describeClock(
          'processor',
          quantumMs,
          'processor time of all threads of the process; comparisons take the samples in which it had the processor to itself',
        ),
        undefined,
      );
    }
    const wallQuantum = smallestStep(() => time.now());
    const fallback = (why: string): Clock =>
      new Clock(engine, time, describeClock('wall', wallQuantum, `${why}; the time from submit to completion includes the browser's own`), undefined);
    if (!engine.traits.features.has('timestamp-query')) return fallback('the device has no timestamps');
    const queries = {
      set: engine.device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: engine.device.createBuffer({ label: 'timestamps', size: 16, usage: USAGE.queryResolve | USAGE.copySource }),
    };
    const quantumMs = await timestampQuantum(engine, queries);
    if (!(quantumMs <= COARSEST_MS)) {
      queries.set.destroy();
      queries.resolved.destroy();
      return fallback(`timestamps are quantised to ${quantumMs.toPrecision(3)} ms`);
    }
    const limits = `GPU timestamps around one compute pass, quantised to ${(quantumMs * 1e3).toPrecision(3)} µs`;
    return new Clock(engine, time, describeClock('timestamp', quantumMs, limits), queries);
  }

  /** Encodes a batch by `dispatch` into one pass, submits it and waits for it. */
  async measure(dispatch: (pass: GPUComputePassEncoder) => void): Promise<Sample> {
    const { device } = this.#engine;
    const encoder = device.createCommandEncoder({ label: 'bench' });
    const queries = this.#queries;
    const pass = encoder.beginComputePass(
      queries === undefined ? {} : { timestampWrites: { querySet: queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
    );
    dispatch(pass);
    pass.end();
    if (queries !== undefined) encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
    const commands = encoder.finish();
    const sample = await this.around(async () => {
      device.queue.submit([commands]);
      await this.#engine.idle();
    });
    if (queries === undefined) return sample;
    const [start = 0n, end = 0n] = new BigUint64Array(await this.#engine.read(queries.resolved, 0, 16));
    const ms = Number(end - start) / 1e6;
    // Drivers may reset their counter in between; the wall is then the better answer.
    return { ms: ms > 0 ? ms : sample.wallMs, wallMs: sample.wallMs };
  }

  /** Measures work that is no pass of ours: by processor time where that is the clock, else on the wall. */
  async around(work: () => Promise<void>): Promise<Sample> {
    const processor = this.info.kind === 'processor' ? this.#time.processorMs?.() : undefined;
    const start = this.#time.now();
    await work();
    const wallMs = this.#time.now() - start;
    return { ms: processor === undefined ? wallMs : (this.#time.processorMs?.() ?? NaN) - processor, wallMs };
  }

  destroy(): void {
    this.#queries?.set.destroy();
    this.#queries?.resolved.destroy();
  }
}

function describeClock(kind: ClockInfo['kind'], quantumMs: number, limits: string): ClockInfo {
  const minimumSampleMs = Math.max(MINIMUM_MS[kind], QUANTA * quantumMs);
  return { kind, quantumMs, minimumSampleMs, note: `${limits}; samples last at least ${minimumSampleMs.toPrecision(2)} ms` };
}

/** Smallest positive step that a clock on the CPU shows. */
function smallestStep(read: () => number): number {
  let smallest = Infinity;
  let last = read();
  const start = last;
  for (let look = 0; look < 200_000 && (look < 1_000 || last - start < 5); look++) {
    const now = read();
    if (now > last) smallest = Math.min(smallest, now - last);
    last = now;
  }
  return Number.isFinite(smallest) ? smallest : 1;
}

/** The quantum of timestamps: what all differences of a few passes are multiples of. */
async function timestampQuantum(engine: Engine, queries: Queries): Promise<number> {
  const stamps: bigint[] = [];
  for (let look = 0; look < 12; look++) {
    const encoder = engine.device.createCommandEncoder({ label: 'timestamps' });
    encoder.beginComputePass({ timestampWrites: { querySet: queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } }).end();
    encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
    engine.device.queue.submit([encoder.finish()]);
    stamps.push(...new BigUint64Array(await engine.read(queries.resolved, 0, 16)));
  }
  const sorted = stamps.filter((stamp) => stamp > 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const differences = sorted.slice(1).map((stamp, index) => stamp - (sorted[index] ?? 0n));
  const divisor = differences.reduce(greatestCommonDivisor, 0n);
  return divisor === 0n ? Infinity : Number(divisor) / 1e6;
}
