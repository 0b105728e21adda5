/**
 * The only file of the engine that knows tfjs. tfjs 4.22 is dormant, so everything taken from it is listed here and the
 * seam has tests of its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Engine } from './engine.js';

const backends = new WeakMap<Engine, WebGPUBackend>();
const engines = new WeakMap<WebGPUBackend, Engine>();

/** Makes the engine's device tfjs's `webgpu` backend and selects it; the backend it already has stays, with its tensors. */
export async function registerTfjsBackend(engine: Engine): Promise<WebGPUBackend> {
  const known = backends.get(engine);
  if (known !== undefined && tf.findBackend('webgpu') === known) {
    await tf.setBackend('webgpu');
    return known;
  }
  // tfjs registers its own when it is loaded where there is a GPU, and refuses to remove what is not there.
  if (typeof (tf.findBackendFactory('webgpu') as unknown) === 'function') tf.removeBackend('webgpu');
  const backend = new WebGPUBackend(engine.device, engine.info);
  backends.set(engine, backend);
  engines.set(backend, engine);
  tf.registerBackend('webgpu', () => backend, 3);
  await tf.setBackend('webgpu');
  return backend;
}

/** The engine that a backend was made with; undefined for a backend that tfjs made by itself. */
export function engineOf(backend: WebGPUBackend): Engine | undefined {
  return engines.get(backend);
}

/** Submits what tfjs has recorded, so that work encoded afterwards comes after it. */
export function flushTfjs(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}
