/** Engines by the names of the command line; each is loaded only when it is wanted. */
import { requestAdapter, requestDevice } from '../../src/engine/device.js';
import type { Contender } from './contender.js';

/** Names of the peers. */
export const PEERS = ['tfjs-webgpu', 'tfjs-webgl', 'tfjs-wasm', 'tfjs-cpu', 'jax-js'] as const;
/** One of them. */
export type PeerName = (typeof PEERS)[number];

/** tfjs refuses to hear twice where its files are. */
let isWasmPlaced = false;

/** Where tfjs finds its .wasm files; in a page a URL folder, in Node a file folder. */
export async function loadPeer(name: PeerName, wasmFolder: string): Promise<Contender> {
  if (name === 'jax-js') return new (await import('./jax.js')).JaxContender();
  const tf = await import('@tensorflow/tfjs-core');
  const { TfjsContender } = await import('./tfjs.js');
  switch (name) {
    case 'tfjs-webgpu':
      return new TfjsContender('webgpu', async () => {
        if (tf.findBackend('webgpu') instanceof Object) return;
        const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
        const adapter = await requestAdapter('auto');
        const backend = new WebGPUBackend(await requestDevice(adapter, 'tfjs'), adapter.info);
        tf.removeBackend('webgpu');
        tf.registerBackend('webgpu', () => backend, 3);
      });
    case 'tfjs-webgl':
      return new TfjsContender('webgl', async () => {
        await import('@tensorflow/tfjs-backend-webgl');
      });
    case 'tfjs-wasm':
      return new TfjsContender('wasm', async () => {
        const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
        if (!isWasmPlaced) setWasmPaths(wasmFolder);
        isWasmPlaced = true;
      });
    case 'tfjs-cpu':
      return new TfjsContender('cpu', async () => {
        await import('@tensorflow/tfjs-backend-cpu');
      });
  }
}
