/**
 * Kernels of the engine as ops of tfjs: an op runs through tfjs's own dispatcher, so that `tf.grads`, `tf.tidy`,
 * `tf.memory` and `tf.profile` see it like any other. What is taken from tfjs beyond its documented API: the backend's
 * `uploadToGPU`, `tensorMap` and the three methods of {@link flushTfjs}.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Attributes, KernelDefinition } from './contract.js';
import { encodeKernel, UniformCache } from './encode-kernel.js';
import type { Engine } from './engine.js';
import { GramaryeError } from './errors.js';
import type { VariantPins } from './select.js';
import { flushTfjs } from './tfjs-bridge.js';

/** tfjs's own ops that gradients are written with. */
export { add, mul, onesLike, reshape, scalar, step, sum, tidy, transpose } from '@tensorflow/tfjs-core';
export type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** How tensors are brought onto the GPU and kernels of the engine run on them, in order with tfjs's own. */
export class TfjsRuntime {
  readonly engine: Engine;
  readonly #backend: WebGPUBackend;
  readonly #uniforms: UniformCache;
  readonly #flush: (backend: WebGPUBackend) => void;
  #zeros: GPUBuffer | undefined;

  /** `flush` submits what tfjs has recorded; only the control of a test replaces it. */
  constructor(engine: Engine, backend: WebGPUBackend, flush: (backend: WebGPUBackend) => void = flushTfjs) {
    this.engine = engine;
    this.#backend = backend;
    this.#uniforms = new UniformCache(engine);
    this.#flush = flush;
  }

