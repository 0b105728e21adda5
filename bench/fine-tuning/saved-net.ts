/** A saved net as tfjs-layers computes it on its wasm backend: nothing of ours but the file takes part. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { loadLayersModel } from '@tensorflow/tfjs-layers';

const BATCH = 20;
const WASM = fileURLToPath(new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url));

/** Probabilities of pictures of the net's own size, one row per picture, in the net's class order. */
export async function probabilitiesByTfjs(net: string, paths: readonly string[], size: number): Promise<readonly Float32Array[]> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(WASM);
  await tf.setBackend('wasm');
  await tf.ready();
  const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(await readFile(join(net, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: never[] }[];
    userDefinedMetadata: { gramarye: { input: { scale: number; offset: number } } };
  };
  const shard = new Uint8Array(await readFile(join(net, weightsManifest[0]?.paths[0] ?? '')));
  const model = await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]?.weights ?? [], weightData: shard.buffer }));
  const { scale, offset } = userDefinedMetadata.gramarye.input;
  const pixels = size * size;
  const rows: Float32Array[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const part = paths.slice(at, at + BATCH);
    const values = new Float32Array(part.length * pixels * 3);
    for (const [position, path] of part.entries()) {
      const canvas = createCanvas(size, size);
      canvas.getContext('2d').drawImage(await loadImage(path), 0, 0);
      const { data } = canvas.getContext('2d').getImageData(0, 0, size, size);
      for (let i = 0; i < pixels * 3; i++) values[position * pixels * 3 + i] = ((data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255) * scale - offset;
    }
    const output = tf.tidy(() => model.predict(tf.tensor4d(values, [part.length, size, size, 3])) as tf.Tensor);
    const all = (await output.data()) as Float32Array;
    output.dispose();
    const classes = all.length / part.length;
    part.forEach((_, position) => rows.push(all.slice(position * classes, (position + 1) * classes)));
  }
  return rows;
}
