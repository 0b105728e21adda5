/** One variant of a kernel ready to be timed: several sets of buffers that are used in turns. */
import { DTYPE_BYTES, elementCount, type Attributes, type KernelDefinition, type Values } from '../../engine/contract.js';
import { alignedSizeBytes } from '../../engine/buffers.js';
import { randomInputs } from '../../engine/check-kernel.js';
import type { Engine } from '../../engine/engine.js';
import { Philox } from '../../engine/random.js';
import { poisonBuffers } from '../../engine/run-kernel.js';
import { ProgramBuilder, type Program, type TensorHandle } from '../../engine/program.js';
import { decodeValues, encodeValues } from '../../engine/values.js';
import type { Clock, Sample } from './clock.js';
import type { Timed } from './sampling.js';

/** Most sets, and bytes they may take together. */
const MAXIMUM_SETS = 4;
const SETS_BYTES = { hardware: 2 ** 30, software: 2 ** 29 };
/** Elements of an output that two variants are compared on at the timed shape. */
const COMPARED_ELEMENTS = 2 ** 17;

/** Buffers of every input and output of a kernel. */
class TensorSet {
  readonly buffers = new Map<string, GPUBuffer>();
  readonly sizeBytes: number;
  readonly #engine: Engine;
  readonly #kernel: KernelDefinition;
  readonly #inputs: Values;

  constructor(engine: Engine, kernel: KernelDefinition, attributes: Attributes, seed: number) {
    this.#engine = engine;
    this.#kernel = kernel;
    this.#inputs = randomInputs(kernel, attributes, seed);
    const shapes = kernel.shapes(attributes);
    let sizeBytes = 0;
    for (const { name, dtype } of [...kernel.inputs, ...kernel.outputs]) {
      const size = alignedSizeBytes(elementCount(shapes[name] ?? []) * DTYPE_BYTES[dtype]);
      this.buffers.set(name, engine.createBuffer(name, size));
      sizeBytes += size;
    }
    this.sizeBytes = sizeBytes;
    this.fill();
  }

  /** Inputs and in-place outputs as at the start, other outputs poisoned. */
  fill(): void {
    for (const { name, dtype } of [...this.#kernel.inputs, ...this.#kernel.outputs]) {
      const buffer = this.buffers.get(name);
      const values = this.#inputs[name];
      if (buffer === undefined) continue;
      if (values === undefined) poisonBuffers(this.#engine, [buffer]);
      else this.#engine.write(buffer, encodeValues(values, dtype));
    }
  }

  /** Every output, or random elements of it where it is large: the same ones every time. */
  async outputs(): Promise<Values> {
    const results: Record<string, Float64Array> = {};
    for (const { name, dtype } of this.#kernel.outputs) {
      const buffer = this.buffers.get(name);
      if (buffer === undefined) continue;
      const values = decodeValues(await this.#engine.read(buffer), dtype);
      if (values.length <= COMPARED_ELEMENTS) results[name] = values;
      else {
        const random = new Philox(7);
        results[name] = Float64Array.from({ length: COMPARED_ELEMENTS }, () => values[Math.floor(random.nextUniform() * values.length)] ?? NaN);
      }
    }
    return results;
  }

  destroy(): void {
    for (const buffer of this.buffers.values()) this.#engine.destroyBuffer(buffer);
  }
}

/** The sets of one group; variants share them. */
export class TensorSets {
  readonly sets: readonly TensorSet[];

  private constructor(sets: readonly TensorSet[]) {
    this.sets = sets;
  }

  /** As many as fit into memory beside what `variants` need of their own for each. */
  static make(engine: Engine, kernel: KernelDefinition, attributes: Attributes, variants: readonly string[], seed: number): TensorSets {
    const first = new TensorSet(engine, kernel, attributes, seed);
    const own = variants.reduce((sum, variant) => sum + record(engine, kernel, attributes, variant, first).builder.planMemory().totalBytes, 0);
    const budget = engine.traits.isSoftware ? SETS_BYTES.software : SETS_BYTES.hardware;
    const count = Math.max(1, Math.min(MAXIMUM_SETS, Math.floor(budget / (first.sizeBytes + own))));
    return new TensorSets([first, ...Array.from({ length: count - 1 }, (_, index) => new TensorSet(engine, kernel, attributes, seed + index + 1))]);
  }

  destroy(): void {
    for (const set of this.sets) set.destroy();
  }
}

function record(engine: Engine, kernel: KernelDefinition, attributes: Attributes, variant: string, set: TensorSet) {
  const builder = new ProgramBuilder(engine, { pins: { [kernel.name]: variant } });
  const shapes = kernel.shapes(attributes);
  const tensors: Record<string, TensorHandle> = {};
  for (const { name, dtype } of [...kernel.inputs, ...kernel.outputs]) {
    const buffer = set.buffers.get(name);
    tensors[name] ??= builder.persistent(name, shapes[name] ?? [], { category: 'activations', dtype, ...(buffer === undefined ? {} : { buffer }) });
  }
  builder.call(kernel.name, kernel, attributes, tensors);
  return { builder };
}

/** One variant with its programs, one a set. */
export class TimedKernel implements Timed {
  readonly id: string;
  readonly isYardstick: boolean;
  /** Bytes of one set and of what the variant allocates beside it. */
  readonly allocatedBytes: number;
  readonly #programs: readonly Program[];
  readonly #sets: readonly TensorSet[];
  readonly #clock: Clock;
  readonly #engine: Engine;
  #next = 0;

  private constructor(engine: Engine, clock: Clock, id: string, sets: readonly TensorSet[], programs: readonly Program[], isYardstick: boolean) {
    this.id = id;
    this.#engine = engine;
    this.#clock = clock;
    this.#sets = sets;
    this.#programs = programs;
    this.isYardstick = isYardstick;
    this.allocatedBytes = (sets[0]?.sizeBytes ?? 0) + (programs[0]?.memory.totalBytes ?? 0);
  }

  /** Builds the programs and prepares what is prepared from weights. Throws what building throws. */
  static async build(
    engine: Engine,
    clock: Clock,
    kernel: KernelDefinition,
    attributes: Attributes,
    variant: string,
    { sets }: TensorSets,
    options: { readonly id?: string; readonly isYardstick?: boolean } = {},
  ): Promise<TimedKernel> {
    const programs: Program[] = [];
    try {
      for (const set of sets) programs.push(await record(engine, kernel, attributes, variant, set).builder.build());
    } catch (error) {
      for (const program of programs) program.destroy();
      throw error;
    }
    for (const program of programs) program.prepare();
    return new TimedKernel(engine, clock, options.id ?? variant, sets, programs, options.isYardstick ?? false);
  }

  async measure(repeats: number): Promise<Sample> {
    return this.#clock.measure((pass) => {
      for (let repeat = 0; repeat < repeats; repeat++) this.#programs[this.#next++ % this.#programs.length]?.encodeInto(pass);
    });
  }

  /** Outputs of one run on the first set, with everything it writes poisoned before. */
  async outputs(): Promise<Values> {
    const [program] = this.#programs;
    const [set] = this.#sets;
    if (program === undefined || set === undefined) return {};
    set.fill();
    // The program owns scratch and what is prepared: poisoned too, and prepared again.
    poisonBuffers(this.#engine, program.ownedStorage);
    program.prepare();
    program.run();
    return set.outputs();
  }

  destroy(): void {
    for (const program of this.#programs) program.destroy();
  }
}
