/**
 * Recorded programs: kernels are recorded once with their tensors, then replayed with no allocation, no creation of
 * pipelines or bind groups and no await.
 */
import type { ArenaPlan } from './arena.js';
import { alignedSizeBytes, USAGE } from './buffers.js';
import {
  DTYPE_BYTES,
  elementCount,
  type Attributes,
  type Dtype,
  type KernelDefinition,
  type Pass,
  type Preparation,
  type Shader,
  type TensorSpec,
  type Variant,
} from './contract.js';
import type { DeviceTraits } from './device.js';
import type { Engine } from './engine.js';
import { GramaryeError } from './errors.js';
import { HalfPasses, halfNames } from './half-passes.js';
import { WATCH_VARIABLE } from './half-storage.js';
import type { CompiledPass } from './pipelines.js';
import { giveWay, Pauses } from './pauses.js';
import { planTensors } from './plan-tensors.js';
import { PREPARATION, Program, type BoundCall, type BoundPass, type MemoryCategory, type MemoryPlan, type TensorHandle } from './replay.js';
import { describe, selectVariant, type VariantPins } from './select.js';
import { packParams, reflectShader, type ShaderBinding } from './wgsl.js';

export { CAUTIOUS_FLOPS, Program, type BoundCall, type MemoryCategory, type MemoryPlan, type RecordedCall, type TensorHandle } from './replay.js';

/** Views begin at multiples of this: WebGPU's default alignment of storage offsets. */
export const VIEW_ALIGNMENT_BYTES = 256;

interface RecordedPass {
  readonly label: string;
  /** Index of the call it belongs to. */
  readonly call: number;
  /** Passes of preparations run once, the others belong to a section. */
  readonly section: string;
  readonly kernel: string;
  readonly pass: Pass;
  readonly flops: number;
  /** Tensor of each WGSL variable of this pass. */
  readonly tensors: ReadonlyMap<string, TensorHandle>;
}

/** How kernels are chosen while recording. */
export interface RecordOptions {
  readonly pins?: VariantPins;
  /** Traits to record for in place of the engine's own, such as smaller strips. */
  readonly traits?: DeviceTraits;
  /** What every label begins with, where several programs make one run: `style-1/`. */
  readonly scope?: string;
}

/** The section of calls recorded before any `section()`. */
const MAIN = 'main';

/** Records kernel calls on named tensors; `build()` makes the replayable program. */
export class ProgramBuilder {
  readonly #engine: Engine;
  readonly #pins: VariantPins;
  readonly #traits: DeviceTraits;
  #scope: string;
  readonly #tensors: TensorHandle[] = [];
  readonly #external = new Map<number, GPUBuffer>();
  readonly #passes: RecordedPass[] = [];
  readonly #calls: BoundCall[] = [];
  readonly #bindings = new Map<string, readonly ShaderBinding[]>();
  readonly #prepared = new Map<string, Map<string, TensorHandle>>();
  readonly #halfPasses: HalfPasses;
  #watch: TensorHandle | undefined;
  #section = MAIN;

  constructor(engine: Engine, options: RecordOptions = {}) {
    this.#engine = engine;
    this.#pins = options.pins ?? {};
    this.#traits = options.traits ?? engine.traits;
    this.#halfPasses = new HalfPasses(this.#traits);
    this.#scope = options.scope ?? '';
  }

  /** A tensor whose value outlives a run. With `buffer` it is someone else's memory and not counted by the plan. */
  persistent(name: string, shape: readonly number[], options: { category: MemoryCategory; dtype?: Dtype; buffer?: GPUBuffer }): TensorHandle {
    const handle = this.#add(name, shape, options.dtype ?? 'f32', options.category, 'persistent');
    if (options.buffer !== undefined) {
      if (options.buffer.size < handle.sizeBytes) {
        throw new GramaryeError('binding-mismatch', `Tensor ${name} needs ${String(handle.sizeBytes)} bytes; its buffer has ${String(options.buffer.size)}.`);
      }
      this.#external.set(handle.id, options.buffer);
    }
    return handle;
  }

