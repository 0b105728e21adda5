import type { BenchRequest } from '../../bench/request.js';
import type { BenchGroup, BenchRun } from '../../bench/result.js';
import type { DeviceTraits } from '../../engine/device.js';
import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import { fromPlainError } from '../../engine/plain-error.js';
import { leaseEngine } from '../gpu/engine-pool.js';
import type { BenchOrder, BenchReply } from './bench-worker.js';

/** How a benchmark is watched and stopped. */
export interface BenchWatch {
  readonly signal: AbortSignal;
  /** The device is known and the page's other elements are at rest. */
  readonly onDevice: (traits: DeviceTraits) => void;
  readonly onProgress: (done: number, total: number, text: string) => void;
  /** Hears of a group while it is sampled, and when it is complete. */
  readonly onGroup: (group: BenchGroup) => void;
}

/** The system as far as browsers tell. */
function systemName(): string {
  const { userAgentData } = navigator as Navigator & { readonly userAgentData?: { readonly platform?: string } };
  return userAgentData?.platform ?? '';
}

/** The browser by name and version; a frozen user agent still tells these. */
function browserName(): string {
  const [, name = 'browser', version = ''] = /(HeadlessChrome|Edg|Chrome|Firefox|Version)\/([\d.]+)/.exec(navigator.userAgent) ?? [];
  return `${name === 'Version' ? 'Safari' : name} ${version}`.trim();
}

function inWorker(order: BenchOrder, { signal, onProgress, onGroup }: BenchWatch): Promise<BenchRun> {
  const worker = new Worker(new URL('./bench-worker.ts', import.meta.url), { type: 'module', name: 'gramarye-bench' });
  return new Promise<BenchRun>((resolve, reject) => {
    worker.onerror = (event) => {
      reject(new GramaryeError('internal', `The benchmark's worker failed: ${event.message || 'it could not be loaded'}.`));
    };
    worker.onmessage = ({ data: reply }: MessageEvent<BenchReply>) => {
      if (reply.kind === 'progress') onProgress(reply.done, reply.total, reply.text);
      else if (reply.kind === 'group') onGroup(reply.group);
      else if (reply.kind === 'run') resolve(reply.run);
      else reject(fromPlainError(reply.error));
    };
    signal.addEventListener('abort', () => {
      reject(new GramaryeError('aborted', 'The benchmark was stopped.'));
    });
    worker.postMessage(order);
  }).finally(() => {
    worker.terminate();
  });
}

/**
 * Measures in a worker while the page's other elements rest.
 *
 * @throws GramaryeError as `runBench` does, `aborted`, `webgpu-missing`, `adapter-missing`.
 */
export async function benchInPage(request: BenchRequest, watch: BenchWatch): Promise<BenchRun> {
  const lease = await leaseEngine();
  try {
    const giveBack = await lease.turns.take(watch.signal);
    try {
      throwIfAborted(watch.signal);
      watch.onDevice(lease.engine.traits);
      return await inWorker({ request, browser: browserName(), system: systemName() }, watch);
    } finally {
      giveBack();
    }
  } finally {
    lease.release();
  }
}
