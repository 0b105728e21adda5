/**
 * One click on each of the two built pages as a visitor makes it, at full size: time to the first result, time per epoch, and the tasks
 * over 50 ms of the page's thread while it trains, classifies and judges.
 */
import type { Page } from 'puppeteer';
import { buildSite, serveSite } from '../../scripts/site.mjs';
import { launchBrowser, type BrowserKind } from '../../src/cli/browser.js';
import { LONG_TASK_MS, watchLongTasks, type LongTask, type LongTaskLog } from '../stats/long-tasks.js';
import { profileTasks } from './task-profile.js';

/** What is clicked. */
export interface PageOptions {
  readonly adapter: BrowserKind;
  /** Side of the pictures in the fine-tuning page; undefined leaves its own. */
  readonly size: number | undefined;
  /** Epochs; undefined leaves its own. */
  readonly epochs: number | undefined;
  readonly pages: readonly ClickedPage[];
  /** Names the functions of every long task; the page is built with its functions' names, and slowed by being looked at. */
  readonly profile: boolean;
}

/** Pages, by what their one button is to do. */
export const PAGES = ['classify', 'evaluate', 'fine-tune', 'bench'] as const;
/** One of them. */
export type ClickedPage = (typeof PAGES)[number];

/** A moment after the click. */
interface Moment {
  readonly what: string;
  readonly atMs: number;
}

/** What one click brought. */
interface ClickResult {
  readonly page: ClickedPage;
  readonly moments: readonly Moment[];
  readonly firstResultMs: number;
  readonly totalMs: number;
  readonly epochSeconds: readonly number[];
  readonly tasks: {
    readonly count: number;
    readonly watchedMs: number;
    readonly overByClock: number;
    readonly overByThread: number;
    readonly long: readonly LongTask[];
  };
}

declare global {
  interface Window {
    benchMoments?: { what: string; atMs: number }[];
  }
}

const EVENTS = ['gram-state-changed', 'gram-classified', 'gram-evaluated', 'gram-epoch', 'gram-judged', 'gram-finished', 'gram-benched', 'gram-failed'];
const FIRST: Readonly<Record<ClickedPage, string>> = {
  classify: 'gram-classified',
  evaluate: 'gram-evaluated',
  'fine-tune': 'gram-epoch',
  bench: 'gram-benched',
};
const TAGS = { classify: 'gram-classifier', evaluate: 'gram-classifier', 'fine-tune': 'gram-fine-tune', bench: 'gram-bench' } as const;
const DRAWN_MS = 1_000;
/** Two shapes: the fewest with which every kind of plot is drawn. */
const BENCHED = { op: 'gram', shape: 'relu1_1@64 relu2_1@64', quick: true };

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Notes the elements' events with their times, from before the page's own scripts run. */
async function noteEvents(page: Page): Promise<void> {
  await page.evaluateOnNewDocument((names: readonly string[]) => {
    const moments: { what: string; atMs: number }[] = (window.benchMoments = []);
    for (const name of names) {
      document.addEventListener(name, (event) => {
        const state: unknown = Reflect.get(event, 'state');
        moments.push({ what: typeof state === 'string' ? `${name} ${state}` : name, atMs: performance.now() });
      });
    }
  }, EVENTS);
}

/** What is set on a page's element before it is clicked. */
function settingsOf(name: ClickedPage, { size, epochs }: PageOptions): object {
  if (name === 'bench') return BENCHED;
  if (name === 'evaluate') return { mode: 'evaluate' };
  return name === 'fine-tune' ? { ...(size === undefined ? {} : { size }), ...(epochs === undefined ? {} : { epochs }) } : {};
}

