/** ONNX Runtime on WebGPU, where the package onnxruntime-web is installed: it is loaded from there and is no part of this one. */
import type { Attributes, Values } from '../../engine/contract.js';
import { GramaryeError } from '../../engine/errors.js';
import { toOihw, transposed } from './layouts.js';
import { onnxModel, type OnnxGraph } from './onnx-model.js';
import { inputOf, numberOf, type Peer, type PeerOp } from './peer.js';

/** Where its files are, as addresses that this page may load. */
export interface OnnxruntimeFiles {
  readonly module: string;
  readonly wasm: string;
  readonly version: string;
}

interface OnnxTensor {
  getData(): Promise<ArrayLike<number>>;
  dispose(): void;
}

interface OnnxSession {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

/** As much of its interface as is used here. */
interface Onnxruntime {
  readonly env: {
    readonly wasm: { wasmPaths?: { readonly wasm: string }; numThreads?: number };
    readonly webgpu: { readonly device: Promise<GPUDevice> | GPUDevice };
    logLevel?: string;
  };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): OnnxTensor;
    fromGpuBuffer(buffer: GPUBuffer, options: { readonly dataType: 'float32'; readonly dims: readonly number[] }): OnnxTensor;
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { readonly executionProviders: readonly string[]; readonly preferredOutputLocation: 'gpu-buffer' },
    ): Promise<OnnxSession>;
  };
}

interface Recipe {
  readonly graph: OnnxGraph;
  readonly input: Float32Array<ArrayBuffer>;
  toOurs(values: ArrayLike<number>): ArrayLike<number>;
}

function recipeOf(kernel: string, attributes: Attributes, inputs: Values): Recipe | undefined {
  const of = (name: string): number => numberOf(attributes, name);
  const same = (values: ArrayLike<number>): ArrayLike<number> => values;
  switch (kernel) {
    case 'conv3x3BiasRelu': {
      const [height, width, inChannels, outChannels] = [of('height'), of('width'), of('inChannels'), of('outChannels')];
      const hasRelu = attributes.relu === true;
      return {
        graph: {
          nodes: [
            { type: 'Conv', inputs: ['x', 'w', 'b'], output: hasRelu ? 'sum' : 'y', integers: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] } },
            ...(hasRelu ? [{ type: 'Relu', inputs: ['sum'], output: 'y' }] : []),
          ],
          constants: [
            { name: 'w', shape: [outChannels, inChannels, 3, 3], values: toOihw(inputOf(inputs, 'weights'), inChannels, outChannels) },
            { name: 'b', shape: [outChannels], values: inputOf(inputs, 'bias') },
          ],
          input: { name: 'x', shape: [1, inChannels, height, width] },
          output: { name: 'y', shape: [1, outChannels, height, width] },
        },
        input: transposed(inputOf(inputs, 'input'), height * width, inChannels),
        toOurs: (values) => transposed(values, outChannels, height * width),
      };
    }
    case 'depthwiseConv3x3': {
      // 'same' may pad one edge more than the other, and 'valid' neither.
      if (attributes.padding !== 'symmetric' || attributes.bias !== true) return undefined;
      const [batch, height, width, channels, stride] = [of('batch'), of('height'), of('width'), of('channels'), of('stride')];
      if (batch !== 1) return undefined;
      const [outHeight, outWidth] = [Math.floor((height - 1) / stride) + 1, Math.floor((width - 1) / stride) + 1];
      const hasRelu6 = attributes.relu6 === true;
      return {
        graph: {
          nodes: [
            {
              type: 'Conv',
              inputs: ['x', 'w', 'b'],
              output: hasRelu6 ? 'sum' : 'y',
              integers: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [stride, stride], group: channels },
            },
            ...(hasRelu6 ? [{ type: 'Clip', inputs: ['sum', 'least', 'most'], output: 'y' }] : []),
          ],
          constants: [
            { name: 'w', shape: [channels, 1, 3, 3], values: toOihw(inputOf(inputs, 'weights'), 1, channels) },
            { name: 'b', shape: [channels], values: inputOf(inputs, 'bias') },
            ...(hasRelu6
              ? [
                  { name: 'least', shape: [], values: Float32Array.of(0) },
                  { name: 'most', shape: [], values: Float32Array.of(6) },
                ]
              : []),
          ],
          input: { name: 'x', shape: [1, channels, height, width] },
          output: { name: 'y', shape: [1, channels, outHeight, outWidth] },
        },
        input: transposed(inputOf(inputs, 'input'), height * width, channels),
        toOurs: (values) => transposed(values, channels, outHeight * outWidth),
      };
    }
    case 'pointwiseConv': {
      if (attributes.relu6 === true || attributes.bias !== true) return undefined;
      const [pixels, inChannels, outChannels] = [of('pixels'), of('inChannels'), of('outChannels')];
      return {
        graph: {
          nodes: [{ type: 'Gemm', inputs: ['x', 'w', 'b'], output: 'y' }],
          constants: [
            { name: 'w', shape: [inChannels, outChannels], values: inputOf(inputs, 'weights') },
            { name: 'b', shape: [outChannels], values: inputOf(inputs, 'bias') },
          ],
          input: { name: 'x', shape: [pixels, inChannels] },
          output: { name: 'y', shape: [pixels, outChannels] },
        },
        input: inputOf(inputs, 'input'),
        toOurs: same,
      };
    }
    case 'gram': {
      const [positions, channels] = [of('positions'), of('channels')];
      return {
        graph: {
          nodes: [{ type: 'Gemm', inputs: ['x', 'x'], output: 'y', integers: { transA: 1 }, floats: { alpha: 1 / positions } }],
          constants: [],
          input: { name: 'x', shape: [positions, channels] },
          output: { name: 'y', shape: [channels, channels] },
        },
        input: inputOf(inputs, 'features'),
        toOurs: same,
      };
    }
    case 'maxPool2x2':
    case 'averagePool2x2': {
      const [height, width, channels] = [of('height'), of('width'), of('channels')];
      const [outHeight, outWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
      return {
        graph: {
          nodes: [
            { type: kernel === 'maxPool2x2' ? 'MaxPool' : 'AveragePool', inputs: ['x'], output: 'y', integers: { kernel_shape: [2, 2], strides: [2, 2] } },
          ],
          constants: [],
          input: { name: 'x', shape: [1, channels, height, width] },
          output: { name: 'y', shape: [1, channels, outHeight, outWidth] },
        },
        input: transposed(inputOf(inputs, 'input'), height * width, channels),
        toOurs: (values) => transposed(values, channels, outHeight * outWidth),
      };
    }
    default:
      return undefined;
  }
}

