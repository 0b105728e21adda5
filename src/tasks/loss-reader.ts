import { USAGE } from '../engine/buffers.js';
import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import { RING_CAPACITY } from './step-program.js';

/** How well a step fitted into half precision. */
export interface HalfReport {
  /** How many numbers were too large for half precision or not finite; stored were its largest numbers in their place. */
  readonly nonFinite: number;
  /** How many of them were gradients. */
  readonly nonFiniteGradients: number;
  /** Largest magnitude that was to be stored of feature maps and what convolutions keep of them in between; at most f32's largest number. */
  readonly largestFeature: number;
  /** The same of gradients, times the gradient scale. */
  readonly largestGradient: number;
}

/** Losses of one image: the terms unweighted, the total weighted. */
export interface Losses {
  readonly style: number;
  readonly content: number;
  readonly tv: number;
  readonly total: number;
  /** Only of runs in f16. */
  readonly half?: HalfReport;
}

/** Both rings have four words a step. */
const RING_BYTES = RING_CAPACITY * 16;
const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;

function halfReport(words: Uint32Array, magnitudes: Float32Array, at: number): HalfReport {
  const largest = (index: number): number => {
    const value = magnitudes[at + index] ?? NaN;
    return Number.isFinite(value) ? value : LARGEST_FLOAT;
  };
  const nonFiniteGradients = words[at + 2] ?? 0;
  return { nonFinite: (words[at] ?? 0) + nonFiniteGradients, nonFiniteGradients, largestFeature: largest(1), largestGradient: largest(3) };
}

/** Reads the ring of losses through two staging buffers made once, so that reading allocates nothing on the GPU. */
export class LossReader {
  readonly #engine: Engine;
  readonly #ring: GPUBuffer;
  readonly #halfRing: GPUBuffer | undefined;
  readonly #free: GPUBuffer[];

  constructor(engine: Engine, ring: GPUBuffer, halfRing?: GPUBuffer) {
    this.#engine = engine;
    this.#ring = ring;
    this.#halfRing = halfRing;
    this.#free = [0, 1].map((index) =>
      engine.device.createBuffer({
        label: `losses ${String(index)}`,
        size: RING_BYTES * (halfRing === undefined ? 1 : 2),
        usage: USAGE.mapRead | USAGE.copyTarget,
      }),
    );
  }

  /** The losses of `count` steps from `first` on, once everything submitted so far is done. At most two reads at a time. */
  async read(first: number, count: number): Promise<Losses[]> {
    const staging = this.#free.pop();
    if (staging === undefined) throw new GramaryeError('internal', 'More than two reads of losses are under way.');
    try {
      const encoder = this.#engine.device.createCommandEncoder({ label: 'losses' });
      encoder.copyBufferToBuffer(this.#ring, 0, staging, 0, RING_BYTES);
      if (this.#halfRing !== undefined) encoder.copyBufferToBuffer(this.#halfRing, 0, staging, RING_BYTES, RING_BYTES);
      this.#engine.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      const values = new Float32Array(bytes);
      const words = new Uint32Array(bytes);
      return Array.from({ length: count }, (_, index) => {
        const at = ((first + index) % RING_CAPACITY) * 4;
        const losses = { style: values[at] ?? NaN, content: values[at + 1] ?? NaN, tv: values[at + 2] ?? NaN, total: values[at + 3] ?? NaN };
        return this.#halfRing === undefined ? losses : { ...losses, half: halfReport(words, values, RING_BYTES / 4 + at) };
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
