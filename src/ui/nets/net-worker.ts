/** The worker that makes or reads a network's weights, off the page's thread. */
import { GramaryeError } from '../../engine/errors.js';
import { loadVgg, type LoadedVgg } from '../../models/load.js';
import { openNet } from './open-net.js';

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
      const source = await openNet(name, (fetched, all) => {
        scope.postMessage({ kind: 'bytes', done: fetched, total: all });
      });
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
