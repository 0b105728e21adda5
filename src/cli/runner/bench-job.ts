/** A benchmark in the page. */
import { runBench } from '../../bench/run.js';
import type { BenchRun } from '../../bench/result.js';
import { Engine } from '../../engine/engine.js';
import type { BenchJob, RunnerEvent } from './protocol.js';

/** Events in between are dropped: more than this a terminal cannot show. */
const EVENT_INTERVAL_MS = 100;

/** The browser by name and version; a frozen user agent still tells these. */
function browserName(): string {
  const [, name = 'browser', version = ''] = /(HeadlessChrome|Edg|Chrome|Firefox)\/([\d.]+)/.exec(navigator.userAgent) ?? [];
  return `${name} ${version}`.trim();
}

/** Runs the suites and gives their results. */
export async function runBenchJob(job: BenchJob, emit: (event: RunnerEvent) => void): Promise<BenchRun> {
  const engine = await Engine.create({ adapter: job.adapter, tfjs: false });
  try {
    const { vendor, architecture, device, description, isSoftware } = engine.traits;
    emit({ kind: 'adapter', adapter: { vendor, architecture, device, description, isSoftware } });
    let shownMs = -Infinity;
    let shownDone = -1;
    const { peers } = job.request;
    // Loaded only where it is wanted: other engines are larger than this one.
    const source = peers === undefined ? undefined : (await import('../../bench/peers/peers.js')).makePeers(peers, job.peerFiles);
    return await runBench(engine, job.request, {
      ...(source === undefined ? {} : { peers: source }),
      host: { ...job.host, kind: 'page', name: browserName() },
      ...(job.commit === undefined ? {} : { commit: job.commit }),
      makeEngine: () => Engine.create({ adapter: job.adapter, tfjs: false }),
      onProgress: (done, total, text) => {
        if (done === shownDone && performance.now() - shownMs < EVENT_INTERVAL_MS) return;
        shownMs = performance.now();
        shownDone = done;
        emit({ kind: 'phase', text, done, total });
      },
    });
  } finally {
    engine.destroy();
  }
}
