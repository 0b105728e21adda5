/**
 * Kernels of tfjs's webgpu backend replaced by others, and put back. What is taken from tfjs: its kernel registry, where an
 * entry must be unregistered before another takes its place, and `computeConv2DInfo`.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { Engine } from './engine.js';
import { GramaryeError } from './errors.js';
import { engineOf } from './tfjs-bridge.js';
import { TfjsRuntime } from './tfjs-bridge-ops.js';

const BACKEND = 'webgpu';

/** What is assumed of an adapter that tells nothing: a GPU without subgroups. */
const UNKNOWN_ADAPTER: GPUAdapterInfo = {
  __brand: 'GPUAdapterInfo',
  vendor: '',
  architecture: '',
  device: '',
  description: '',
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
  isFallbackAdapter: false,
};

/** A backend's engine, or one on the device that tfjs made by itself. */
function engineFor(backend: WebGPUBackend): Engine {
  const { device } = backend;
  // tfjs keeps only part of the adapter's information, and older browsers have none on the device.
  const info: GPUAdapterInfo | undefined = device.adapterInfo;
  return engineOf(backend) ?? new Engine(device, isThere(info) ? info : UNKNOWN_ADAPTER);
}

/** Inputs of a kernel by tfjs's names. */
export type KernelInputs = Readonly<Record<string, tf.TensorInfo | undefined>>;

/** One call of a replaced kernel. */
export interface KernelCall {
  readonly inputs: KernelInputs;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly runtime: TfjsRuntime;
  /** Calls another kernel of tfjs; its output is new and must be returned or discarded. */
  stock(name: string, inputs: KernelInputs, attributes?: Readonly<Record<string, unknown>>): tf.TensorInfo;
}

/** Computes the output, or tells why it does not take the call. */
export type Replacement = (call: KernelCall) => tf.TensorInfo | { readonly refused: string };

/** Hears of every call of a replaced kernel: taken, or refused for a reason. */
export type Observer = (kernel: string, refused: string | undefined) => void;

/** How runtimes are made; only the control of a test replaces the flush. */
export interface OverrideOptions {
  readonly flush?: ConstructorParameters<typeof TfjsRuntime>[2];
}

/**
 * Replaces kernels of the webgpu backend by name. A refused call goes to the kernel that was there before. The returned function
 * puts those back. Throws `unsupported` when tfjs has no such backend or no such kernel, and then replaces none.
 */
export function overrideKernels(replacements: Readonly<Record<string, Replacement>>, observe: Observer, options: OverrideOptions = {}): () => void {
  const originals = Object.keys(replacements).map(requireKernel);
  const runtimes = new Map<WebGPUBackend, TfjsRuntime>();
  const runtimeOf = (backend: WebGPUBackend): TfjsRuntime => {
    let runtime = runtimes.get(backend);
    if (runtime === undefined) {
      runtime = new TfjsRuntime(engineFor(backend), backend, options.flush);
      runtimes.set(backend, runtime);
    }
    return runtime;
  };
  let isActive = true;
  const ours = originals.map((original): tf.KernelConfig => {
    const replace = replacements[original.kernelName];
    return {
      ...original,
      kernelFunc: (call) => {
        // Somebody may have kept this function, or put another over it, when the kernels were restored.
        if (!isActive || replace === undefined) return original.kernelFunc(call);
        if (!isWebGpuBackend(call.backend)) return original.kernelFunc(call);
        const runtime = runtimeOf(call.backend);
        const result = replace({
          inputs: call.inputs,
          attributes: call.attrs ?? {},
          runtime,
          stock: (name, inputs, attributes = {}) => runStock(name, inputs, attributes, call.backend),
        });
        const refused = 'refused' in result ? result.refused : undefined;
        observe(original.kernelName, refused);
        return 'refused' in result ? original.kernelFunc(call) : result;
      },
    };
  });
  ours.forEach(replaceKernel);
  return () => {
    if (!isActive) return;
    isActive = false;
    ours.forEach((config, index) => {
      const original = originals[index];
      if (original !== undefined && tf.getKernel(config.kernelName, BACKEND) === config) replaceKernel(original);
    });
    for (const runtime of runtimes.values()) runtime.destroy();
    runtimes.clear();
  };
}

function isThere<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}

/** By what is used of it: a page may hold a second copy of the backend's class. */
function isWebGpuBackend(backend: object): backend is WebGPUBackend {
  return ['uploadToGPU', 'tensorMap', 'ensureCommandEncoderReady', 'device'].every((member) => member in backend);
}

function requireKernel(name: string): tf.KernelConfig {
  const config: tf.KernelConfig | undefined = tf.getKernel(name, BACKEND);
  if (!isThere(tf.findBackend(BACKEND)) || !isThere(config)) {
    throw new GramaryeError('unsupported', `tfjs has no ${BACKEND} backend ready with a kernel ${name}.`, {
      remedy: "Import '@tensorflow/tfjs-backend-webgpu' and await tf.setBackend('webgpu') and tf.ready() first, or create an engine.",
    });
  }
  return config;
}

function replaceKernel(config: tf.KernelConfig): void {
  tf.unregisterKernel(config.kernelName, BACKEND);
  tf.registerKernel(config);
}

function runStock(name: string, inputs: KernelInputs, attributes: Readonly<Record<string, unknown>>, backend: unknown): tf.TensorInfo {
  const given = Object.fromEntries(Object.entries(inputs).flatMap(([input, info]) => (info === undefined ? [] : [[input, info]])));
  const result = requireKernel(name).kernelFunc({ inputs: given, attrs: attributes as tf.NamedAttrMap, backend: backend as object });
  const [first] = Array.isArray(result) ? result : [result];
  if (first === undefined) throw new GramaryeError('internal', `tfjs's kernel ${name} gave no output.`);
  return first;
}

/** What a convolution's attributes say, in numbers. NHWC. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pad: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** A convolution's geometry as tfjs computes it; undefined for NCHW. */
export function convolutionGeometry(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: Readonly<Record<string, unknown>>,
  isDepthwise: boolean,
): ConvolutionGeometry | undefined {
  if ((attributes.dataFormat ?? 'NHWC') !== 'NHWC') return undefined;
  type Conv2DInfoArguments = Parameters<typeof tf.backend_util.computeConv2DInfo>;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as Conv2DInfoArguments[0],
    filterShape as Conv2DInfoArguments[1],
    attributes.strides as Conv2DInfoArguments[2],
    (attributes.dilations ?? 1) as Conv2DInfoArguments[3],
    attributes.pad as Conv2DInfoArguments[4],
    attributes.dimRoundingMode as Conv2DInfoArguments[5],
    isDepthwise,
  );
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    pad: info.padInfo,
  };
}
