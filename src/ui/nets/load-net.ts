import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import type { LoadedVgg } from '../../models/load.js';
import { DEFAULT_NET } from './default-net.js';
import type { NetReply, NetRequest } from './net-service.js';

/** How a net is loaded. */
export interface LoadNetOptions {
  readonly signal?: AbortSignal;
  /** Bytes that have arrived, and how many there are in all (0 when not known). */
  readonly onBytes?: (done: number, total: number) => void;
}

/** The net loaded last: pages mostly use one, and a second start must not wait for it again. */
let last: { readonly key: string; readonly net: LoadedVgg } | undefined;

/**
 * Makes (`random-vgg19…`) or fetches a net as deep as `taps` need, in a worker.
 *
 * @throws GramaryeError as `loadVgg` does, `fetch-failed`, `aborted`.
 */
export async function loadNet(spec: string, taps: readonly string[], options: LoadNetOptions = {}): Promise<LoadedVgg> {
  throwIfAborted(options.signal);
  // Names (random-vgg19/2, vgg19) stay as they are; paths belong to the page.
  const isName = /^random-vgg19(?:$|[:/])/.test(spec) || /^[\w-]+$/.test(spec);
  const address = isName ? spec : new URL(spec, document.baseURI).href;
  const key = `${address} ${[...taps].sort().join()}`;
  if (last?.key === key) return last.net;
  const worker = startWorker(address);
  try {
    const net = await new Promise<LoadedVgg>((resolve, reject) => {
      worker.onerror = (event) => {
        reject(new GramaryeError('internal', `The network worker failed: ${event.message || 'it could not be loaded'}.`));
      };
      worker.onmessage = ({ data: reply }: MessageEvent<NetReply>) => {
        if (reply.kind === 'bytes') options.onBytes?.(reply.done, reply.total);
        else if (reply.kind === 'net') resolve(reply.net);
        else reject(new GramaryeError(reply.code, reply.problem, { remedy: reply.remedy }));
      };
      options.signal?.addEventListener('abort', () => {
        reject(new GramaryeError('aborted', 'Loading the network was cancelled.'));
      });
      worker.postMessage({ spec: address, taps } satisfies NetRequest);
    });
    last = { key, net };
    return net;
  } finally {
    worker.terminate();
  }
}

/** Most pages want no other net than the first, and get a worker that knows no other. */
function startWorker(address: string): Worker {
  return address === DEFAULT_NET
    ? new Worker(new URL('./default-net-worker.ts', import.meta.url), { type: 'module', name: 'gramarye-net' })
    : new Worker(new URL('./net-worker.ts', import.meta.url), { type: 'module', name: 'gramarye-net' });
}