  /** A tensor that lives from the first pass that touches it to the last. */
  transient(name: string, shape: readonly number[], options: { category?: MemoryCategory; dtype?: Dtype } = {}): TensorHandle {
    return this.#add(name, shape, options.dtype ?? 'f32', options.category ?? 'activations', 'transient');
  }

  /** Part of a tensor as a tensor of its own. Throws `binding-mismatch` when it is misaligned or sticks out. */
  view(name: string, parent: TensorHandle, offsetBytes: number, shape: readonly number[], dtype: Dtype = parent.dtype): TensorHandle {
    const sizeBytes = alignedSizeBytes(elementCount(shape) * DTYPE_BYTES[dtype]);
    if (offsetBytes % VIEW_ALIGNMENT_BYTES !== 0 || offsetBytes + sizeBytes > parent.sizeBytes) {
      throw new GramaryeError(
        'binding-mismatch',
        `View ${name} [${String(offsetBytes)}, +${String(sizeBytes)}) does not fit ${parent.name} of ${String(parent.sizeBytes)} bytes at a multiple of ${String(VIEW_ALIGNMENT_BYTES)}.`,
      );
    }
    return {
      id: parent.id,
      name,
      dtype,
      shape,
      sizeBytes,
      category: parent.category,
      lifetime: parent.lifetime,
      parent,
      offsetBytes: parent.offsetBytes + offsetBytes,
    };
  }

  /** Names the part of the program that the following calls belong to; a run can choose sections. */
  section(name: string): void {
    this.#section = name;
  }

  /**
   * A tensor as parts that a device can bind, each with the first element it holds and how many; the tensor itself where it can be bound
   * whole. Parts end between pixels of three f32.
   */
  parts(tensor: TensorHandle): { readonly tensor: TensorHandle; readonly first: number; readonly count: number }[] {
    const limit = this.#traits.limits.maxStorageBufferBindingSize;
    const count = tensor.sizeBytes / 4;
    if (tensor.sizeBytes <= limit) return [{ tensor, first: 0, count }];
    const most = Math.floor(limit / (3 * VIEW_ALIGNMENT_BYTES)) * ((3 * VIEW_ALIGNMENT_BYTES) / 4);
    return Array.from({ length: Math.ceil(count / most) }, (_, index) => {
      const [first, length] = [index * most, Math.min(most, count - index * most)];
      return { tensor: this.view(`${tensor.name}.${String(index)}`, tensor, first * 4, [length]), first, count: length };
    });
  }

  /** What the labels of the following calls begin with. */
  within(scope: string): void {
    this.#scope = scope;
  }

  /**
   * From here on calls count, in `counter` (u32 [2]), the numbers they store in half precision that it cannot hold, and keep
   * the largest magnitude (bits of an f32). Undefined ends it.
   */
  watchHalf(counter: TensorHandle | undefined): void {
    this.#watch = counter;
  }

