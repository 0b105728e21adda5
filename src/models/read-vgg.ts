/** Reading a net of VGG19's shape from a file, whatever opens it. */
import type { ByteSource, OpenSource, ReadOptions } from './byte-source.js';
import { PREPROCESS, preprocessNamed, type Preprocess, type PreprocessName } from './preprocess.js';
import { findVggTensors, vggLayersFromTensors, wantedVggTensors } from './vgg19-from-tensors.js';
import type { VggWeights } from './vgg19.js';
import type { WeightFile } from './named-tensors.js';

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

/** Opens a weight file by its content. */
export type OpenWeightFile = (source: ByteSource, options?: ReadOptions) => Promise<WeightFile>;

/** Reads a net as `loadVgg` does, from the kinds of files that `openFile` knows. Throws the same. */
export async function readVgg(openFile: OpenWeightFile, source: ByteSource, options: LoadOptions = {}): Promise<LoadedVgg> {
  const file = await openFile(source, options);
  const wanted = wantedVggTensors(source.name, findVggTensors(source.name, file.names), options.taps);
  const { preprocess, notices } = choosePreprocess(source.name, options.preprocess, file.preprocess ?? source.preprocess);
  const tensors = await file.readTensors(
    wanted.flatMap(({ weight, bias }) => [weight, bias]),
    options,
  );
  return { name: source.name, layers: vggLayersFromTensors(source.name, wanted, tensors), preprocess, notices };
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
