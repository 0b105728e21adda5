/** What a worker that makes or reads a network's weights says and hears. */
import { GramaryeError } from '../../engine/errors.js';
import type { ByteSource, OpenSource } from '../../models/byte-source.js';
import type { LoadedVgg, LoadOptions } from '../../models/read-vgg.js';

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

/** Hears of the bytes that have arrived, and how many there are in all. */
export type OnBytes = (done: number, total: number) => void;

/** Answers the page's requests with nets that `load` loads and `open` opens. For workers. */
export function serveNets(
  load: (spec: string, options: LoadOptions & { readonly open: OpenSource }) => Promise<LoadedVgg>,
  open: (spec: string, onBytes: OnBytes) => Promise<ByteSource>,
): void {
  const scope = self as unknown as WorkerScope;
  const answer = async ({ spec, taps }: NetRequest): Promise<void> => {
    let done = 0;
    let total = 0;
    const opened: OpenSource = async (name) => {
      const source = await open(name, (fetched, all) => {
        scope.postMessage({ kind: 'bytes', done: fetched, total: all });
      });
      total = await source.size();
      return source;
    };
    const onBytes = (count: number): void => {
      done += count;
      scope.postMessage({ kind: 'bytes', done, total });
    };
    const net = await load(spec, { taps, onBytes, open: opened });
    scope.postMessage({ kind: 'net', net }, [...new Set(net.layers.flatMap(({ weights, bias }) => [weights.buffer, bias.buffer]))]);
  };
  scope.onmessage = ({ data }) => {
    answer(data).catch((error: unknown) => {
      const known = error instanceof GramaryeError ? error : new GramaryeError('internal', error instanceof Error ? error.message : String(error));
      // The message of an error ends with its remedy, and would with another when it is made anew.
      const problem = known.remedy === '' ? known.message : known.message.slice(0, -known.remedy.length - 1);
      scope.postMessage({ kind: 'error', code: known.code, problem, remedy: known.remedy });
    });
  };
}
