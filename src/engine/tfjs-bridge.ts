/**
 * The only file of the engine that knows tfjs. tfjs 4.22 is dormant, so everything taken from it is listed here and the
 * seam has tests of its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Engine } from './engine.js';

/** Makes the engine's device tfjs's `webgpu` backend and selects it. */
export async function registerTfjsBackend(engine: Engine): Promise<WebGPUBackend> {
  tf.removeBackend('webgpu');
  const backend = new WebGPUBackend(engine.device, engine.info);
  tf.registerBackend('webgpu', () => backend, 3);
  await tf.setBackend('webgpu');
  return backend;
}

/** Submits what tfjs has recorded, so that work encoded afterwards comes after it. */
export function flushTfjs(backend: WebGPUBackend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}
