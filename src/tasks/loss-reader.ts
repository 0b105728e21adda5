import { USAGE } from '../engine/buffers.js';
import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import { RING_CAPACITY } from './step-program.js';

/** Losses of one image: the terms unweighted, the total weighted. */
export interface Losses {
  readonly style: number;
  readonly content: number;
  readonly tv: number;
  readonly total: number;
}

const RING_BYTES = RING_CAPACITY * 16;

/** Reads the ring of losses through two staging buffers made once, so that reading allocates nothing on the GPU. */
export class LossReader {
  readonly #engine: Engine;
  readonly #ring: GPUBuffer;
  readonly #free: GPUBuffer[];

  constructor(engine: Engine, ring: GPUBuffer) {
    this.#engine = engine;
    this.#ring = ring;
    this.#free = [0, 1].map((index) =>
      engine.device.createBuffer({ label: `losses ${String(index)}`, size: RING_BYTES, usage: USAGE.mapRead | USAGE.copyTarget }),
    );
  }

  /** The losses of `count` steps from `first` on, once everything submitted so far is done. At most two reads at a time. */
  async read(first: number, count: number): Promise<Losses[]> {
    const staging = this.#free.pop();
    if (staging === undefined) throw new GramaryeError('internal', 'More than two reads of losses are under way.');
    try {
      const encoder = this.#engine.device.createCommandEncoder({ label: 'losses' });
      encoder.copyBufferToBuffer(this.#ring, 0, staging, 0, RING_BYTES);
      this.#engine.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      const values = new Float32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      return Array.from({ length: count }, (_, index) => {
        const at = ((first + index) % RING_CAPACITY) * 4;
        return { style: values[at] ?? NaN, content: values[at + 1] ?? NaN, tv: values[at + 2] ?? NaN, total: values[at + 3] ?? NaN };
      });
    } catch (error) {
      if (this.#engine.isLost || (error instanceof Error && error.name === 'AbortError')) {
        throw new GramaryeError('device-lost', 'The graphics device was lost during the run.', {
          remedy: 'Make a new engine and go on from the last iterate.',
          cause: error,
        });
      }
      throw error;
    } finally {
      this.#free.push(staging);
    }
  }

  /** Frees the staging buffers. */
  destroy(): void {
    for (const buffer of this.#free) buffer.destroy();
  }
}
