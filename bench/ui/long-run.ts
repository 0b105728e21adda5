/** Tasks over 50 ms of the page's thread while runs of the elements go on, from the click to the end, on the built site. */
import type { Page } from 'puppeteer';
import type { BrowserKind } from '../../src/cli/browser.js';
import { LONG_TASK_MS, watchLongTasks } from '../stats/long-tasks.js';
import { openPage, openSite, print, type StudioTag } from './site-page.js';

/** A run that is watched. */
export interface WatchedRun {
  readonly name: string;
  readonly page: 'index' | 'texture';
  readonly tag: StudioTag;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What a visitor does meanwhile: drags a slider, pauses, looks at an earlier state, downloads. */
  readonly isBusy?: boolean;
}

/** Few pixels and many steps keep the page busiest: every step is an event, a point of the chart and a drawing. */
export const RUNS: readonly WatchedRun[] = [
  { name: 'many-steps', page: 'index', tag: 'gram-style-transfer', settings: { net: 'random-vgg19/8', size: 64, styleSize: 64, steps: 1_000 } },
  { name: 'embedded-net', page: 'index', tag: 'gram-style-transfer', settings: { size: 128, styleSize: 128, steps: 60 } },
  { name: 'visitor', page: 'index', tag: 'gram-style-transfer', settings: { net: 'random-vgg19/8', size: 128, styleSize: 128, steps: 210 }, isBusy: true },
  { name: 'large-picture', page: 'index', tag: 'gram-style-transfer', settings: { net: 'random-vgg19/16', size: 512, styleSize: 256, steps: 12 } },
  { name: 'full-net', page: 'index', tag: 'gram-style-transfer', settings: { net: 'random-vgg19', size: 64, styleSize: 64, steps: 4 } },
  { name: 'full-net-f16', page: 'index', tag: 'gram-style-transfer', settings: { net: 'random-vgg19', size: 64, styleSize: 64, steps: 4, precision: 'f16' } },
  { name: 'noise', page: 'texture', tag: 'gram-texture-synthesis', settings: { net: 'random-vgg19/16', size: 512, styleSize: 128, steps: 4 } },
  { name: 'texture', page: 'texture', tag: 'gram-texture-synthesis', settings: { net: 'random-vgg19/8', size: 96, styleSize: 96, steps: 150 } },
];

/** Presses Start and resolves when the run is at rest; with the moments that matter, in ms after the press. */
function run(
  page: Page,
  { tag, settings, isBusy = false }: WatchedRun,
): Promise<{ readonly preparedMs: number; readonly endMs: number; readonly steps: number }> {
  return page.evaluate(
    async (name, values, busy) => {
      const studio = document.querySelector(name);
      if (studio === null) throw new Error(`There is no <${name}> in the page.`);
      Object.assign(studio, values);
      await studio.updateComplete;
      const button = (): HTMLButtonElement | null | undefined => studio.shadowRoot?.querySelector<HTMLButtonElement>('button.primary');
      const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
      const until = async (is: () => boolean): Promise<void> => {
        while (!is()) {
          if (studio.state === 'failed') throw new Error('The run failed.');
          await wait(50);
        }
      };
      const start = performance.now();
      button()?.click();
      await until(() => studio.state === 'running');
      const preparedMs = performance.now() - start;
      if (busy) {
        for (let turn = 0; turn < 10; turn++) {
          await until(() => studio.step > turn * 20 || studio.state === 'finished');
          studio.settings = { styleStrength: 1 + turn / 10 };
        }
        button()?.click();
        await until(() => studio.state === 'paused');
        const strip = studio.shadowRoot?.querySelector('gram-iterate-strip')?.shadowRoot;
        strip?.querySelector<HTMLButtonElement>('li:nth-child(2) button')?.click();
        await wait(300);
        await studio.toBlob();
        strip?.querySelector<HTMLButtonElement>('li:last-child button')?.click();
        button()?.click();
      }
      await until(() => studio.state === 'finished');
      return { preparedMs, endMs: performance.now() - start, steps: studio.step };
    },
    tag,
    settings,
    isBusy,
  );
}

/** All runs, each in a page of its own. */
export async function tasksOfRuns({
  adapter,
  runs,
}: {
  readonly adapter: BrowserKind;
  readonly runs: readonly WatchedRun[];
}): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const site = await openSite(adapter);
  const results: Record<string, unknown>[] = [];
  let isGood = true;
  try {
    for (const watched of runs) {
      const page = await openPage(site, watched.page);
      // The pictures that lie ready are there before anybody presses.
      await page.evaluate(async (tag) => {
        const wells = (): (Element & { value: unknown })[] => [...(document.querySelector(tag)?.shadowRoot?.querySelectorAll('gram-picture-well') ?? [])];
        while (wells().length === 0 || wells().some(({ value }) => value === null)) await new Promise((done) => setTimeout(done, 50));
      }, watched.tag);
      const watch = await watchLongTasks(await page.createCDPSession());
      const moments = await run(page, watched);
      const { tasks, count, watchedMs } = await watch.stop();
      const overByThread = tasks.filter(({ threadMs }) => threadMs > LONG_TASK_MS).length;
      isGood &&= overByThread === 0;
      const most = (which: 'wallMs' | 'threadMs'): string => Math.max(0, ...tasks.map((task) => task[which])).toFixed(0);
      print(
        `${watched.name}: ${String(moments.steps)} steps, prepared after ${(moments.preparedMs / 1_000).toFixed(1)} s, done after ${(moments.endMs / 1_000).toFixed(1)} s; ${String(count)} tasks in ${(watchedMs / 1_000).toFixed(0)} s; over ${String(LONG_TASK_MS)} ms by the clock ${String(tasks.length)} (at most ${most('wallMs')}), by the thread's own time ${String(overByThread)} (at most ${most('threadMs')})`,
      );
      for (const { atMs, wallMs, threadMs, parts } of tasks) {
        print(`    at ${(atMs / 1_000).toFixed(1)} s: ${wallMs.toFixed(0)} ms, own ${threadMs.toFixed(0)}: ${parts.join('; ')}`);
      }
      results.push({ ...watched, ...moments, tasks: { count, watchedMs, overByClock: tasks.length, overByThread, long: tasks } });
      await page.close();
    }
    return { isGood, result: { date: new Date().toISOString(), browser: await site.browser.version(), adapter, runs: results } };
  } finally {
    await site.close();
  }
}
