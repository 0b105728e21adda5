/** Recorded programs, built: replayed with no allocation, no creation of pipelines or bind groups and no await. */
import { USAGE } from './buffers.js';
import type { Attributes, Dtype, KernelDefinition, Pass } from './contract.js';
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

/** A recorded call with what it takes to record it again in another variant. */
export interface BoundCall extends RecordedCall {
  readonly definition: KernelDefinition;
  /** Inputs and outputs by name. */
  readonly tensors: Readonly<Record<string, TensorHandle>>;
}

/** Bytes by use, known before anything is allocated. */
export interface MemoryPlan {
  readonly byCategory: Readonly<Record<MemoryCategory, number>>;
  readonly totalBytes: number;
  /** Bytes of the buffers that it was given, which others own. */
  readonly externalBytes: number;
  /** The least that transient tensors could need. */
  readonly transientFloorBytes: number;
  /** The most that a kernel binds of one tensor; a device must allow it. */
  readonly largestBindingBytes: number;
}

/** The section of passes that run once, before the first run. */
export const PREPARATION = 'preparation';

/** A pass with everything that its dispatch needs. */
export interface BoundPass {
  readonly label: string;
  /** Index of the call it belongs to. */
  readonly call: number;
  readonly section: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Pass['workgroups'];
  /** Its share of the arithmetic of its call, by the kernel's cost. */
  readonly flops: number;
}

/**
 * Arithmetic that a command buffer may hold on a device that was not measured yet: a tenth of a second at 10 Gflop/s, slower
 * than any graphics card that has WebGPU.
 */
export const CAUTIOUS_FLOPS = 1e9;

/** What is run, and in how large pieces. */
export interface RunOptions {
  readonly repeats?: number;
  /** Default: all but preparations. */
  readonly sections?: readonly string[];
  /**
   * Arithmetic that one command buffer may hold; default: no limit. Systems reset a device whose command buffer takes seconds, and
   * nothing else is drawn meanwhile. A pass is never divided: one that is larger goes alone.
   */
  readonly maxFlopsPerSubmit?: number;
}

/** What a builder made. */
export interface ProgramParts {
  readonly steps: readonly BoundPass[];
  readonly buffers: ReadonlyMap<number, GPUBuffer>;
  readonly owned: readonly GPUBuffer[];
  readonly memory: MemoryPlan;
  readonly calls: readonly BoundCall[];
}

/** A recorded program: replay it as often as wanted, then `destroy()` it. */
export class Program {
  readonly memory: MemoryPlan;
  readonly calls: readonly BoundCall[];
  readonly #engine: Engine;
  readonly #steps: readonly BoundPass[];
  readonly #buffers: ReadonlyMap<number, GPUBuffer>;
  readonly #owned: readonly GPUBuffer[];
  /** Passes by the sections asked for: asked again every step. */
  readonly #chosen = new Map<string, readonly BoundPass[]>();

  constructor(engine: Engine, { steps, buffers, owned, memory, calls }: ProgramParts) {
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
    this.run({ sections: [PREPARATION] });
  }

  /** Arithmetic of one run of `sections` (default: all but preparations), by the kernels' costs. */
  flops(sections?: readonly string[]): number {
    return this.#passesOf(sections).reduce((sum, { flops }) => sum + flops, 0);
  }

  /** Encodes the dispatches of `sections` (default: all, in order) into one compute pass. */
  encode(encoder: GPUCommandEncoder, sections?: readonly string[]): void {
    const pass = encoder.beginComputePass();
    this.encodeInto(pass, sections);
    pass.end();
  }

  /** Encodes the dispatches of `sections` (default: all but preparations, in order) into a pass under way. */
  encodeInto(pass: GPUComputePassEncoder, sections?: readonly string[]): void {
    dispatch(pass, this.#passesOf(sections));
  }

  /** Encodes the calls from index `first` up to but without `end` into a pass under way. */
  encodeCalls(pass: GPUComputePassEncoder, first: number, end: number): void {
    dispatch(
      pass,
      this.#passesOf(undefined).filter(({ call }) => first <= call && call < end),
    );
  }

  /** Encodes and submits `repeats` runs with one encoder and one compute pass, or more where a command buffer would hold too much. */
  run({ sections, repeats = 1, maxFlopsPerSubmit = Infinity }: RunOptions = {}): void {
    const { device } = this.#engine;
    const pieces = piecesOf(this.#passesOf(sections), maxFlopsPerSubmit);
    let encoder: GPUCommandEncoder | undefined;
    let pass: GPUComputePassEncoder | undefined;
    let flops = 0;
    const submit = (): void => {
      pass?.end();
      if (encoder !== undefined) device.queue.submit([encoder.finish()]);
      [encoder, pass, flops] = [undefined, undefined, 0];
    };
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const piece of pieces) {
        if (flops + piece.flops > maxFlopsPerSubmit) submit();
        encoder ??= device.createCommandEncoder({ label: 'program' });
        pass ??= encoder.beginComputePass();
        dispatch(pass, piece.passes);
        flops += piece.flops;
      }
    }
    submit();
  }

  #passesOf(sections: readonly string[] | undefined): readonly BoundPass[] {
    const key = sections?.join() ?? '';
    let passes = this.#chosen.get(key);
    if (passes === undefined) {
      passes = this.#steps.filter(({ section }) => (sections === undefined ? section !== PREPARATION : sections.includes(section)));
      this.#chosen.set(key, passes);
    }
    return passes;
  }

  /** Frees every buffer the program allocated. */
  destroy(): void {
    for (const buffer of this.#owned) {
      if ((buffer.usage & USAGE.storage) === 0) buffer.destroy();
      else this.#engine.destroyBuffer(buffer);
    }
  }
}

/** Encodes passes in order. The pipeline is set only where it changes. */
function dispatch(pass: GPUComputePassEncoder, passes: readonly BoundPass[]): void {
  let current: GPUComputePipeline | undefined;
  for (const { pipeline, bindGroup, workgroups } of passes) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(workgroups.x, workgroups.y, workgroups.z);
  }
}

/** Consecutive passes of at most `maxFlops` together, or single ones. */
function piecesOf(passes: readonly BoundPass[], maxFlops: number): { readonly passes: readonly BoundPass[]; readonly flops: number }[] {
  if (maxFlops === Infinity) return [{ passes, flops: 0 }];
  const pieces: { passes: BoundPass[]; flops: number }[] = [];
  for (const pass of passes) {
    const last = pieces.at(-1);
    if (last !== undefined && last.flops + pass.flops <= maxFlops) {
      last.passes.push(pass);
      last.flops += pass.flops;
    } else pieces.push({ passes: [pass], flops: pass.flops });
  }
  return pieces;
}
