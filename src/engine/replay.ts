/** Recorded programs, built: replayed with no allocation, no creation of pipelines or bind groups and no await. */
import { USAGE } from './buffers.js';
import type { Attributes, Dtype, Pass } from './contract.js';
import type { Engine } from './engine.js';
import { GramaryeError } from './errors.js';

/** What memory is for; the plan sums bytes by these. */
export type MemoryCategory = 'weights' | 'transformed-weights' | 'targets' | 'image' | 'activations' | 'scratch';

/** A tensor of a program. Persistent tensors keep their values between runs, transient ones only within a run. */
export interface TensorHandle {
  readonly id: number;
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  readonly category: MemoryCategory;
  readonly lifetime: 'persistent' | 'transient';
  /** A view: the tensor whose memory it is part of, and where it begins. */
  readonly parent?: TensorHandle;
  readonly offsetBytes: number;
}

/** One recorded kernel call. */
export interface RecordedCall {
  readonly label: string;
  readonly kernel: string;
  readonly variant: string;
  readonly attributes: Attributes;
}

/** Bytes by use, known before anything is allocated. */
export interface MemoryPlan {
  readonly byCategory: Readonly<Record<MemoryCategory, number>>;
  readonly totalBytes: number;
  /** The least that transient tensors could need. */
  readonly transientFloorBytes: number;
}

/** The section of passes that run once, before the first run. */
export const PREPARATION = 'preparation';

/** A pass with everything that its dispatch needs. */
export interface BoundPass {
  readonly label: string;
  readonly section: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Pass['workgroups'];
}

/** A recorded program: replay it as often as wanted, then `destroy()` it. */
export class Program {
  readonly memory: MemoryPlan;
  readonly calls: readonly RecordedCall[];
  readonly #engine: Engine;
  readonly #steps: readonly BoundPass[];
  readonly #buffers: ReadonlyMap<number, GPUBuffer>;
  readonly #owned: readonly GPUBuffer[];

  constructor(
    engine: Engine,
    steps: readonly BoundPass[],
    buffers: ReadonlyMap<number, GPUBuffer>,
    owned: readonly GPUBuffer[],
    memory: MemoryPlan,
    calls: readonly RecordedCall[],
  ) {
    this.#engine = engine;
    this.#steps = steps;
    this.#buffers = buffers;
    this.#owned = owned;
    this.memory = memory;
    this.calls = calls;
  }

  /** The buffer of a tensor, to write inputs to or to read results from. Throws `internal` for a foreign tensor. */
  bufferOf(tensor: TensorHandle): GPUBuffer {
    const buffer = this.#buffers.get(tensor.id);
    if (buffer === undefined) throw new GramaryeError('internal', `Tensor ${tensor.name} has no buffer in this program.`);
    return buffer;
  }

  /** Every tensor and scratch buffer the program allocated, for poisoning in tests. */
  get ownedStorage(): readonly GPUBuffer[] {
    return this.#owned.filter((buffer) => (buffer.usage & USAGE.storage) !== 0);
  }

  /** Computes what is prepared from weights; call it after the weights were written and whenever they change. */
  prepare(): void {
    this.#submit([PREPARATION], 1);
  }

  /** Encodes the dispatches of `sections` (default: all, in order) into one compute pass. */
  encode(encoder: GPUCommandEncoder, sections?: readonly string[]): void {
    const pass = encoder.beginComputePass();
    for (const step of this.#steps) {
      if (sections === undefined ? step.section === PREPARATION : !sections.includes(step.section)) continue;
      pass.setPipeline(step.pipeline);
      pass.setBindGroup(0, step.bindGroup);
      pass.dispatchWorkgroups(step.workgroups.x, step.workgroups.y, step.workgroups.z);
    }
    pass.end();
  }

  /** Encodes and submits `repeats` runs of `sections` (default: all but preparations), one pass each. */
  run(options: { repeats?: number; sections?: readonly string[] } = {}): void {
    this.#submit(options.sections, options.repeats ?? 1);
  }

  #submit(sections: readonly string[] | undefined, repeats: number): void {
    const encoder = this.#engine.device.createCommandEncoder({ label: 'program' });
    for (let repeat = 0; repeat < repeats; repeat++) this.encode(encoder, sections);
    this.#engine.device.queue.submit([encoder.finish()]);
  }

  /** Frees every buffer the program allocated. */
  destroy(): void {
    for (const buffer of this.#owned) {
      if ((buffer.usage & USAGE.storage) === 0) buffer.destroy();
      else this.#engine.destroyBuffer(buffer);
    }
  }
}
