/** Runs one job in the runner page. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer';
import type { AdapterChoice } from '../engine/device.js';
import { GramaryeError, messageOf, throwIfAborted } from '../engine/errors.js';
import { fromPlainError } from '../engine/plain-error.js';
import { launchBrowser, type BrowserKind } from './browser.js';
import type { RunnerEvent, RunnerGlobals, RunnerJobs, RunnerKind, RunnerOutcome, RunnerReports } from './runner/protocol.js';
import { RunnerServer } from './server.js';

/** How a job is run. */
export interface SessionOptions {
  readonly adapter: AdapterChoice;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunnerEvent) => void;
  /** Further flags of the browser. */
  readonly flags?: readonly string[];
}

/** The folder of the built page beside the built command line. Throws `build-missing`. */
export function runnerFolder(base = import.meta.url): string {
  const folder = fileURLToPath(new URL('../runner', base));
  if (!existsSync(fileURLToPath(new URL('../runner/index.html', base)))) {
    throw new GramaryeError('build-missing', `The runner page ${folder} is missing.`, { remedy: 'Run "npm run build" (or "npm run setup").' });
  }
  return folder;
}

/** Which browsers to try, in order: the machine's own adapter first, the software one where that is allowed. */
function browserKinds(adapter: AdapterChoice): readonly BrowserKind[] {
  return adapter === 'auto' ? ['hardware', 'software'] : [adapter];
}

/**
 * Serves the page, starts a browser, runs the job and gives its report; `collect` takes the uploads before the server stops.
 *
 * @throws GramaryeError whatever the page threw; `aborted` when the signal fires; `browser-missing`, `build-missing`.
 */
export async function runJob<K extends RunnerKind, T>(
  makeJob: (server: RunnerServer) => RunnerJobs[K],
  collect: (report: RunnerReports[K], server: RunnerServer, job: RunnerJobs[K]) => T,
  options: SessionOptions,
): Promise<T> {
  const server = await RunnerServer.start(runnerFolder());
  try {
    const job = makeJob(server);
    const kinds = browserKinds(options.adapter);
    for (const [index, kind] of kinds.entries()) {
      const outcome = await runInBrowser<K>(kind, server, job, options);
      if ('report' in outcome) return collect(outcome.report, server, job);
      const hasNoAdapter = outcome.error.code === 'adapter-missing' || outcome.error.code === 'webgpu-missing';
      if (!hasNoAdapter || index === kinds.length - 1) throw fromPlainError(outcome.error);
    }
    throw new GramaryeError('internal', 'No browser was tried.');
  } finally {
    await server.close();
  }
}

async function runInBrowser<K extends RunnerKind>(
  kind: BrowserKind,
  server: RunnerServer,
  job: RunnerJobs[K],
  { signal, onEvent, flags }: SessionOptions,
): Promise<RunnerOutcome<K>> {
  throwIfAborted(signal);
  const browser = await launchBrowser(kind, flags);
  const close = (): void => {
    void browser.close().catch(() => undefined);
  };
  signal.addEventListener('abort', close);
  try {
    // The signal may have fired while the browser started.
    throwIfAborted(signal);
    return await evaluateJob<K>(browser, server, job, onEvent);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof GramaryeError) throw error;
    throw new GramaryeError('internal', `The browser ended in the middle of the work: ${messageOf(error)}.`, {
      remedy: 'Try again, with a smaller size if memory is short.',
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', close);
    await browser.close();
  }
}

/** Runs a job in a new page of a browser. */
export async function evaluateJob<K extends RunnerKind>(
  browser: Browser,
  server: RunnerServer,
  job: RunnerJobs[K],
  onEvent: (event: RunnerEvent) => void,
): Promise<RunnerOutcome<K>> {
  return evaluateInPage<K>(await browser.newPage(), server.pageUrl('index.html'), job, onEvent);
}

/** Opens the runner page at an address and runs a job in it. Throws `build-missing` when the page does not start. */
export async function evaluateInPage<K extends RunnerKind>(
  page: Page,
  url: string,
  job: RunnerJobs[K],
  onEvent: (event: RunnerEvent) => void,
): Promise<RunnerOutcome<K>> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(messageOf(error)));
  await page.exposeFunction('gramaryeEvent', onEvent);
  await page.goto(url, { waitUntil: 'load' });
  const outcome = await page.evaluate((given) => (globalThis as RunnerGlobals).gramarye?.run(given), job);
  if (outcome === undefined)
    throw new GramaryeError('build-missing', `The runner page did not start${problems.length === 0 ? '' : ` (${problems.join('; ')})`}.`, {
      remedy: 'Run "npm run build".',
    });
  // The page answers a job with the report of its kind.
  return outcome as RunnerOutcome<K>;
}