  /** Records one kernel call. Throws when a tensor is missing or has another size than the kernel's shapes say. */
  call<A extends Attributes>(
    name: string,
    kernel: KernelDefinition<A>,
    attributes: A,
    tensors: Readonly<Record<string, TensorHandle>>,
    pins: VariantPins = this.#pins,
  ): Variant<A> {
    const label = `${this.#scope}${name}`;
    checkTensors(label, kernel, attributes, tensors);
    const traits = this.#traits;
    const variant = selectVariant(kernel, attributes, traits, pins, label);
    const byName = new Map(Object.entries(tensors));
    const half = halfNames(kernel, tensors);
    for (const [scratch, sizeBytes] of Object.entries(variant.scratch?.(attributes, traits) ?? {})) {
      const isHalf = half.size > 0 && kernel.half?.includes(scratch) === true;
      if (isHalf) half.add(scratch);
      byName.set(scratch, this.transient(`${label}.${scratch}`, [Math.ceil(sizeBytes / 4)], { category: 'scratch', dtype: isHalf ? 'f16' : 'f32' }));
    }
    const preparation = variant.prepare?.(attributes, traits);
    if (preparation !== undefined) this.#prepare(label, kernel, preparation, byName, half);
    if (this.#watch !== undefined) byName.set(WATCH_VARIABLE, this.#watch);
    const passes = variant.passes(attributes, traits).map((pass) => this.#halfPasses.adapt(pass, half, this.#watch !== undefined));
    this.#record(label, kernel.name, this.#section, passes, byName, kernel.cost(attributes).flops);
    this.#calls.push({ label, kernel: kernel.name, variant: variant.id, attributes, definition: kernel, tensors });
    return variant;
  }

  /** The recorded calls so far, in order. */
  get calls(): readonly BoundCall[] {
    return this.#calls;
  }

  /** Compiles, plans, allocates and binds. `onProgress` hears of each compiled pipeline. */
  async build(onProgress?: (done: number, total: number) => void): Promise<Program> {
    // Recording came before and binding comes after, both of them long enough.
    await giveWay();
    const compiled = await this.#compile(onProgress);
    await giveWay();
    const { plan, memory } = this.#plan();
    const owned: GPUBuffer[] = [];
    const inParts = this.#boundInParts();
    const allocate = (label: string, sizeBytes: number, isBoundInParts = false): GPUBuffer => {
      const buffer = this.#engine.createBuffer(label, sizeBytes, isBoundInParts);
      owned.push(buffer);
      return buffer;
    };
    this.#engine.device.pushErrorScope('out-of-memory');
    const slots = plan.slotBytes.map((sizeBytes, slot) => allocate(`slot ${String(slot)}`, sizeBytes));
    const buffers = new Map<number, GPUBuffer>();
    for (const tensor of this.#tensors) {
      const slot = plan.slotOf.get(tensor.id);
      const buffer = this.#external.get(tensor.id) ?? (slot === undefined ? undefined : slots[slot]);
      if (buffer !== undefined) buffers.set(tensor.id, buffer);
      else if (tensor.lifetime === 'persistent') buffers.set(tensor.id, allocate(tensor.name, tensor.sizeBytes, inParts.has(tensor.id)));
    }
    const uniforms = this.#uniforms(compiled);
    if (uniforms.buffer !== undefined) owned.push(uniforms.buffer);
    const steps = this.#passes.map((recorded, index): BoundPass =>
      this.#bind(recorded, compiled[index], buffers, uniforms.buffer, uniforms.offsets[index] ?? 0),
    );
    const failure = await this.#engine.device.popErrorScope();
    if (failure !== null) {
      for (const buffer of owned) buffer.destroy();
      throw new GramaryeError('out-of-memory', `The device has no room for ${String(memory.totalBytes)} bytes.`, { remedy: 'Choose a smaller size.' });
    }
    return new Program(this.#engine, { steps, buffers, owned, memory, calls: [...this.#calls] });
  }

  /** The memory plan: nothing is compiled or allocated for it. */
  planMemory(): MemoryPlan {
    return this.#plan().memory;
  }

  /** Begins all compilations before it waits for the first; expanding the sources takes a while, so the thread is given free in between. */
  async #compile(onProgress?: (done: number, total: number) => void): Promise<CompiledPass[]> {
    const pauses = new Pauses();
    const compiling: Promise<CompiledPass>[] = [];
    let done = 0;
    for (const { pass } of this.#passes) {
      await pauses.take();
      const compiled = this.#engine.pipelines.get(pass).then((result) => {
        done++;
        onProgress?.(done, this.#passes.length);
        return result;
      });
      // What fails is met below, after all have begun.
      compiled.catch(() => undefined);
      compiling.push(compiled);
    }
    return Promise.all(compiling);
  }