  /**
   * Runs a kernel on tensors (or buffers) and gives its outputs as new tensors, by name. In-place outputs begin at zero. Throws
   * `binding-mismatch` for a tensor that is not float32 or has another number of elements than the kernel wants.
   */
  run<A extends Attributes>(
    kernel: KernelDefinition<A>,
    attributes: A,
    inputs: Readonly<Record<string, tf.TensorInfo | GPUBuffer>>,
    outputShapes: Readonly<Record<string, number[]>> = {},
    pins: VariantPins = {},
  ): Record<string, tf.TensorInfo> {
    const shapes = kernel.shapes(attributes);
    const buffers: Record<string, GPUBuffer> = {};
    for (const { name } of kernel.inputs) buffers[name] = this.#inputBuffer(kernel.name, name, inputs[name], shapes[name] ?? []);
    const outputs = Object.fromEntries(kernel.outputs.map(({ name }) => [name, this.#allocate(outputShapes[name] ?? [...(shapes[name] ?? [])])]));
    const scratch: tf.TensorInfo[] = [];
    for (const { name } of kernel.outputs) buffers[name] = this.#bufferOf(outputs[name]);
    // The backend records uploads as well as ops: all of them must be submitted before this work.
    this.#flush(this.#backend);
    const encoder = this.engine.device.createCommandEncoder({ label: kernel.name });
    for (const { name, inPlace } of kernel.outputs) {
      const buffer = buffers[name];
      if (inPlace === true && buffer !== undefined) encoder.clearBuffer(buffer);
    }
    encodeKernel(this.engine, encoder, kernel, attributes, {
      buffers,
      pins,
      uniforms: this.#uniforms,
      allocate: (_, sizeBytes) => {
        const info = this.#allocate([sizeBytes / 4]);
        scratch.push(info);
        return this.#bufferOf(info);
      },
    });
    this.engine.device.queue.submit([encoder.finish()]);
    // Whoever gets these buffers next submits later, so they can go back to the pool at once.
    for (const { dataId } of scratch) this.#backend.disposeData(dataId);
    return outputs;
  }

  /** Gives back an output that is not wanted. */
  discard(info: tf.TensorInfo | undefined): void {
    if (info !== undefined) this.#backend.disposeData(info.dataId);
  }

  /** At least `count` zeros, for a bias that a call does not have; kept between calls. */
  zeros(count: number): GPUBuffer {
    if (this.#zeros === undefined || this.#zeros.size < 4 * count) {
      if (this.#zeros !== undefined) this.engine.destroyBuffer(this.#zeros);
      this.#zeros = this.engine.createBuffer('zeros', 4 * Math.max(count, 1_024));
    }
    return this.#zeros;
  }

  /** Frees what the runtime keeps between calls. */
  destroy(): void {
    this.#uniforms.destroy();
    if (this.#zeros !== undefined) this.engine.destroyBuffer(this.#zeros);
    this.#zeros = undefined;
  }

  #allocate(shape: number[]): tf.TensorInfo {
    const info = this.#backend.makeTensorInfo(shape, 'float32');
    this.#backend.uploadToGPU(info.dataId);
    return info;
  }

  #inputBuffer(kernel: string, name: string, info: tf.TensorInfo | GPUBuffer | undefined, shape: readonly number[]): GPUBuffer {
    if (info === undefined) throw new GramaryeError('binding-mismatch', `${kernel} was given no ${name}.`);
    if ('mapState' in info) return info;
    const wanted = tf.util.sizeFromShape([...shape]);
    if (info.dtype !== 'float32' || tf.util.sizeFromShape(info.shape) !== wanted) {
      throw new GramaryeError(
        'binding-mismatch',
        `${kernel} wants ${name} as float32 [${shape.join(', ')}]; it was given ${info.dtype} [${info.shape.join(', ')}].`,
      );
    }
    this.#backend.uploadToGPU(info.dataId);
    return this.#bufferOf(info);
  }

  #bufferOf(info: tf.TensorInfo | undefined): GPUBuffer {
    const resource = info === undefined ? undefined : this.#backend.tensorMap.get(info.dataId).resource;
    if (resource === undefined || !('mapState' in resource)) throw new GramaryeError('internal', 'A tensor of tfjs has no buffer on the GPU.');
    return resource;
  }
}

/** An op: a kernel function with its gradient. `Attrs` are plain numbers, booleans and strings. */
export interface TfjsOp<Attrs extends Attributes> {
  readonly name: string;
  /** Inputs and outputs that the gradient wants, in this order. */
  readonly inputsToSave?: readonly string[];
  readonly outputsToSave?: readonly boolean[];
  run(runtime: TfjsRuntime, inputs: Readonly<Record<string, tf.TensorInfo>>, attributes: Attrs): tf.TensorInfo | tf.TensorInfo[];
  /** Gradients to the inputs from the gradients to the outputs and what was saved, computed only where wanted. */
  gradient?(outputGradients: readonly tf.Tensor[], saved: readonly tf.Tensor[], attributes: Attrs): Record<string, () => tf.Tensor>;
}

const runtimes = new WeakMap<object, TfjsRuntime>();

/** Makes a runtime the one that ops of its backend use. */
export function useRuntime(backend: WebGPUBackend, runtime: TfjsRuntime): void {
  runtimes.set(backend, runtime);
}

/** Registers an op and its gradient with tfjs; a second registration of the same name replaces the first. */
export function registerTfjsOp<Attrs extends Attributes>(op: TfjsOp<Attrs>): void {
  const kernelName = kernelNameOf(op.name);
  if (isThere(tf.getKernel(kernelName, 'webgpu'))) tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const runtime = runtimes.get(backend);
      if (runtime === undefined) {
        throw new GramaryeError('unsupported', `${op.name} needs tfjs on the engine's device.`, {
          remedy: 'Create the ops with createTfjsOps(engine) after Engine.create().',
        });
      }
      const given = Object.fromEntries(Object.entries(inputs).flatMap(([name, info]) => (info === undefined ? [] : [[name, info]])));
      return op.run(runtime, given, attrs as Attrs);
    },
  });
  if (isThere(tf.getGradient(kernelName))) tf.unregisterGradient(kernelName);
  if (op.gradient === undefined) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: [...(op.inputsToSave ?? [])],
    outputsToSave: [...(op.outputsToSave ?? [])],
    gradFunc: (dy, saved, attrs) => op.gradient?.(Array.isArray(dy) ? dy : [dy], saved, attrs as Attrs) ?? {},
  });
}

/** Calls a registered op; all outputs, in order. */
export function callTfjsOp(name: string, inputs: Readonly<Record<string, tf.Tensor>>, attributes: Attributes): tf.Tensor[] {
  const result: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernelNameOf(name), { ...inputs }, { ...attributes });
  return Array.isArray(result) ? result : [result];
}

/** Gradient of a stride-1, zero-padded convolution to its filter, by tfjs's own kernel. NHWC and HWIO. */
export function stockFilterGradient(input: tf.Tensor4D, outputGradient: tf.Tensor4D, filterShape: [number, number, number, number]): tf.Tensor4D {
  const attributes = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', filterShape };
  return tf.engine().runKernel('Conv2DBackpropFilter', { x: input, dy: outputGradient }, attributes);
}

/** tfjs's types leave out that its registry gives undefined for what is not there. */
function isThere(entry: unknown): boolean {
  return entry !== undefined && entry !== null;
}

function kernelNameOf(name: string): string {
  return `Gramarye/${name}`;
}
