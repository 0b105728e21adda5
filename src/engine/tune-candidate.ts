/** A call of a built program by itself, in one variant or another, and whether they agree. */
import { allowedDifference } from './check-kernel.js';
import { DTYPE_BYTES, type Dtype, type TensorSpec } from './contract.js';
import type { Engine } from './engine.js';
import { ProgramBuilder, type BoundCall, type Program, type TensorHandle } from './program.js';
import { decodeValues } from './values.js';

/** Compares at most this many elements of each output, in four places. */
const SAMPLE_ELEMENTS = 2 ** 18;
const SAMPLE_PLACES = 4;
/** Share of words of a bit mask that may differ: bits flip where a value is nearly zero or two are nearly equal. */
const MASK_SHARE = 5e-3;

/** Samples of the outputs of a call by name, with what they are stored in. */
export type OutputSamples = ReadonlyMap<string, { readonly dtype: Dtype; readonly values: Float64Array }>;

interface Bound {
  readonly tensor: TensorHandle;
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
}

/**
 * What a call of a built program reads, and room of its own for what it writes. Tensors that live only for a while share memory in the
 * program, even an input with an output of the same call where passes lie between them; so a variant with other passes, or a second run of
 * the same, must not work there. Nothing of the program is changed.
 */
export class CallBuffers {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #call: BoundCall;
  readonly #bound = new Map<string, Bound>();
  readonly #own: GPUBuffer[] = [];

  constructor(engine: Engine, program: Program, call: BoundCall) {
    this.#engine = engine;
    this.#program = program;
    this.#call = call;
    const encoder = engine.device.createCommandEncoder({ label: 'call' });
    const outputs = new Set(call.definition.outputs.map(({ name }) => name));
    for (const [name, tensor] of Object.entries(call.tensors)) {
      const buffer = program.bufferOf(tensor);
      if (tensor.lifetime === 'persistent' && !outputs.has(name)) {
        this.#bound.set(name, { tensor, buffer, offsetBytes: tensor.offsetBytes });
        continue;
      }
      const own = engine.createBuffer(name, tensor.sizeBytes);
      this.#own.push(own);
      encoder.copyBufferToBuffer(buffer, tensor.offsetBytes, own, 0, tensor.sizeBytes);
      this.#bound.set(name, { tensor, buffer: own, offsetBytes: 0 });
    }
    engine.device.queue.submit([encoder.finish()]);
  }

  /** Builds the call in a variant. */
  async build(variant: string): Promise<Program> {
    const builder = new ProgramBuilder(this.#engine, { pins: { [this.#call.label]: variant } });
    const tensors = Object.fromEntries(
      [...this.#bound].map(([name, { tensor, buffer, offsetBytes }]): [string, TensorHandle] => {
        const whole = builder.persistent(`${name} of ${tensor.name}`, [buffer.size / 4], { category: 'activations', buffer });
        return [name, builder.view(name, whole, offsetBytes, tensor.shape, tensor.dtype)];
      }),
    );
    builder.call(this.#call.label, this.#call.definition, this.#call.attributes, tensors);
    return builder.build();
  }

  /** In-place outputs as the program has them; the others cleared, so that what is not written shows. */
  reset(): void {
    const encoder = this.#engine.device.createCommandEncoder({ label: 'reset' });
    for (const { spec, tensor, buffer } of this.#outputs()) {
      if (spec.inPlace === true) encoder.copyBufferToBuffer(this.#program.bufferOf(tensor), tensor.offsetBytes, buffer, 0, tensor.sizeBytes);
      else encoder.clearBuffer(buffer);
    }
    this.#engine.device.queue.submit([encoder.finish()]);
  }

  /** Reads parts of every output. */
  async sample(): Promise<OutputSamples> {
    const samples = new Map<string, { dtype: Dtype; values: Float64Array }>();
    for (const { spec, tensor, buffer } of this.#outputs()) {
      const { dtype } = tensor;
      const elementBytes = DTYPE_BYTES[dtype];
      const total = tensor.sizeBytes;
      const partBytes = Math.min(total, Math.floor((SAMPLE_ELEMENTS * elementBytes) / SAMPLE_PLACES / 4) * 4);
      const places = total <= partBytes * SAMPLE_PLACES ? Math.ceil(total / partBytes) : SAMPLE_PLACES;
      const perPart = partBytes / elementBytes;
      const values = new Float64Array(places * perPart);
      for (let place = 0; place < places; place++) {
        const offset = places === 1 ? 0 : Math.floor(((total - partBytes) * place) / (places - 1) / 4) * 4;
        values.set(decodeValues(await this.#engine.read(buffer, offset, partBytes), dtype), place * perPart);
      }
      samples.set(spec.name, { dtype, values });
    }
    return samples;
  }

  /** Frees what it took. */
  destroy(): void {
    for (const buffer of this.#own) this.#engine.destroyBuffer(buffer);
  }

  #outputs(): { readonly spec: TensorSpec; readonly tensor: TensorHandle; readonly buffer: GPUBuffer }[] {
    return this.#call.definition.outputs.flatMap((spec) => {
      const bound = this.#bound.get(spec.name);
      return bound === undefined ? [] : [{ spec, tensor: bound.tensor, buffer: bound.buffer }];
    });
  }
}

/** True when `got` agrees with `wanted` within what the kernel of a call allows both variants, or how it does not. */
export function agreement(
  { definition, attributes, tensors }: BoundCall,
  variants: readonly [string, string],
  got: OutputSamples,
  wanted: OutputSamples,
): true | string {
  const isHalf = Object.values(tensors).some(({ dtype }) => dtype === 'f16');
  for (const [name, { dtype, values }] of wanted) {
    const tolerance = 2 * variants.reduce((sum, variant) => sum + allowedDifference(definition, attributes, variant, name, isHalf), 0);
    const other = got.get(name)?.values ?? new Float64Array();
    let square = 0;
    let largest = 0;
    let differing = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value)) return `${name} is not finite in the present variant either: nothing can be compared`;
      const difference = Math.abs((other[i] ?? NaN) - value);
      if (!Number.isFinite(other[i] ?? NaN)) return `${name} holds values that are not finite`;
      square += value * value;
      if (difference !== 0) differing++;
      largest = Math.max(largest, difference);
    }
    if (dtype === 'u32' || dtype === 'i32') {
      if (differing > Math.max(2, values.length * MASK_SHARE)) return `${name} differs in ${String(differing)} of ${String(values.length)} words`;
      continue;
    }
    const rms = Math.sqrt(square / values.length);
    if (largest > tolerance * rms + Number.MIN_VALUE) return `${name} differs by ${(largest / rms).toExponential(1)} of its root mean square`;
  }
  return true;
}
