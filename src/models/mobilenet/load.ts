/** Loading a MobileNetV2 from any file it comes in. */
import { GramaryeError } from '../../engine/errors.js';
import { readWhole, type ByteSource, type OpenSource, type ReadOptions } from '../byte-source.js';
import { listed } from '../safetensors.js';
import { TfjsModelFile } from '../tfjs-manifest.js';
import { openWeightFile } from '../weight-file.js';
import { hasMobileNetNames, mobileNetFromNames } from './from-names.js';
import { isGraphModel, mobileNetFromTfjsGraph } from './tfjs-graph.js';
import type { MobileNetWeights } from './weights.js';

/** A tflite file is read whole; the largest MobileNetV2 has 25 MB. */
const TFLITE_LIMIT_BYTES = 256 * 1024 * 1024;

/**
 * Loads a net from tflite, Keras `.h5`, a tfjs layers or graph model, or safetensors with Keras's names.
 *
 * @throws GramaryeError `bad-weights` naming the file, and the tensor or layer that is missing or of the wrong shape.
 */
export async function loadMobileNet(
  spec: string | ByteSource,
  options: ReadOptions & { readonly open?: OpenSource | undefined } = {},
): Promise<MobileNetWeights> {
  if (typeof spec === 'string') {
    if (options.open === undefined) throw new GramaryeError('bad-option', `Unknown net "${spec}".`, { remedy: 'Give a file.' });
    return loadMobileNet(await options.open(spec), options);
  }
  const head = await spec.read(0, Math.min(8, await spec.size(options)), options);
  const { isTflite } = await import('../tflite/tflite.js');
  if (isTflite(head)) {
    const { mobileNetFromTflite } = await import('../tflite/mobilenet-tflite.js');
    return mobileNetFromTflite(spec.name, await readWhole(spec, TFLITE_LIMIT_BYTES, options));
  }
  const file = await openWeightFile(spec, options);
  if (file instanceof TfjsModelFile && isGraphModel(file)) return mobileNetFromTfjsGraph(file, options);
  if (!hasMobileNetNames(file.names))
    throw new GramaryeError('bad-weights', `${spec.name} has no layers of MobileNetV2; its tensors are ${listed(file.names)}.`, {
      remedy: 'Give a MobileNetV2.',
    });
  return mobileNetFromNames(spec.name, file, options);
}
