/** The page of benchmarks as `npm start` serves it: which Gram variant is fastest here, by one click, with the page's own thread free. */
import puppeteer, { type Browser, type Page } from 'puppeteer';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite, serveSite } from '../../scripts/site.mjs';
import { browserFlags, browserPath } from '../../src/cli/browser.js';
import { problemsInBothLooks } from '../support/both-looks.js';

const TIMEOUT_MS = 300_000;
const LONG_TASK_MS = 50;

/** Long tasks of the page, and when measuring began and ended. */
interface Seen {
  readonly tasks: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly startedMs: number;
  readonly endedMs: number;
}

let site: { readonly server: PreviewServer; readonly url: string };
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  await buildSite();
  site = await serveSite({ port: 0 });
  browser = await puppeteer.launch({ executablePath: browserPath(), headless: true, args: browserFlags('software'), protocolTimeout: TIMEOUT_MS });
  page = await open();
}, TIMEOUT_MS);
afterAll(async () => {
  await browser.close();
  await site.server.close();
});

async function open(before?: () => void): Promise<Page> {
  const opened = await browser.newPage();
  opened.setDefaultTimeout(TIMEOUT_MS);
  opened.on('pageerror', (error) => problems.push(String(error)));
  opened.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  if (before !== undefined) await opened.evaluateOnNewDocument(before);
  await opened.setViewport({ width: 1280, height: 900 });
  await opened.goto(new URL('bench.html', site.url).href, { waitUntil: 'load' });
  await opened.waitForFunction(() => customElements.get('gram-bench') !== undefined);
  return opened;
}

const stateIs = (at: Page, ...states: string[]): Promise<unknown> =>
  at.waitForFunction((wanted) => wanted.includes(document.querySelector('gram-bench')?.state ?? ''), { polling: 50 }, states);

describe('the page of benchmarks', () => {
  it(
    'answers by one click, with table and plots while it measures, and meanwhile without a task of more than 50 ms',
    async () => {
      expect(await problemsInBothLooks(page)).toEqual([]);
      await page.evaluate(() => {
        const seen = { tasks: [] as { fromMs: number; toMs: number }[], startedMs: Infinity, endedMs: Infinity };
        Object.assign(globalThis, { seen });
        new PerformanceObserver((list) =>
          seen.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ fromMs: startTime, toMs: startTime + duration }))),
        ).observe({ type: 'longtask' });
        const element = document.querySelector('gram-bench');
        element?.addEventListener('gram-benched', () => (seen.endedMs = performance.now()));
        if (element !== null)
          new MutationObserver(() => {
            if (element.state === 'running') seen.startedMs = performance.now();
          }).observe(element, { attributeFilter: ['state'] });
      });
      await page.locator('>>> button.primary').click();
      await stateIs(page, 'running');
      await page.waitForFunction(
        () => {
          const element = document.querySelector('gram-bench');
          const live = [...(element?.shadowRoot?.querySelectorAll('details tbody td') ?? [])].some(({ textContent }) => /^[\d.]+$/.test(textContent));
          return element?.state !== 'running' || (live && element.shadowRoot?.querySelector('.plot svg rect') !== null);
        },
        { polling: 50 },
      );
      expect(await page.$eval('gram-bench', ({ state }) => state)).toBe('running');
      await stateIs(page, 'done', 'failed');
      expect(await page.$eval('gram-bench', ({ state }) => state)).toBe('done');
      const { tasks, startedMs, endedMs } = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
      expect(endedMs - startedMs).toBeGreaterThan(1_000);
      expect(tasks.filter(({ fromMs, toMs }) => fromMs >= startedMs && toMs <= endedMs && toMs - fromMs > LONG_TASK_MS)).toEqual([]);
      expect(await page.$$eval('>>> .winner p', (lines) => lines.map(({ textContent }) => textContent))).toEqual(
        expect.arrayContaining([expect.stringMatching(/^(Fastest: |No difference can be shown|\S+ took )/)]),
      );
      expect(await problemsInBothLooks(page)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'says in words that there is no WebGPU, and what to do',
    async () => {
      const without = await open(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
      });
      await without.locator('>>> button.primary').click();
      await stateIs(without, 'failed');
      expect(await without.$eval('>>> gram-failure >>> .failure', ({ textContent }) => textContent)).toMatch(/WebGPU/);
      expect(await problemsInBothLooks(without)).toEqual([]);
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
