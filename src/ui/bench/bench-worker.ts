/** The worker that measures: references and sampling keep off the page's thread. */
import { runBench } from '../../bench/run.js';
import type { BenchRequest } from '../../bench/request.js';
import type { BenchGroup, BenchRun } from '../../bench/result.js';
import { Engine } from '../../engine/engine.js';
import { toPlainError, type PlainError } from '../../engine/plain-error.js';

/** What the page asks for. */
export interface BenchOrder {
  readonly request: BenchRequest;
  readonly browser: string;
  readonly system: string;
}

/** What it hears; the last message is a run or an error. */
export type BenchReply =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number; readonly text: string }
  | { readonly kind: 'group'; readonly group: BenchGroup }
  | { readonly kind: 'run'; readonly run: BenchRun }
  | { readonly kind: 'error'; readonly error: PlainError };

/** The part of a dedicated worker's scope that is used: the project compiles against the page's types. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<BenchOrder>) => void) | null;
  postMessage(reply: BenchReply): void;
}

const scope = self as unknown as WorkerScope;
/** Between two looks at a group that is being sampled: more often nobody can read. */
const LIVE_INTERVAL_MS = 250;

async function measure({ request, browser, system }: BenchOrder): Promise<void> {
  const makeEngine = (): Promise<Engine> => Engine.create({ tfjs: false });
  const engine = await makeEngine();
  let shownMs = -Infinity;
  let latest: BenchGroup | undefined;
  let complete = 0;
  const showGroup = (): void => {
    if (latest !== undefined) scope.postMessage({ kind: 'group', group: latest });
    latest = undefined;
    shownMs = performance.now();
  };
  try {
    const run = await runBench(engine, request, {
      host: { kind: 'page', name: browser, flags: [], system },
      makeEngine,
      onProgress: (done, total, text) => {
        if (done > complete) showGroup();
        complete = done;
        scope.postMessage({ kind: 'progress', done, total, text });
      },
      onGroup: (group) => {
        latest = group;
        if (performance.now() - shownMs >= LIVE_INTERVAL_MS) showGroup();
      },
    });
    scope.postMessage({ kind: 'run', run });
  } finally {
    engine.destroy();
  }
}

scope.onmessage = ({ data }) => {
  measure(data).catch((error: unknown) => {
    scope.postMessage({ kind: 'error', error: toPlainError(error) });
  });
};