class OnnxruntimePeer implements Peer {
  readonly title: string;
  readonly #runtime: Onnxruntime;

  constructor(runtime: Onnxruntime, version: string) {
    this.#runtime = runtime;
    this.title = `webgpu ${version}`;
  }

  async prepare(kernel: string, attributes: Attributes, inputs: Values): Promise<PeerOp | undefined> {
    const recipe = recipeOf(kernel, attributes, inputs);
    if (recipe === undefined) return undefined;
    const { graph, input } = recipe;
    const session = await this.#runtime.InferenceSession.create(onnxModel(graph), { executionProviders: ['webgpu'], preferredOutputLocation: 'gpu-buffer' });
    // The session makes the device; the input stays there, as ours does.
    const device = await this.#runtime.env.webgpu.device;
    const buffer = device.createBuffer({
      size: Math.max(16, input.byteLength),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    device.queue.writeBuffer(buffer, 0, input);
    const feeds = { [graph.input.name]: this.#runtime.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: graph.input.shape }) };
    let last: OnnxTensor | undefined;
    return {
      run: async () => {
        last?.dispose();
        last = (await session.run(feeds))[graph.output.name];
      },
      finish: async () => {
        await device.queue.onSubmittedWorkDone();
      },
      output: async () => recipe.toOurs((await last?.getData()) ?? []),
      destroy: () => {
        last?.dispose();
        buffer.destroy();
        void session.release();
      },
    };
  }
}

/** Starts ONNX Runtime from its own files. Throws `unsupported` where they are not installed. */
export async function startOnnxruntime(files: OnnxruntimeFiles | undefined): Promise<Peer> {
  if (files === undefined)
    throw new GramaryeError('unsupported', 'onnxruntime-web is not installed here.', {
      remedy: 'Run "npm install onnxruntime-web" in the folder you measure from.',
    });
  const runtime = (await import(/* @vite-ignore */ files.module)) as Onnxruntime;
  runtime.env.wasm.wasmPaths = { wasm: files.wasm };
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = 'error';
  return new OnnxruntimePeer(runtime, files.version);
}
