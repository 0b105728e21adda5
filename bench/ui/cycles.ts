/**
 * A small run is started and stopped many times in one page of the built site, and what is still held is measured after the garbage has
 * been collected: heap, nodes, listeners, workers, GPU buffers, and the memory of the two processes that do the work.
 */
import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'puppeteer';
import type { BrowserKind } from '../../src/cli/browser.js';
import { slopeOf, type Slope } from '../stats/slope.js';
import type { Held } from './counters.js';
import { openPage, openSite, print, type OpenSite } from './site-page.js';

/** What a cycle does when the run has done its steps. */
export const KINDS = ['cancel', 'remove'] as const;
/** `cancel`: the same element again; `remove`: the element leaves the page and another comes, on another device. */
export type CycleKind = (typeof KINDS)[number];

/** How many cycles, and how they are looked at. */
export interface CycleOptions {
  readonly adapter: BrowserKind;
  readonly kinds: readonly CycleKind[];
  readonly cycles: number;
}

/** What was held after so many cycles. Bytes. */
interface Sample extends Held {
  readonly cycle: number;
  readonly heapBytes: number;
  readonly arrayBufferBytes: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly pageWorkers: number;
  readonly rendererBytes: number;
  readonly gpuBytes: number;
}

/** A small net at 64 px: what is made and freed is as much as for a large one, and a cycle takes about a second on a processor. */
const SMALL = { net: 'random-vgg19/8', size: 64, styleSize: 64, steps: 400 };
const STEPS = 3;
/** A sample after so many cycles. */
const EVERY = 5;
/** Cycles before the first sample that counts: caches fill. */
const WARM_UP = 20;
/** Every so many cycles the run is cancelled before it has taken a step. */
const EARLY = 5;
/** Longer than an unused engine is kept. */
const ENGINE_GONE_MS = 700;

/** What must not grow, and by how much it may seem to (per cycle): a hundredth of what one cycle makes. */
const WATCHED: readonly { readonly name: keyof Sample; readonly most: number }[] = [
  { name: 'heapBytes', most: 2_048 },
  { name: 'arrayBufferBytes', most: 2_048 },
  { name: 'nodes', most: 0.05 },
  { name: 'listeners', most: 0.05 },
  { name: 'buffers', most: 0.01 },
  { name: 'bufferBytes', most: 256 },
  { name: 'textures', most: 0.01 },
  { name: 'workers', most: 0.01 },
  { name: 'pageWorkers', most: 0.01 },
  { name: 'objectUrls', most: 0.01 },
  { name: 'devices', most: 0.01 },
  { name: 'rendererBytes', most: Infinity },
  { name: 'gpuBytes', most: Infinity },
];

/** One start and stop, in the page. `early`: cancelled while it is prepared. */
async function cycle(page: Page, kind: CycleKind, isEarly: boolean): Promise<void> {
  await page.evaluate(
    async ({ settings, steps, removes, early, goneMs }) => {
      let studio = document.querySelector('gram-style-transfer');
      if (studio === null) throw new Error('There is no studio in the page.');
      const [content, styles] = [studio.content, studio.stylePictures];
      if (removes) {
        const next = document.createElement('gram-style-transfer');
        Object.assign(next, { content, stylePictures: styles });
        studio.replaceWith(next);
        studio = next;
      }
      Object.assign(studio, settings);
      await studio.updateComplete;
      const own = studio;
      const failed = (event: Event): void => {
        throw new Error(`The run failed: ${String(Reflect.get(event, 'error'))}`);
      };
      own.addEventListener('gram-failed', failed);
      const reached = new Promise<void>((resolve) => {
        const look = (): void => {
          if (early ? own.state === 'preparing' : own.step >= steps) {
            for (const name of ['gram-stepped', 'gram-state-changed']) own.removeEventListener(name, look);
            resolve();
          }
        };
        for (const name of ['gram-stepped', 'gram-state-changed']) own.addEventListener(name, look);
      });
      own.shadowRoot?.querySelector<HTMLButtonElement>('button.primary')?.click();
      await reached;
      if (early) {
        // Somewhere in the preparation, every time elsewhere.
        await new Promise((done) => setTimeout(done, Math.random() * 300));
        await own.cancel();
      } else if (!removes) {
        own.shadowRoot?.querySelector<HTMLButtonElement>('button.primary')?.click();
        while (own.state === 'running') await new Promise((done) => setTimeout(done, 20));
        await own.cancel();
      }
      own.removeEventListener('gram-failed', failed);
      if (!removes) return;
      // While it runs.
      const empty = document.createElement('gram-style-transfer');
      Object.assign(empty, { content, stylePictures: styles });
      own.replaceWith(empty);
      await new Promise((done) => setTimeout(done, goneMs));
    },
    { settings: SMALL, steps: STEPS, removes: kind === 'remove', early: isEarly, goneMs: ENGINE_GONE_MS },
  );
}

