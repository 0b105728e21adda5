/**
 * WebGPU in Node through Dawn (npm `webgpu`). A software Vulkan driver is named in the caller's environment.
 * A machine without an adapter fails here, it never skips.
 */
import { requestDevice } from '../src/engine/device.js';
import { Engine } from '../src/engine/engine.js';

let gpuPromise: Promise<GPU> | undefined;

async function loadDawn(): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node has no navigator before version 21.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  // Dawn's object must stay referenced and the event loop alive, or Node aborts in the middle of an await.
  (globalThis as { keepAlive?: unknown }).keepAlive = [gpu, setInterval(() => undefined, 1_000).unref()];
  return gpu;
}

/** Dawn's GPU object, loaded once per process. */
export function nodeGpu(): Promise<GPU> {
  gpuPromise ??= loadDawn();
  return gpuPromise;
}

/** An engine on the software adapter, without tfjs. */
export async function nodeEngine(): Promise<Engine> {
  await nodeGpu();
  return Engine.create({ tfjs: false });
}

/** An engine on Dawn's null backend, which checks everything and runs nothing. */
export async function nullEngine(): Promise<Engine> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null']);
  // Dawn's object must stay referenced and the event loop alive, or Node aborts in the middle of an await.
  (globalThis as { keepNull?: unknown }).keepNull = [gpu, setInterval(() => undefined, 1_000).unref()];
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('The null backend offers no adapter.');
  return new Engine(await requestDevice(adapter, 'null'), adapter.info);
}
