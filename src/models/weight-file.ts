/** Weight files with named tensors, opened by their content. */
import { GramaryeError } from '../engine/errors.js';
import type { ByteSource, ReadOptions } from './byte-source.js';
import type { WeightFile } from './named-tensors.js';
import { openSafetensors } from './safetensors-weights.js';
import { TfjsModelFile } from './tfjs-manifest.js';

/**
 * Opens a weight file by its content: safetensors, Keras HDF5, or a tfjs `model.json` with its shards as siblings. The HDF5
 * reader is loaded only when it is used.
 *
 * @throws GramaryeError `bad-weights` naming the file.
 */
export async function openWeightFile(source: ByteSource, options: ReadOptions = {}): Promise<WeightFile> {
  const head = await source.read(0, Math.min(16, await source.size(options)), options);
  if (isHdf5(head)) {
    const { KerasH5File } = await import('./hdf5/keras-h5.js');
    return KerasH5File.open(source, options);
  }
  if (String.fromCharCode(...head.subarray(4, 8)) === 'TFL3') {
    throw new GramaryeError('bad-weights', `${source.name} is a TensorFlow Lite model, whose tensors have no names to go by.`, {
      remedy: 'Only a MobileNetV2 is read from one.',
    });
  }
  if (/\.json$/i.test(source.name) || startsLikeJson(head)) return TfjsModelFile.open(source, options);
  return openSafetensors(source, options);
}

/** Whether a file begins with HDF5's signature. */
export function isHdf5(head: Uint8Array): boolean {
  return [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, index) => head[index] === byte);
}

/** A JSON file begins with a brace; a safetensors file has its brace only after eight bytes of length. */
function startsLikeJson(head: Uint8Array): boolean {
  return /^\uFEFF?\s*\{\s*["}]/.test(new TextDecoder().decode(head)) && head[8] !== 0x7b;
}
