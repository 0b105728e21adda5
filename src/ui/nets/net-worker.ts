/** The worker that makes or reads a network's weights, off the page's thread. */
import { GramaryeError } from '../../engine/errors.js';
import { loadVgg, type LoadedVgg } from '../../models/load.js';
import type { ByteSource } from '../../models/byte-source.js';
import { fetchWeights } from '../../models/sources/fetch-weights.js';
import { openerOf } from '../../models/sources/open-named.js';
import { openOpfsStore } from '../../models/sources/opfs-store.js';
import { findSource } from '../../models/sources/registry.js';

/** What the page asks for. */
export interface NetRequest {
  readonly spec: string;
  readonly taps: readonly string[];
}

/** What it gets back; the last message of a request is a net or an error. */
export type NetReply =
  | { readonly kind: 'bytes'; readonly done: number; readonly total: number }
  | { readonly kind: 'net'; readonly net: LoadedVgg }
  | { readonly kind: 'error'; readonly code: GramaryeError['code']; readonly problem: string; readonly remedy: string };

/** The part of a dedicated worker's scope that is used: the project compiles against the page's types. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<NetRequest>) => void) | null;
  postMessage(reply: NetReply, transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;

/** Opens a net: from the browser's own store, embedded, or by its address. A known source is fetched into the store first. */
async function open(spec: string): Promise<ByteSource> {
  // Without a store (private browsing, an old browser) everything but known sources works all the same.
  const store = await openOpfsStore().catch(() => undefined);
  const source = findSource(spec);
  if (source !== undefined && store !== undefined) {
    await fetchWeights(source, store, {
      onProgress: ({ doneBytes, totalBytes }) => {
        scope.postMessage({ kind: 'bytes', done: doneBytes, total: totalBytes ?? 0 });
      },
    });
  }
  return openerOf(store)(spec);
}

async function answer({ spec, taps }: NetRequest): Promise<void> {
  let done = 0;
  let total = 0;
  const net = await loadVgg(spec, {
    taps,
    onBytes: (count) => {
      done += count;
      scope.postMessage({ kind: 'bytes', done, total });
    },
    open: async (name) => {
      const source = await open(name);
      total = await source.size();
      return source;
    },
  });
  scope.postMessage({ kind: 'net', net }, [...new Set(net.layers.flatMap(({ weights, bias }) => [weights.buffer, bias.buffer]))]);
}

scope.onmessage = ({ data }) => {
  answer(data).catch((error: unknown) => {
    const known = error instanceof GramaryeError ? error : new GramaryeError('internal', error instanceof Error ? error.message : String(error));
    // The message of an error ends with its remedy, and would with another when it is made anew.
    const problem = known.remedy === '' ? known.message : known.message.slice(0, -known.remedy.length - 1);
    scope.postMessage({ kind: 'error', code: known.code, problem, remedy: known.remedy });
  });
};
