import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import { fromPlainError } from '../../engine/plain-error.js';
import type { ClassifierNet } from '../../models/mobilenet/classifier-net.js';
import type { LoadNetOptions } from './load-net.js';
import type { ExamplesRequest, MobileNetReply, MobileNetRequest, ZipRequest } from './mobilenet-worker.js';

/** The net loaded last by its name: a second start must not wait for it again. */
const last = new Map<MobileNetRequest['as'], { readonly key: string; readonly net: ClassifierNet }>();

/** Whether a net is given by a name and not by an address. */
function isName(spec: string): boolean {
  return /^[\w-]+$/.test(spec);
}

/**
 * Loads a MobileNetV2 in a worker: a classifier with the names of its classes, or a backbone.
 *
 * @throws GramaryeError as `loadClassifierNet` and `loadMobileNet` do, `fetch-failed`, `aborted`.
 */
export async function loadMobileNetInWorker(request: MobileNetRequest, options: LoadNetOptions = {}): Promise<ClassifierNet> {
  throwIfAborted(options.signal);
  // Paths belong to the page.
  const addressOf = (spec: string): string => (isName(spec) ? spec : new URL(spec, document.baseURI).href);
  const net = typeof request.net === 'string' ? addressOf(request.net) : request.net;
  const labels = typeof request.labels === 'string' ? new URL(request.labels, document.baseURI).href : request.labels;
  const key = typeof net === 'string' && !(labels instanceof File) ? `${net} ${labels ?? ''}` : undefined;
  const known = last.get(request.as);
  if (key !== undefined && known?.key === key) return known.net;
  const reply = await askWorker({ net, as: request.as, labels }, options);
  if (reply.kind !== 'net') throw new GramaryeError('internal', 'The network worker gave no network.');
  if (key !== undefined) last.set(request.as, { key, net: reply.net });
  return reply.net;
}

/** Loads the labelled pictures that come along, as a zip. Throws `fetch-failed`, `aborted`. */
export async function loadExamples(options: LoadNetOptions = {}): Promise<Blob> {
  throwIfAborted(options.signal);
  const reply = await askWorker({ as: 'examples' }, options);
  if (reply.kind !== 'archive') throw new GramaryeError('internal', 'The network worker gave no pictures.');
  return reply.archive;
}

/** Packs files into a zip. Their bytes are taken over. */
export async function zipInWorker(files: ZipRequest['files']): Promise<Blob> {
  const reply = await askWorker({ as: 'zip', files }, {}, [...new Set(files.map(({ bytes }) => bytes.buffer))]);
  if (reply.kind !== 'archive') throw new GramaryeError('internal', 'The worker gave no archive.');
  return reply.archive;
}

/** The last reply to a request. The worker lives only as long as it is needed. */
async function askWorker(
  request: MobileNetRequest | ExamplesRequest | ZipRequest,
  options: LoadNetOptions,
  transfer: Transferable[] = [],
): Promise<MobileNetReply> {
  const worker = new Worker(new URL('./mobilenet-worker.ts', import.meta.url), { type: 'module', name: 'gramarye-mobilenet' });
  try {
    return await new Promise<MobileNetReply>((resolve, reject) => {
      worker.onerror = (event) => {
        reject(new GramaryeError('internal', `The network worker failed: ${event.message || 'it could not be loaded'}.`));
      };
      worker.onmessage = ({ data: reply }: MessageEvent<MobileNetReply>) => {
        if (reply.kind === 'bytes') options.onBytes?.(reply.done, reply.total);
        else if (reply.kind === 'error') reject(fromPlainError(reply.error));
        else resolve(reply);
      };
      options.signal?.addEventListener('abort', () => {
        reject(new GramaryeError('aborted', 'Loading was cancelled.'));
      });
      worker.postMessage(request, transfer);
    });
  } finally {
    worker.terminate();
  }
}
