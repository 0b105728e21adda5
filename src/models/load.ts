/** Loading a net of VGG19's shape from whatever the user named: a built-in net, a file in memory, a path or a URL. */
import { GramaryeError } from '../engine/errors.js';
import type { ByteSource, OpenSource, ReadOptions } from './byte-source.js';
import { PREPROCESS, preprocessNamed, type Preprocess, type PreprocessName } from './preprocess.js';
import { parseRandomVgg, randomVgg19 } from './random-vgg19.js';
import { findVggTensors, vggLayersFromTensors, wantedVggTensors } from './vgg19-from-tensors.js';
import { layersUpTo, VGG19_LAYERS, type VggWeights } from './vgg19.js';
import { openWeightFile } from './weight-file.js';

/** How a net is loaded. */
export interface LoadOptions extends ReadOptions {
  /** Opens a path or URL. Without it only built-in nets and byte sources can be loaded. */
  readonly open?: OpenSource | undefined;
  /** Overrides what the file says. */
  readonly preprocess?: PreprocessName | undefined;
  /** Layers that will be tapped: only what they need is read. Without it everything is. */
  readonly taps?: readonly string[] | undefined;
}

/** A loaded net and what the user should know about it. */
export interface LoadedVgg extends VggWeights {
  /** One-line remarks, for instance that the preprocessing was assumed. */
  readonly notices: readonly string[];
}

/**
 * Loads a net.
 *
 * @param spec `random-vgg19[:seed][/divisor]`, a path or URL that `options.open` understands, or an opened source
 * (a safetensors file or a tfjs `model.json` with its shards as siblings).
 * @throws GramaryeError `bad-weights` naming file and tensor, `unknown-layer` when the net ends before a wanted tap,
 * `file-missing`, `bad-option`, `aborted`.
 */
export async function loadVgg(spec: string | ByteSource, options: LoadOptions = {}): Promise<LoadedVgg> {
  if (typeof spec === 'string') {
    const random = parseRandomVgg(spec);
    if (random !== undefined) {
      const count = options.taps === undefined ? VGG19_LAYERS.length : layersUpTo(options.taps).length;
      const net = randomVgg19(random, count, options.signal);
      return { ...net, preprocess: options.preprocess === undefined ? net.preprocess : PREPROCESS[options.preprocess], notices: [] };
    }
    if (options.open === undefined) throw new GramaryeError('bad-option', `Unknown net "${spec}".`, { remedy: 'Built in is random-vgg19[:SEED][/DIVISOR].' });
    return loadVgg(await options.open(spec), options);
  }
  const file = await openWeightFile(spec, options);
  const wanted = wantedVggTensors(spec.name, findVggTensors(spec.name, file.names), options.taps);
  const { preprocess, notices } = choosePreprocess(spec.name, options.preprocess, file.preprocess ?? spec.preprocess);
  const tensors = await file.readTensors(
    wanted.flatMap(({ weight, bias }) => [weight, bias]),
    options,
  );
  return { name: spec.name, layers: vggLayersFromTensors(spec.name, wanted, tensors), preprocess, notices };
}

function choosePreprocess(net: string, option: PreprocessName | undefined, metadata: string | undefined): { preprocess: Preprocess; notices: string[] } {
  if (option !== undefined) return { preprocess: preprocessNamed(option, 'preprocess'), notices: [] };
  if (metadata !== undefined) return { preprocess: preprocessNamed(metadata, `${net}: its description`), notices: [] };
  return {
    preprocess: PREPROCESS.caffe,
    notices: [
      `${net} does not say which preprocessing it was trained with; assuming caffe (BGR, 0..255, mean subtracted). Say --preprocess torch if it comes from torchvision or timm.`,
    ],
  };
}
