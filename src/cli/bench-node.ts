/** The process that measures in Node through Dawn: `fork`ed by the command line, because drivers are found by the environment. */
import { runBench } from '../bench/run.js';
import { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import { toPlainError } from '../engine/plain-error.js';
import type { BenchJob, RunnerEvent } from './runner/protocol.js';

/** Loads Dawn and makes it the global WebGPU. Throws `webgpu-missing` saying how to install it. */
async function loadDawn(): Promise<void> {
  let dawn;
  try {
    dawn = await import('webgpu');
  } catch (error) {
    throw new GramaryeError('webgpu-missing', 'Dawn for Node is not installed.', {
      remedy: 'Run "npm install webgpu", or measure in a browser.',
      cause: error,
    });
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  // Dawn's object must stay referenced, or Node aborts in the middle of an await.
  Object.assign(globalThis, { gramaryeDawn: gpu });
  // Node has no navigator before version 21.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
}

function send(message: unknown): void {
  process.send?.(message);
}

async function measure(job: BenchJob): Promise<void> {
  try {
    await loadDawn();
    const engine = await Engine.create({ tfjs: false });
    const { vendor, architecture, device, description, isSoftware } = engine.traits;
    const emit = (event: RunnerEvent): void => {
      send({ event });
    };
    emit({ kind: 'adapter', adapter: { vendor, architecture, device, description, isSoftware } });
    const report = await runBench(engine, job.request, {
      host: { ...job.host, kind: 'node', name: `Node ${process.versions.node} with Dawn` },
      ...(job.commit === undefined ? {} : { commit: job.commit }),
      time: {
        now: () => performance.now(),
        processorMs: () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1_000;
        },
      },
      onProgress: (done, total, text) => {
        emit({ kind: 'phase', text, done, total });
      },
    });
    engine.destroy();
    send({ outcome: { report } });
  } catch (error) {
    send({ outcome: { error: toPlainError(error) } });
  }
}

// A live timer: Node ends otherwise while only the GPU is at work.
const alive = setInterval(() => undefined, 1_000);
process.once('message', (job: BenchJob) => {
  void measure(job).finally(() => {
    clearInterval(alive);
    process.disconnect();
  });
});
