/** The worker that reads a MobileNetV2 and the names of its classes, off the page's thread. */
import { zipSync } from 'fflate';
import { GramaryeError } from '../../engine/errors.js';
import { toPlainError, type PlainError } from '../../engine/plain-error.js';
import { sourcesFromFiles, type ByteSource } from '../../models/byte-source.js';
import { IMAGENET_CLASSES, loadClassifierNet, type ClassifierNet } from '../../models/mobilenet/classifier-net.js';
import { loadMobileNet } from '../../models/mobilenet/load.js';
import { foldBatchNorm } from '../../models/mobilenet/weights.js';
import { openEmbeddedFile } from '../../models/sources/embedded-urls.js';
import { parseClassNames } from '../../tasks/classification/labels.js';
import { filesFromZip } from '../../tasks/datasets/zip.js';
import { openNet } from './open-net.js';

/** Asks for the labelled pictures that come along, as a zip. */
export interface ExamplesRequest {
  readonly as: 'examples';
}

/** Asks for files packed into one zip, without compression: weights do not shrink. */
export interface ZipRequest {
  readonly as: 'zip';
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
}

/** Asks for a net. */
export interface MobileNetRequest {
  /** A name or address, or picked files: a weight file, a model.json with its shards, or a zip of them. */
  readonly net: string | readonly File[];
  /** A classifier comes with its BatchNorm folded, a backbone as its file has it. */
  readonly as: 'classifier' | 'backbone';
  /** A list of class names: an address or a file. */
  readonly labels?: string | File | undefined;
}

/** What it gets back; the last message of a request is a net or an error. */
export type MobileNetReply =
  | { readonly kind: 'bytes'; readonly done: number; readonly total: number }
  | { readonly kind: 'net'; readonly net: ClassifierNet }
  | { readonly kind: 'archive'; readonly archive: Blob }
  | { readonly kind: 'error'; readonly error: PlainError };

/** The part of a dedicated worker's scope that is used: the project compiles against the page's types. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<MobileNetRequest | ExamplesRequest | ZipRequest>) => void) | null;
  postMessage(reply: MobileNetReply, transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
const EXAMPLES = 'emoji/emoji.zip';
const LABELS_LIMIT_BYTES = 4 * 1024 * 1024;

/** The file that the others belong to. */
async function sourceOfFiles(files: readonly File[]): Promise<ByteSource> {
  const [first] = files;
  let all = files;
  if (files.length === 1 && first !== undefined && /\.zip$/i.test(first.name)) {
    const entries = await filesFromZip(first.name, first);
    all = await Promise.all(entries.map(async (entry) => new File([await entry.read()], entry.path.split('/').at(-1) ?? entry.path)));
  }
  const sources = sourcesFromFiles(all);
  const found = [/^model\.json$/i, /\.json$/i, /\.(?:h5|hdf5|keras|safetensors|tflite)$/i]
    .map((ending) => sources.find(({ name }) => ending.test(name)))
    .find((source) => source !== undefined);
  if (found === undefined) {
    throw new GramaryeError('bad-weights', `${first?.name ?? 'The selection'} holds no model.`, {
      remedy: 'Give model.json with its shards, a zip of them, or a .h5, .safetensors or .tflite file.',
    });
  }
  return found;
}

async function labelsOf(labels: string | File): Promise<string[]> {
  let text: string;
  if (typeof labels === 'string') {
    const response = await fetch(labels).catch(() => undefined);
    if (response?.ok !== true) throw new GramaryeError('fetch-failed', `The class names at ${labels} cannot be fetched.`, { remedy: 'Check the address.' });
    text = await response.text();
  } else {
    if (labels.size > LABELS_LIMIT_BYTES)
      throw new GramaryeError('bad-option', `${labels.name} has ${String(labels.size)} bytes, too many for a list of names.`, {
        remedy: 'Choose another file.',
      });
    text = await labels.text();
  }
  return parseClassNames(typeof labels === 'string' ? (labels.split('/').at(-1) ?? labels) : labels.name, text);
}

async function imageNetNames(): Promise<string[]> {
  const source = await openEmbeddedFile('imagenet-names.json');
  return parseClassNames(source.name, new TextDecoder().decode(await source.read(0, await source.size())));
}

async function answer({ net: spec, as, labels }: MobileNetRequest): Promise<void> {
  let done = 0;
  let total = 0;
  const counted = async (source: ByteSource): Promise<ByteSource> => {
    total = await source.size();
    return source;
  };
  const options = {
    onBytes: (count: number) => {
      done += count;
      scope.postMessage({ kind: 'bytes', done: Math.min(done, total), total });
    },
    open: async (name: string) =>
      counted(
        await openNet(name, (fetched, all) => {
          scope.postMessage({ kind: 'bytes', done: fetched, total: all });
        }),
      ),
    openEmbedded: openEmbeddedFile,
  };
  const source = typeof spec === 'string' ? spec : await counted(await sourceOfFiles(spec));
  let loaded: ClassifierNet;
  if (as === 'backbone') loaded = { net: await loadMobileNet(source, options), names: undefined, size: undefined, resize: undefined };
  else {
    const read = await loadClassifierNet(source, options);
    let names = labels === undefined ? read.names : await labelsOf(labels);
    if (names === undefined && IMAGENET_CLASSES.includes(read.net.dense?.classes ?? 0)) names = await imageNetNames();
    loaded = { ...read, names, net: { ...read.net, units: read.net.units.map(foldBatchNorm) } };
  }
  const { units, dense } = loaded.net;
  const buffers = units.flatMap(({ weights, bias, batchNorm }) => [weights, bias, ...(batchNorm === undefined ? [] : arraysIn(batchNorm))]);
  if (dense !== undefined) buffers.push(dense.weights, dense.bias);
  scope.postMessage({ kind: 'net', net: loaded }, [...new Set(buffers.map(({ buffer }) => buffer))]);
}

function arraysIn(record: object): Float32Array<ArrayBuffer>[] {
  return Object.values(record).filter((value): value is Float32Array<ArrayBuffer> => value instanceof Float32Array);
}

async function sendExamples(): Promise<void> {
  const source = await openEmbeddedFile(EXAMPLES);
  const total = await source.size();
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    scope.postMessage({ kind: 'bytes', done, total });
  };
  scope.postMessage({ kind: 'archive', archive: new Blob([await source.read(0, total, { onBytes })], { type: 'application/zip' }) });
}

function sendZip({ files }: ZipRequest): void {
  const archive = zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])), { level: 0 });
  scope.postMessage({ kind: 'archive', archive: new Blob([archive], { type: 'application/zip' }) });
}

async function reply(request: MobileNetRequest | ExamplesRequest | ZipRequest): Promise<void> {
  if (request.as === 'examples') await sendExamples();
  else if (request.as === 'zip') sendZip(request);
  else await answer(request);
}

scope.onmessage = ({ data }) => {
  reply(data).catch((error: unknown) => {
    scope.postMessage({ kind: 'error', error: toPlainError(error) });
  });
};
