/** How long GPU work takes: by the GPU's timestamps where there are any, else by the clock. */
import { USAGE } from './buffers.js';
import type { Engine } from './engine.js';

/** Browsers round timestamps to 100 µs and a submit costs the clock a few milliseconds: samples should be longer than these. */
const MIN_TIMESTAMP_SAMPLE_MS = 5;
const MIN_CLOCK_SAMPLE_MS = 30;

/** Times what is encoded into one compute pass. */
export class Stopwatch {
  /** How long a sample should take at least, so that it means something. */
  readonly minSampleMs: number;
  readonly #engine: Engine;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  readonly #staging: GPUBuffer | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    // An adapter on the processor works while the clock runs, and submits cost it next to nothing.
    const { isSoftware, features } = engine.traits;
    this.minSampleMs = isSoftware || features.has('timestamp-query') ? MIN_TIMESTAMP_SAMPLE_MS : MIN_CLOCK_SAMPLE_MS;
    if (isSoftware || !features.has('timestamp-query')) return;
    const { device } = engine;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#resolved = device.createBuffer({ label: 'timestamps', size: 16, usage: USAGE.queryResolve | USAGE.copySource });
    this.#staging = device.createBuffer({ label: 'timestamps', size: 16, usage: USAGE.mapRead | USAGE.copyTarget });
  }

  /** Milliseconds of what `encode` puts into a compute pass; everything submitted before is waited for first. */
  async time(encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const { device } = this.#engine;
    await this.#engine.idle();
    const start = performance.now();
    const encoder = device.createCommandEncoder({ label: 'stopwatch' });
    const queries = this.#queries;
    const pass = encoder.beginComputePass(
      queries === undefined ? {} : { timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
    );
    encode(pass);
    pass.end();
    if (queries !== undefined && this.#resolved !== undefined && this.#staging !== undefined) {
      encoder.resolveQuerySet(queries, 0, 2, this.#resolved, 0);
      encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, 16);
    }
    device.queue.submit([encoder.finish()]);
    await this.#engine.idle();
    const clockMs = performance.now() - start;
    if (this.#staging === undefined) return clockMs;
    await this.#staging.mapAsync(1);
    const [from = 0n, to = 0n] = new BigUint64Array(this.#staging.getMappedRange());
    this.#staging.unmap();
    const gpuMs = Number(to - from) / 1e6;
    // Drivers give zeros or nonsense after a reset of their counter.
    return gpuMs > 0 && gpuMs <= clockMs * 1.5 ? gpuMs : clockMs;
  }

  /** Frees what it holds. */
  destroy(): void {
    this.#queries?.destroy();
    this.#resolved?.destroy();
    this.#staging?.destroy();
  }
}
