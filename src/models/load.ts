/** Loading a net of VGG19's shape from whatever the user named: a built-in net, a file in memory, a path or a URL. */
import { GramaryeError } from '../engine/errors.js';
import type { ByteSource } from './byte-source.js';
import { readVgg, type LoadedVgg, type LoadOptions } from './read-vgg.js';
import { PREPROCESS } from './preprocess.js';
import { parseRandomVgg, randomVgg19 } from './random-vgg19.js';
import { layersUpTo, VGG19_LAYERS } from './vgg19.js';
import { openWeightFile } from './weight-file.js';

export type { LoadedVgg, LoadOptions } from './read-vgg.js';

/**
 * Loads a net.
 *
 * @param spec `random-vgg19[:seed][/divisor]`, a path or URL that `options.open` understands, or an opened source
 * (a safetensors file or a tfjs `model.json` with its shards as siblings).
 * @throws GramaryeError `bad-weights` naming file and tensor, `unknown-layer` when the net ends before a wanted tap,
 * `file-missing`, `bad-option`, `aborted`.
 */
export async function loadVgg(spec: string | ByteSource, options: LoadOptions = {}): Promise<LoadedVgg> {
  if (typeof spec !== 'string') return readVgg(openWeightFile, spec, options);
  const random = parseRandomVgg(spec);
  if (random !== undefined) {
    const count = options.taps === undefined ? VGG19_LAYERS.length : layersUpTo(options.taps).length;
    const net = randomVgg19(random, count, options.signal);
    return { ...net, preprocess: options.preprocess === undefined ? net.preprocess : PREPROCESS[options.preprocess], notices: [] };
  }
  if (options.open === undefined) throw new GramaryeError('bad-option', `Unknown net "${spec}".`, { remedy: 'Built in is random-vgg19[:SEED][/DIVISOR].' });
  return readVgg(openWeightFile, await options.open(spec), options);
}
