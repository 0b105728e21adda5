import type { ByteSource, ReadOptions } from './byte-source.js';
import { SafetensorsFile } from './safetensors.js';
import type { WeightFile } from './named-tensors.js';

/** Opens a safetensors file as a weight file. Throws `bad-weights` naming the file. */
export async function openSafetensors(source: ByteSource, options: ReadOptions = {}): Promise<WeightFile> {
  const file = await SafetensorsFile.open(source, options);
  return { names: file.names, preprocess: file.metadata.preprocess, readTensors: (names, readOptions) => file.readTensors(names, readOptions) };
}
