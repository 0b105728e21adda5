/** Benchmarks in browsers that already run elsewhere, several at once. */
import { benchFile, parseBenchFile, type BenchRun } from '../bench/result.js';
import type { BenchRequest } from '../bench/request.js';
import type { AdapterChoice } from '../engine/device.js';
import { GramaryeError, messageOf, throwIfAborted } from '../engine/errors.js';
import { fromPlainError } from '../engine/plain-error.js';
import { BENCH_FLAGS, benchJob, type BenchHostOptions } from './bench-hosts.js';
import { connectBrowser } from './remote/connect.js';
import { parseEndpoint } from './remote/endpoint.js';
import { PAGE_ORIGIN, servePage } from './remote/serve-page.js';
import type { RunnerEvent } from './runner/protocol.js';
import { evaluateInPage, runnerFolder } from './session.js';

/** What the browsers gave. */
export interface RemoteResults {
  /** One run a browser that ended, in the order of the addresses. */
  readonly runs: BenchRun[];
  /** What went wrong with the others, one line each. */
  readonly failures: string[];
}

/** Flags for a browser that a grid starts for us. */
function startFlags(adapter: AdapterChoice, capabilities: Readonly<Record<string, string>>): string[] {
  const isLinux = /linux/i.test(capabilities.platformName ?? '');
  return [
    '--enable-unsafe-webgpu',
    ...BENCH_FLAGS,
    ...(adapter === 'software' ? ['--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'] : isLinux ? ['--enable-features=Vulkan'] : []),
  ];
}

async function benchAt(address: string, request: BenchRequest, adapter: AdapterChoice, { signal, onEvent }: BenchHostOptions): Promise<BenchRun> {
  const { name, capabilities } = parseEndpoint(address);
  const { browser, release } = await connectBrowser(address, startFlags(adapter, capabilities), signal);
  try {
    // A context of its own leaves nothing behind in a browser that somebody uses.
    const context = await browser.createBrowserContext();
    const close = (): void => {
      void context.close().catch(() => undefined);
    };
    signal.addEventListener('abort', close);
    try {
      throwIfAborted(signal);
      const page = await context.newPage();
      await servePage(page, runnerFolder());
      // A window behind others is slowed down.
      await page.bringToFront();
      const outcome = await evaluateInPage<'bench'>(page, `${PAGE_ORIGIN}/index.html`, benchJob(request, adapter, [], name), onEvent);
      if ('error' in outcome) throw fromPlainError(outcome.error);
      // What comes from elsewhere is held against the format like a file.
      const [run] = parseBenchFile(JSON.stringify(benchFile([outcome.report])), name).runs;
      if (run === undefined) throw new GramaryeError('internal', `${name} gave no result.`);
      return run;
    } finally {
      signal.removeEventListener('abort', close);
      await context.close().catch(() => undefined);
    }
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    await release().catch(() => undefined);
  }
}

/** Adds up the progress of several browsers. */
function merged(names: readonly string[], onEvent: (event: RunnerEvent) => void): (index: number) => (event: RunnerEvent) => void {
  const done = names.map(() => 0);
  return (index) => (event) => {
    if (event.kind !== 'phase' || event.total === undefined) {
      onEvent(event.kind === 'adapter' ? { kind: 'notice', text: `${names[index] ?? ''}: ${adapterText(event.adapter)}` } : event);
      return;
    }
    done[index] = event.done ?? 0;
    const sum = done.reduce((a, b) => a + b, 0);
    onEvent({ kind: 'phase', text: `${names[index] ?? ''}: ${event.text}`, done: sum, total: event.total * names.length });
  };
}

function adapterText({
  vendor,
  architecture,
  description,
  isSoftware,
}: {
  vendor: string;
  architecture: string;
  description: string;
  isSoftware: boolean;
}): string {
  const name = [vendor, architecture].filter((part) => part !== '').join(' ') || description || 'unnamed adapter';
  return isSoftware ? `${name} (software adapter)` : name;
}

/**
 * Measures in every browser at once. One that fails does not hold up the others.
 *
 * @throws GramaryeError `aborted`; whatever a browser threw, when it was the only one.
 */
export async function benchRemote(
  request: BenchRequest,
  adapter: AdapterChoice,
  addresses: readonly string[],
  options: BenchHostOptions,
): Promise<RemoteResults> {
  const names = addresses.map((address) => parseEndpoint(address).name);
  const eventsOf = merged(names, options.onEvent);
  const outcomes = await Promise.allSettled(addresses.map((address, index) => benchAt(address, request, adapter, { ...options, onEvent: eventsOf(index) })));
  throwIfAborted(options.signal);
  const runs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ name: names[index] ?? '', reason: outcome.reason as unknown }] : []));
  const [first] = failed;
  if (runs.length === 0 && first !== undefined && failed.length === 1) throw first.reason;
  return { runs, failures: failed.map(({ name, reason }) => `${name}: ${messageOf(reason)}`) };
}
