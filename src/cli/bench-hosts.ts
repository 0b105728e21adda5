/** Where a benchmark can run: a headless browser, or Node through Dawn. */
import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configureVulkan } from '../../scripts/vulkan.mjs';
import type { OnnxruntimeFiles } from '../bench/peers/onnxruntime.js';
import type { BenchRequest } from '../bench/request.js';
import type { BenchRun } from '../bench/result.js';
import type { AdapterChoice } from '../engine/device.js';
import { GramaryeError, throwIfAborted } from '../engine/errors.js';
import { fromPlainError, type PlainError } from '../engine/plain-error.js';
import { browserFlags } from './browser.js';
import type { BenchJob, RunnerEvent } from './runner/protocol.js';
import { runJob } from './session.js';

/** Timestamps without the quantisation that protects visited pages. */
export const BENCH_FLAGS = ['--enable-webgpu-developer-features'];

/** How a benchmark is run. */
export interface BenchHostOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunnerEvent) => void;
}

/** This machine in a line. */
export function systemName(): string {
  return `${platform()} ${arch()}, ${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
}

/** The commit that this program was built from, where it was built in a checkout; it says so where files had been changed since. */
export function ownCommit(base = import.meta.url): string | undefined {
  const path = fileURLToPath(new URL('../commit.txt', base));
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** The build of ONNX Runtime for WebGPU, and what it loads. */
const ONNXRUNTIME = { module: 'ort.webgpu.bundle.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify.wasm' };

/** The files of onnxruntime-web, where it is installed for the folder the user stands in or for this program. */
export function onnxruntimeFiles(folders: readonly string[] = [process.cwd(), fileURLToPath(new URL('.', import.meta.url))]): OnnxruntimeFiles | undefined {
  for (const start of folders) {
    for (let folder = resolve(start); ; folder = dirname(folder)) {
      const dist = join(folder, 'node_modules/onnxruntime-web/dist');
      const files = { module: join(dist, ONNXRUNTIME.module), wasm: join(dist, ONNXRUNTIME.wasm) };
      if (existsSync(files.module) && existsSync(files.wasm)) {
        const { version } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8')) as { version: string };
        return { ...files, version };
      }
      if (dirname(folder) === folder) break;
    }
  }
  return undefined;
}

/** The job of a request for a host with these flags. */
export function benchJob(request: BenchRequest, adapter: AdapterChoice, flags: readonly string[], endpoint?: string): BenchJob {
  const commit = ownCommit();
  const host = { flags: [...flags], system: endpoint === undefined ? systemName() : 'remote', ...(endpoint === undefined ? {} : { endpoint }) };
  return { kind: 'bench', adapter, request, host, ...(commit === undefined ? {} : { commit }) };
}

/** Measures in a headless browser. Throws as {@link runJob} does. */
export async function benchInBrowser(request: BenchRequest, adapter: AdapterChoice, options: BenchHostOptions): Promise<BenchRun> {
  const flags = [...(adapter === 'auto' ? [] : browserFlags(adapter)), ...BENCH_FLAGS];
  return runJob<'bench', BenchRun>(
    (server) => {
      if (request.peers !== undefined) server.allowWebAssembly();
      const onnxruntime = request.peers?.includes('onnxruntime') === true ? onnxruntimeFiles() : undefined;
      if (onnxruntime === undefined) return benchJob(request, adapter, flags);
      const { module, wasm, version } = onnxruntime;
      return { ...benchJob(request, adapter, flags), peerFiles: { onnxruntime: { module: server.addFile(module), wasm: server.addFile(wasm), version } } };
    },
    (report) => report,
    { adapter, flags: BENCH_FLAGS, ...options },
  );
}

type ChildMessage = { readonly event: RunnerEvent } | { readonly outcome: { readonly report: BenchRun } | { readonly error: PlainError } };

/** The built process beside the built command line. Throws `build-missing`. */
function childPath(base = import.meta.url): string {
  const path = fileURLToPath(new URL('./bench-node.js', base));
  if (!existsSync(path)) throw new GramaryeError('build-missing', `${path} is missing.`, { remedy: 'Run "npm run build".' });
  return path;
}

async function runChild(job: BenchJob, env: NodeJS.ProcessEnv, { signal, onEvent }: BenchHostOptions): Promise<{ report: BenchRun } | { error: PlainError }> {
  const child = fork(childPath(), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const stop = (): void => {
    child.kill();
  };
  signal.addEventListener('abort', stop);
  try {
    return await new Promise((resolve, reject) => {
      let outcome: { report: BenchRun } | { error: PlainError } | undefined;
      child.on('message', (message: ChildMessage) => {
        if ('event' in message) onEvent(message.event);
        else outcome = message.outcome;
      });
      child.on('error', reject);
      child.on('close', (code) => {
        if (outcome !== undefined) resolve(outcome);
        else if (signal.aborted) reject(new GramaryeError('aborted', 'The operation was cancelled.'));
        else
          reject(
            new GramaryeError('internal', `Node with Dawn ended with code ${String(code)} in the middle of the work.`, {
              remedy: 'The driver may have crashed: measure in a browser.',
            }),
          );
      });
      child.send(job);
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Measures in Node through Dawn, without a browser: on the machine's own driver, else on the software driver that comes with Chromium.
 *
 * @throws GramaryeError `webgpu-missing` where Dawn is not installed, `adapter-missing`, `aborted`, `internal`.
 */
export async function benchInNode(request: BenchRequest, options: BenchHostOptions): Promise<BenchRun> {
  const job = benchJob(request, 'auto', []);
  throwIfAborted(options.signal);
  const own = await runChild(job, { ...process.env }, options);
  if ('report' in own) return own.report;
  if (own.error.code !== 'adapter-missing') throw fromPlainError(own.error);
  const software = await runChild(job, configureVulkan({ ...process.env }), options);
  if ('report' in software) return software.report;
  throw fromPlainError(software.error);
}
