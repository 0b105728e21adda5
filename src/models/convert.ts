/** Converting any weight file to a compact safetensors file of our own form. */
import { GramaryeError } from '../engine/errors.js';
import type { ByteSource, ReadOptions } from './byte-source.js';
import { loadVgg } from './load.js';
import { hasMobileNetNames } from './mobilenet/from-names.js';
import { loadMobileNet } from './mobilenet/load.js';
import { isGraphModel } from './mobilenet/tfjs-graph.js';
import { mobileNetTensors } from './mobilenet/to-tensors.js';
import { foldBatchNorm } from './mobilenet/weights.js';
import type { PreprocessName } from './preprocess.js';
import { writeSafetensors, type OutputTensor } from './safetensors-write.js';
import { TfjsModelFile } from './tfjs-manifest.js';
import { isTflite } from './tflite/tflite.js';
import { openWeightFile } from './weight-file.js';

/** What is converted and how. */
export interface ConvertOptions extends ReadOptions {
  /** Default F16: half the bytes, relative error at most 2^-11. */
  readonly dtype?: OutputTensor['dtype'] | undefined;
  /** Of a VGG19; default what the file says. */
  readonly preprocess?: PreprocessName | undefined;
  /** Multiplies a MobileNet's BatchNorm into its convolutions. */
  readonly fold?: boolean | undefined;
}

/** A converted file. */
export interface Converted {
  readonly net: 'vgg19' | 'mobilenet-v2';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly notices: readonly string[];
}

/** Which of the two nets a file holds. */
export async function netOf(source: ByteSource, options: ReadOptions = {}): Promise<'vgg19' | 'mobilenet-v2'> {
  if (isTflite(await source.read(0, Math.min(8, await source.size(options)), options))) return 'mobilenet-v2';
  const file = await openWeightFile(source, options);
  return hasMobileNetNames(file.names) || (file instanceof TfjsModelFile && isGraphModel(file) && !file.names.some((name) => name.includes('block1_conv1')))
    ? 'mobilenet-v2'
    : 'vgg19';
}

/**
 * Converts a file. Tensors have Keras's names and layouts.
 *
 * @throws GramaryeError `bad-weights` naming file and tensor, also when a value is too large for F16.
 */
export async function convertWeights(source: ByteSource, options: ConvertOptions = {}): Promise<Converted> {
  const dtype = options.dtype ?? 'F16';
  if ((await netOf(source, options)) === 'mobilenet-v2') {
    const net = await loadMobileNet(source, options);
    const tensors = mobileNetTensors(options.fold === true ? { ...net, units: net.units.map(foldBatchNorm) } : net, dtype);
    checkRange(source.name, tensors);
    return { net: 'mobilenet-v2', bytes: writeSafetensors(tensors, { net: 'mobilenet-v2' }), notices: [] };
  }
  const { layers, preprocess, notices } = await loadVgg(source, options);
  const tensors: Record<string, OutputTensor> = {};
  for (const { name, inChannels, outChannels, weights, bias } of layers) {
    tensors[`${name}/kernel`] = { shape: [3, 3, inChannels, outChannels], dtype, values: weights };
    tensors[`${name}/bias`] = { shape: [outChannels], dtype, values: bias };
  }
  checkRange(source.name, tensors);
  return { net: 'vgg19', bytes: writeSafetensors(tensors, { net: 'vgg19', preprocess: preprocess.name }), notices };
}

/** Half precision ends at 65,504. */
function checkRange(file: string, tensors: Readonly<Record<string, OutputTensor>>): void {
  for (const [name, { dtype, values }] of Object.entries(tensors)) {
    if (dtype !== 'F16') continue;
    for (let index = 0; index < values.length; index++) {
      const value = values[index] ?? 0;
      if (Math.abs(value) >= 65_520 || Number.isNaN(value)) {
        throw new GramaryeError('bad-weights', `${file}: tensor "${name}" holds ${String(value)} at ${String(index)}, which half precision cannot.`, {
          remedy: 'Convert to F32.',
        });
      }
    }
  }
}
