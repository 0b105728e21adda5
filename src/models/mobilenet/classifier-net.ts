/** A MobileNetV2 with its classifier, the names of its classes and how it wants its pictures, as far as its files say. */
import { GramaryeError } from '../../engine/errors.js';
import { readWhole, type ByteSource, type OpenSource, type ReadOptions } from '../byte-source.js';
import { SafetensorsFile } from '../safetensors.js';
import { loadMobileNet } from './load.js';
import { denseWeights, type MobileNetWeights } from './weights.js';

/** A net to classify with. */
export interface ClassifierNet {
  readonly net: MobileNetWeights;
  /** One per output; undefined where no file says. */
  readonly names: readonly string[] | undefined;
  /** Side of the pictures it was trained on in pixels, where the file says. */
  readonly size: number | undefined;
  /** How they were brought to a square, where the file says. */
  readonly resize: 'squash' | 'crop' | undefined;
}

/** The embedded backbone, and the dense layer for the ten categories of the emoji set that goes on top of it. */
export const EMBEDDED_BACKBONE = 'mobilenet-v2-oid';
export const EMBEDDED_HEAD = 'mobilenet-v2-oid/emoji-classifier.safetensors';
/** Outputs of ImageNet's classifiers, without and with the background. */
export const IMAGENET_CLASSES: readonly number[] = [1_000, 1_001];

const JSON_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Loads a classifier from any reader. The embedded backbone, which has no classifier of its own, gets the embedded one for the emoji set. A
 * net that this project fine-tuned and saved brings its names and sizes.
 *
 * @throws GramaryeError `bad-weights` for a net without a classifier.
 */
export async function loadClassifierNet(
  spec: string | ByteSource,
  options: ReadOptions & {
    readonly open?: OpenSource | undefined;
    /** Opens a file that comes along by its path below `assets/models`. */
    readonly openEmbedded?: OpenSource | undefined;
  } = {},
): Promise<ClassifierNet> {
  if (spec === EMBEDDED_BACKBONE && options.openEmbedded !== undefined) {
    return withHead(await loadMobileNet(spec, options), await options.openEmbedded(EMBEDDED_HEAD), options);
  }
  let source: ByteSource;
  if (typeof spec === 'string') {
    if (options.open === undefined) throw new GramaryeError('bad-option', `Unknown net "${spec}".`, { remedy: 'Give a file.' });
    source = await options.open(spec);
  } else source = spec;
  const net = await loadMobileNet(source, options);
  if (net.dense === undefined) {
    throw new GramaryeError('bad-weights', `${net.name} has no classifier on top: it only computes features.`, {
      remedy: 'Give a complete MobileNetV2, or fine-tune this one first.',
    });
  }
  return { net, ...(await savedInfo(source, options)) };
}

/** A backbone with a dense layer from a file of its own. Throws `bad-weights`. */
export async function withHead(net: MobileNetWeights, head: ByteSource, options: ReadOptions = {}): Promise<ClassifierNet> {
  const file = await SafetensorsFile.open(head, options);
  const features = net.units.at(-1)?.outChannels ?? 0;
  const kernel = await file.readTensor('predictions/kernel', options);
  const dense = denseWeights(head.name, features, kernel, await file.readTensor('predictions/bias', options));
  const { classes, size, resize } = file.metadata;
  return {
    net: { ...net, dense },
    names: classes === undefined ? undefined : namesIn(JSON.parse(classes)),
    size: sizeIn(Number(size)),
    resize: resizeIn(resize),
  };
}

/** What `saveLayersModel` wrote beside a net. Nothing for any other file. */
async function savedInfo(source: ByteSource, options: ReadOptions): Promise<Omit<ClassifierNet, 'net'>> {
  const nothing = { names: undefined, size: undefined, resize: undefined };
  if (!/\.json$/i.test(source.name)) return nothing;
  const text = new TextDecoder().decode(await readWhole(source, JSON_LIMIT_BYTES, options));
  const { userDefinedMetadata } = JSON.parse(text) as {
    userDefinedMetadata?: { gramarye?: { classes?: unknown; settings?: { size?: unknown; resize?: unknown } } };
  };
  const saved = userDefinedMetadata?.gramarye;
  return { names: namesIn(saved?.classes), size: sizeIn(saved?.settings?.size), resize: resizeIn(saved?.settings?.resize) };
}

function namesIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}

function sizeIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 32 ? value : undefined;
}

function resizeIn(value: unknown): 'squash' | 'crop' | undefined {
  return value === 'squash' || value === 'crop' ? value : undefined;
}
