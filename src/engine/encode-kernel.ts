/** One kernel call encoded at once, on buffers that someone else owns: what an op of tfjs needs. Programs are faster. */
import { alignedSizeBytes, USAGE } from './buffers.js';
import type { Attributes, KernelDefinition, Pass } from './contract.js';
import type { Engine } from './engine.js';
import { GramaryeError } from './errors.js';
import { selectVariant, type VariantPins } from './select.js';
import { packParams } from './wgsl.js';

/** `Params` uniforms by their bytes, kept for calls of the same shape. */
export class UniformCache {
  readonly #engine: Engine;
  readonly #buffers = new Map<string, GPUBuffer>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A uniform buffer that holds `bytes`. */
  get(bytes: ArrayBuffer): GPUBuffer {
    const key = new Uint32Array(bytes).join();
    let buffer = this.#buffers.get(key);
    if (buffer === undefined) {
      buffer = this.#engine.device.createBuffer({ label: 'params', size: bytes.byteLength, usage: USAGE.uniform | USAGE.copyTarget });
      this.#engine.device.queue.writeBuffer(buffer, 0, bytes);
      this.#buffers.set(key, buffer);
    }
    return buffer;
  }

  /** Frees all. */
  destroy(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}

/** What a call works on and how it gets more memory. */
export interface EncodeOptions {
  /** The buffer of every input and output by name. */
  readonly buffers: Readonly<Record<string, GPUBuffer>>;
  /** Memory for scratch and prepared buffers; its contents do not matter. */
  readonly allocate: (name: string, sizeBytes: number) => GPUBuffer;
  readonly uniforms: UniformCache;
  readonly pins?: VariantPins;
}

/** Encodes one kernel call. Throws what `selectVariant` throws, and `binding-mismatch` for a missing buffer. */
export function encodeKernel<A extends Attributes>(
  engine: Engine,
  encoder: GPUCommandEncoder,
  kernel: KernelDefinition<A>,
  attributes: A,
  options: EncodeOptions,
): void {
  const variant = selectVariant(kernel, attributes, engine.traits, options.pins);
  const buffers = new Map(Object.entries(options.buffers));
  const preparation = variant.prepare?.(attributes, engine.traits);
  const extra = { ...preparation?.tensors, ...variant.scratch?.(attributes, engine.traits) };
  for (const [name, sizeBytes] of Object.entries(extra)) buffers.set(name, options.allocate(name, alignedSizeBytes(sizeBytes)));
  const pass = encoder.beginComputePass({ label: kernel.name });
  for (const step of [...(preparation?.passes ?? []), ...variant.passes(attributes, engine.traits)]) {
    encodePass(engine, pass, kernel.name, step, buffers, options.uniforms);
  }
  pass.end();
}

function encodePass(
  engine: Engine,
  encoder: GPUComputePassEncoder,
  kernel: string,
  step: Pass,
  buffers: ReadonlyMap<string, GPUBuffer>,
  uniforms: UniformCache,
): void {
  const { pipeline, layout, reflection } = engine.pipelines.getNow(step);
  const entries = reflection.bindings.map(({ index, name, access }): GPUBindGroupEntry => {
    if (access === 'uniform') return { binding: index, resource: { buffer: uniforms.get(packParams(step.shader, reflection, step.params ?? {})) } };
    const buffer = buffers.get(step.bind?.[name] ?? name);
    if (buffer === undefined) throw new GramaryeError('binding-mismatch', `shaders/${step.shader.path} binds ${name}, which kernel ${kernel} was not given.`);
    return { binding: index, resource: { buffer } };
  });
  encoder.setPipeline(pipeline);
  encoder.setBindGroup(0, engine.device.createBindGroup({ label: step.shader.path, layout, entries }));
  encoder.dispatchWorkgroups(step.workgroups.x, step.workgroups.y, step.workgroups.z);
}