async function clickOn(page: Page, name: ClickedPage, url: string, options: PageOptions): Promise<ClickResult> {
  await page.goto(new URL(`${name === 'evaluate' ? 'classify' : name}.html`, url).href, { waitUntil: 'load' });
  const tag = TAGS[name];
  await page.$eval(
    tag,
    async (element, values) => {
      Object.assign(element, values);
      await element.updateComplete;
    },
    settingsOf(name, options),
  );
  const profile = options.profile ? await profileTasks(await page.createCDPSession()) : undefined;
  const watch = await watchLongTasks(await page.createCDPSession());
  const clickedMs = await page.evaluate(() => performance.now());
  await page.locator('>>> button.primary').click();
  await page.waitForFunction(
    (element) => ['finished', 'done', 'failed'].includes(document.querySelector(element)?.getAttribute('state') ?? ''),
    { polling: 500, timeout: 0 },
    tag,
  );
  // What was found is drawn after the state has changed.
  await new Promise((resolve) => setTimeout(resolve, DRAWN_MS));
  const noted = await page.evaluate(() => window.benchMoments ?? []);
  const log: LongTaskLog = await watch.stop();
  const functions = await profile?.stop();
  if (noted.some(({ what }) => what.startsWith('gram-failed'))) throw new Error(`${name}: the element failed.`);
  const moments = noted.map(({ what, atMs }) => ({ what, atMs: atMs - clickedMs }));
  const epochSeconds = name === 'fine-tune' ? await page.$eval('gram-fine-tune', ({ history }) => history.map(({ seconds }) => seconds)) : [];
  return {
    page: name,
    moments: moments.filter(({ what }, index) => what !== 'gram-classified' || moments.findIndex((each) => each.what === what) === index),
    firstResultMs: moments.find(({ what }) => what === FIRST[name])?.atMs ?? NaN,
    totalMs: moments.at(-1)?.atMs ?? NaN,
    epochSeconds,
    tasks: {
      count: log.count,
      watchedMs: log.watchedMs,
      overByClock: log.tasks.length,
      overByThread: log.tasks.filter(({ threadMs }) => threadMs > LONG_TASK_MS).length,
      long: log.tasks.map((task) => (functions === undefined ? task : { ...task, parts: [...task.parts, ...functions(...task.spanUs)] })),
    },
  };
}

/** Builds and serves the site, and makes the clicks in one browser with empty caches. */
export async function pageClicks(options: PageOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  await buildSite(undefined, { isReadable: options.profile });
  const { server, url } = await serveSite({ port: 0 });
  const browser = await launchBrowser(options.adapter);
  const clicks: ClickResult[] = [];
  try {
    for (const name of options.pages) {
      const page = await browser.newPage();
      page.setDefaultTimeout(120_000);
      await noteEvents(page);
      const click = await clickOn(page, name, url, options);
      clicks.push(click);
      const { count, watchedMs, overByClock, overByThread, long } = click.tasks;
      const most = (which: 'wallMs' | 'threadMs'): string => Math.max(0, ...long.map((task) => task[which])).toFixed(0);
      print(`${name}: first result after ${(click.firstResultMs / 1_000).toFixed(1)} s, all after ${(click.totalMs / 1_000).toFixed(1)} s`);
      if (click.epochSeconds.length > 0) print(`  epochs: ${click.epochSeconds.map((seconds) => seconds.toFixed(1)).join(', ')} s`);
      print(
        `  tasks: ${String(count)} in ${(watchedMs / 1_000).toFixed(0)} s; over ${String(LONG_TASK_MS)} ms by the clock ${String(overByClock)} (at most ${most('wallMs')}), by the thread's own time ${String(overByThread)} (at most ${most('threadMs')})`,
      );
      for (const { atMs, wallMs, threadMs, parts } of long)
        print(`    at ${(atMs / 1_000).toFixed(1)} s: ${wallMs.toFixed(0)} ms, own ${threadMs.toFixed(0)}: ${parts.join(options.profile ? '\n      ' : '; ')}`);
      await page.close();
    }
    const result = { browser: await browser.version(), adapter: options.adapter, size: options.size ?? null, epochs: options.epochs ?? null, clicks };
    return { isGood: clicks.every(({ tasks }) => tasks.overByThread === 0), result };
  } finally {
    await browser.close();
    await server.close();
  }
}
