/** Stock tfjs, on its WebGPU, WebGL and WebAssembly backends. */
import * as tf from '@tensorflow/tfjs-core';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import type { Attributes, Values } from '../../engine/contract.js';
import { requestAdapter, requestDevice } from '../../engine/device.js';
import { GramaryeError } from '../../engine/errors.js';
import { inputOf, numberOf, type Peer, type PeerOp } from './peer.js';

type BackendName = 'webgpu' | 'webgl' | 'wasm';

function tensor<R extends tf.Rank>(inputs: Values, name: string, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  return tf.tensor(inputOf(inputs, name), shape, 'float32');
}

/** The op and the tensors that it reads. */
interface Recipe {
  readonly tensors: readonly tf.Tensor[];
  compute(): tf.Tensor;
}

function recipeOf(kernel: string, attributes: Attributes, inputs: Values): Recipe | undefined {
  const of = (name: string): number => numberOf(attributes, name);
  switch (kernel) {
    case 'conv3x3BiasRelu': {
      const x = tensor<tf.Rank.R4>(inputs, 'input', [1, of('height'), of('width'), of('inChannels')]);
      const filter = tensor<tf.Rank.R4>(inputs, 'weights', [3, 3, of('inChannels'), of('outChannels')]);
      const bias = tensor<tf.Rank.R1>(inputs, 'bias', [of('outChannels')]);
      const activation = attributes.relu === true ? 'relu' : 'linear';
      return { tensors: [x, filter, bias], compute: () => tf.fused.conv2d({ x, filter, bias, activation, strides: 1, pad: 'same' }) };
    }
    case 'depthwiseConv3x3': {
      if (attributes.padding === 'valid') return undefined;
      const x = tensor<tf.Rank.R4>(inputs, 'input', [of('batch'), of('height'), of('width'), of('channels')]);
      const filter = tensor<tf.Rank.R4>(inputs, 'weights', [3, 3, of('channels'), 1]);
      const bias = tensor<tf.Rank.R1>(inputs, 'bias', [of('channels')]);
      const strides = of('stride');
      const pad = attributes.padding === 'symmetric' ? 1 : 'same';
      const activation = attributes.relu6 === true ? 'relu6' : 'linear';
      return {
        tensors: [x, filter, bias],
        compute: () =>
          tf.fused.depthwiseConv2d({ x, filter, strides, pad, activation, dimRoundingMode: 'floor', ...(attributes.bias === true ? { bias } : {}) }),
      };
    }
    case 'pointwiseConv': {
      const a = tensor<tf.Rank.R2>(inputs, 'input', [of('pixels'), of('inChannels')]);
      const b = tensor<tf.Rank.R2>(inputs, 'weights', [of('inChannels'), of('outChannels')]);
      const bias = tensor<tf.Rank.R1>(inputs, 'bias', [of('outChannels')]);
      const activation = attributes.relu6 === true ? 'relu6' : 'linear';
      return { tensors: [a, b, bias], compute: () => tf.fused.matMul({ a, b, activation, ...(attributes.bias === true ? { bias } : {}) }) };
    }
    case 'gram': {
      const features = tensor<tf.Rank.R2>(inputs, 'features', [of('positions'), of('channels')]);
      return { tensors: [features], compute: () => tf.tidy(() => tf.div(tf.matMul(features, features, true, false), of('positions'))) };
    }
    case 'maxPool2x2':
    case 'averagePool2x2': {
      const x = tensor<tf.Rank.R4>(inputs, 'input', [1, of('height'), of('width'), of('channels')]);
      return { tensors: [x], compute: () => (kernel === 'maxPool2x2' ? tf.maxPool(x, 2, 2, 'valid') : tf.avgPool(x, 2, 2, 'valid')) };
    }
    default:
      return undefined;
  }
}

/** tfjs with one backend; `settle` waits for what it has started. */
class TfjsPeer implements Peer {
  readonly title: string;
  readonly #backend: BackendName;
  readonly #settle: (last: tf.Tensor) => Promise<void>;

  constructor(backend: BackendName, title: string, settle: (last: tf.Tensor) => Promise<void>) {
    this.title = title;
    this.#backend = backend;
    this.#settle = settle;
  }

  async prepare(kernel: string, attributes: Attributes, inputs: Values): Promise<PeerOp | undefined> {
    await useBackend(this.#backend);
    const recipe = recipeOf(kernel, attributes, inputs);
    if (recipe === undefined) return undefined;
    let last = recipe.compute();
    return {
      run: async () => {
        // Several peers of tfjs take turns.
        if (tf.getBackend() !== this.#backend) await useBackend(this.#backend);
        last.dispose();
        last = recipe.compute();
      },
      finish: () => this.#settle(last),
      output: async () => {
        await useBackend(this.#backend);
        return last.data();
      },
      destroy: () => {
        tf.dispose([last, ...recipe.tensors]);
      },
    };
  }
}

async function useBackend(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw new GramaryeError('unsupported', `tfjs does not start its ${name} backend here.`);
}

async function startWebgpu(): Promise<Peer> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const adapter = await requestAdapter('auto');
  const backend = new WebGPUBackend(await requestDevice(adapter, 'tfjs'), adapter.info);
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend, 3);
  return new TfjsPeer('webgpu', `stock kernels ${tf.version_core}`, async () => {
    // An open pass makes the commands invalid.
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.submitQueue();
    await backend.device.queue.onSubmittedWorkDone();
  });
}

async function startWebgl(): Promise<Peer> {
  await import('@tensorflow/tfjs-backend-webgl');
  // One number of the result waits for all of it.
  return new TfjsPeer('webgl', `stock kernels ${tf.version_core}`, async (last) => {
    const one = tf.tidy(() => tf.slice(tf.reshape(last, [last.size]), 0, 1));
    await one.data();
    one.dispose();
  });
}

/** tfjs refuses to hear twice where its files are. */
let isWasmPlaced = false;

async function startWasm(): Promise<Peer> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  if (!isWasmPlaced) setWasmPaths({ 'tfjs-backend-wasm.wasm': plainUrl, 'tfjs-backend-wasm-simd.wasm': simdUrl });
  isWasmPlaced = true;
  // The page is not isolated, and threads would need that.
  return new TfjsPeer('wasm', `stock kernels ${tf.version_core}, one thread`, () => Promise.resolve());
}

/** Starts tfjs on a backend. Throws `unsupported` where it does not start. */
export async function startTfjs(backend: BackendName): Promise<Peer> {
  const start = { webgpu: startWebgpu, webgl: startWebgl, wasm: startWasm };
  const peer = await start[backend]();
  await useBackend(backend);
  return peer;
}