  #record(label: string, kernel: string, section: string, passes: readonly Pass[], tensors: ReadonlyMap<string, TensorHandle>, flops = 0): void {
    passes.forEach((pass, index) => {
      const bound = new Map(tensors);
      for (const [variable, name] of Object.entries(pass.bind ?? {})) {
        const tensor = tensors.get(name);
        if (tensor === undefined) throw new GramaryeError('binding-mismatch', `${label}: ${kernel} binds ${variable} to ${name}, which does not exist.`);
        bound.set(variable, tensor);
      }
      this.#passes.push({ label: `${label}#${String(index)}`, call: this.#calls.length, section, kernel, pass, flops: flops / passes.length, tensors: bound });
    });
  }

  #prepare<A extends Attributes>(
    label: string,
    kernel: KernelDefinition<A>,
    preparation: Preparation,
    tensors: Map<string, TensorHandle>,
    half: Set<string>,
  ): void {
    const sources = preparation.from.map((name) => {
      const source = tensors.get(name);
      if (source === undefined) throw new GramaryeError('binding-mismatch', `${label}: ${kernel.name} prepares from ${name}, which does not exist.`);
      return `${String(source.id)}@${String(source.offsetBytes)}`;
    });
    const isHalf = preparation.isExact !== true && preparation.from.every((name) => half.has(name));
    for (const name of Object.keys(preparation.tensors)) if (isHalf && kernel.half?.includes(name) === true) half.add(name);
    // Kernels that share it may differ in what may be half.
    const inHalf = Object.keys(preparation.tensors).filter((name) => half.has(name));
    const key = `${preparation.key}(${sources.join()})${inHalf.join()}`;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = new Map(
        Object.entries(preparation.tensors).map(([name, sizeBytes]) => [
          name,
          this.#add(`${label}.${name}`, [Math.ceil(sizeBytes / 4)], half.has(name) ? 'f16' : 'f32', 'transformed-weights', 'persistent'),
        ]),
      );
      this.#prepared.set(key, prepared);
      const passes = preparation.passes.map((pass) => this.#halfPasses.adapt(pass, half, false));
      this.#record(`${label}.prepare`, kernel.name, PREPARATION, passes, new Map([...tensors, ...prepared]));
    }
    for (const [name, tensor] of prepared) tensors.set(name, tensor);
  }

  #add(name: string, shape: readonly number[], dtype: Dtype, category: MemoryCategory, lifetime: TensorHandle['lifetime']): TensorHandle {
    const handle = {
      id: this.#tensors.length,
      name,
      dtype,
      shape,
      category,
      lifetime,
      offsetBytes: 0,
      sizeBytes: alignedSizeBytes(elementCount(shape) * DTYPE_BYTES[dtype]),
    };
    this.#tensors.push(handle);
    return handle;
  }

  #plan(): { plan: ArenaPlan; memory: MemoryPlan } {
    const bound = this.#passes.map(({ pass, tensors }) => this.#bindingsOf(pass.shader).flatMap(({ name }) => tensors.get(name) ?? []));
    return planTensors(this.#tensors, new Set(this.#external.keys()), bound);
  }

  /** Tensors that no pass binds as a whole. */
  #boundInParts(): ReadonlySet<number> {
    const [parts, wholes] = [new Set<number>(), new Set<number>()];
    for (const { tensors } of this.#passes) for (const { id, parent } of tensors.values()) (parent === undefined ? wholes : parts).add(id);
    return new Set([...parts].filter((id) => !wholes.has(id)));
  }

  #bindingsOf(shader: Shader): readonly ShaderBinding[] {
    let bindings = this.#bindings.get(shader.source);
    if (bindings === undefined) {
      ({ bindings } = reflectShader(shader));
      this.#bindings.set(shader.source, bindings);
    }
    return bindings;
  }

  #uniforms(compiled: readonly CompiledPass[]): { buffer: GPUBuffer | undefined; offsets: number[] } {
    const alignment = 256;
    const chunks: ArrayBuffer[] = [];
    const known = new Map<string, number>();
    const offsets = this.#passes.map(({ pass }, index) => {
      const reflection = compiled[index]?.reflection;
      if (reflection === undefined || reflection.params.length === 0) return 0;
      const bytes = packParams(pass.shader, reflection, pass.params ?? {});
      const key = new Uint8Array(bytes).join();
      let offset = known.get(key);
      if (offset === undefined) {
        offset = chunks.length * alignment;
        chunks.push(bytes);
        known.set(key, offset);
      }
      return offset;
    });
    if (chunks.length === 0) return { buffer: undefined, offsets };
    const all = new Uint8Array(chunks.length * alignment);
    chunks.forEach((chunk, index) => {
      all.set(new Uint8Array(chunk), index * alignment);
    });
    const buffer = this.#engine.device.createBuffer({ label: 'params', size: all.byteLength, usage: USAGE.uniform | USAGE.copyTarget });
    this.#engine.write(buffer, all);
    return { buffer, offsets };
  }

  #bind(
    recorded: RecordedPass,
    compiled: CompiledPass | undefined,
    buffers: ReadonlyMap<number, GPUBuffer>,
    uniforms: GPUBuffer | undefined,
    offset: number,
  ): BoundPass {
    if (compiled === undefined) throw new GramaryeError('internal', `${recorded.label} was not compiled.`);
    const entries = compiled.reflection.bindings.map((binding): GPUBindGroupEntry => {
      if (binding.access === 'uniform') {
        if (uniforms === undefined) throw new GramaryeError('binding-mismatch', `${recorded.label}: no values for Params.`);
        return {
          binding: binding.index,
          resource: { buffer: uniforms, offset, size: Math.max(16, Math.ceil((compiled.reflection.params.length * 4) / 16) * 16) },
        };
      }
      const tensor = recorded.tensors.get(binding.name);
      const buffer = tensor === undefined ? undefined : buffers.get(tensor.id);
      if (tensor === undefined || buffer === undefined) {
        throw new GramaryeError(
          'binding-mismatch',
          `${recorded.label}: shaders/${compiled.shader.path} binds ${binding.name}, which kernel ${recorded.kernel} does not have.`,
        );
      }
      return { binding: binding.index, resource: { buffer, offset: tensor.offsetBytes, size: tensor.sizeBytes } };
    });
    const bindGroup = this.#engine.device.createBindGroup({ label: recorded.label, layout: compiled.layout, entries });
    const { label, call, section, pass, flops } = recorded;
    return { pipeline: compiled.pipeline, bindGroup, workgroups: pass.workgroups, label, call, section, flops };
  }
}

function checkTensors<A extends Attributes>(label: string, kernel: KernelDefinition<A>, attributes: A, tensors: Readonly<Record<string, TensorHandle>>): void {
  const shapes = kernel.shapes(attributes);
  const check = (spec: TensorSpec): void => {
    const tensor = tensors[spec.name];
    const shape = shapes[spec.name];
    if (tensor === undefined || shape === undefined) {
      throw new GramaryeError('binding-mismatch', `${label}: ${kernel.name} needs a tensor ${spec.name}.`);
    }
    const mayBeHalf = tensor.dtype === 'f16' && spec.dtype === 'f32' && kernel.half?.includes(spec.name) === true;
    if ((tensor.dtype !== spec.dtype && !mayBeHalf) || elementCount(tensor.shape) !== elementCount(shape)) {
      throw new GramaryeError(
        'binding-mismatch',
        `${label}: ${kernel.name}.${spec.name} wants ${spec.dtype} [${shape.join(', ')}] for ${describe(attributes)}; tensor ${tensor.name} is ${tensor.dtype} [${tensor.shape.join(', ')}].`,
      );
    }
  };
  kernel.inputs.forEach(check);
  kernel.outputs.forEach(check);
}