/** Resident memory of a process; 0 where there is no /proc. */
function residentBytes(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1_024;
  } catch {
    return 0;
  }
}

async function processBytes({ browser }: OpenSite, type: string): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return Math.max(0, ...processInfo.filter((info) => info.type === type).map(({ id }) => residentBytes(id)));
}

async function sample(site: OpenSite, page: Page, session: CDPSession, done: number): Promise<Sample> {
  for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage');
  const { usedSize, ...others } = await session.send('Runtime.getHeapUsage');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string): number => metrics.find((each) => each.name === name)?.value ?? NaN;
  const held = await page.evaluate(() => (globalThis as unknown as { held: Held }).held);
  const { backingStorageSize = NaN } = others as { backingStorageSize?: number };
  return {
    cycle: done,
    heapBytes: usedSize,
    arrayBufferBytes: backingStorageSize,
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    pageWorkers: page.workers().length,
    rendererBytes: await processBytes(site, 'renderer'),
    gpuBytes: await processBytes(site, 'GPU'),
    ...held,
  };
}

/** What grows: a slope whose interval lies above zero, and which is steeper than allowed. */
function grows({ slope, low }: Slope, most: number): boolean {
  return low > 0 && slope > most;
}

async function cyclesOf(site: OpenSite, kind: CycleKind, cycles: number): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const page = await openPage(site, 'index');
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  const session = await page.createCDPSession();
  await session.send('Performance.enable');
  const samples: Sample[] = [];
  const start = performance.now();
  for (let done = 1; done <= WARM_UP + cycles; done++) {
    await cycle(page, kind, done % EARLY === 0);
    if (done < WARM_UP || done % EVERY !== 0) continue;
    samples.push(await sample(site, page, session, done));
    const { heapBytes, nodes, listeners, buffers, workers } = samples.at(-1) ?? ({} as Sample);
    print(
      `${kind} ${String(done)}: heap ${(heapBytes / 1e6).toFixed(2)} MB, ${String(nodes)} nodes, ${String(listeners)} listeners, ${String(buffers)} buffers, ${String(workers)} workers`,
    );
  }
  const secondsPerCycle = (performance.now() - start) / 1_000 / (WARM_UP + cycles);
  const slopes = WATCHED.map(({ name, most }) => {
    const slope = slopeOf(samples.map((each) => ({ done: each.cycle, value: each[name] })));
    const [first, last] = [samples[0]?.[name] ?? NaN, samples.at(-1)?.[name] ?? NaN];
    return { name, first, last, ...slope, most: most === Infinity ? null : most, grows: grows(slope, most) };
  });
  for (const { name, first, last, slope, low, high, grows: isGrowing } of slopes) {
    print(
      `  ${name}: ${String(first)} to ${String(last)}, ${slope.toPrecision(3)} a cycle [${low.toPrecision(3)}, ${high.toPrecision(3)}]${isGrowing ? ' GROWS' : ''}`,
    );
  }
  if (problems.length > 0) print(problems.join('\n'));
  await page.close();
  return {
    isGood: problems.length === 0 && slopes.every((each) => !each.grows),
    result: { kind, cycles, warmUp: WARM_UP, secondsPerCycle, settings: SMALL, problems, slopes, samples },
  };
}

/** All kinds, one after the other. */
export async function startStopCycles({ adapter, kinds, cycles }: CycleOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const site = await openSite(adapter);
  try {
    const series: Awaited<ReturnType<typeof cyclesOf>>[] = [];
    for (const kind of kinds) series.push(await cyclesOf(site, kind, cycles));
    const result = { date: new Date().toISOString(), browser: await site.browser.version(), adapter, series: series.map((each) => each.result) };
    return { isGood: series.every(({ isGood }) => isGood), result };
  } finally {
    await site.close();
  }
}
