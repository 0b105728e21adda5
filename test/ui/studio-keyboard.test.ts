/** Both studios from start to end by the keyboard alone: run, change, compare, go back, branch, download, open again. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { allowDownloads, canvasError, chooseFile, downloaded, keys, tabTo } from '../support/drive.js';
import { QUICK, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const SHARED = { net: QUICK.net, size: QUICK.size, 'style-size': QUICK['style-size'] };
const STUDIOS = [
  { tag: 'gram-style-transfer', attributes: QUICK, weights: { content: 0.03, tv: 4 }, well: /^Style: / },
  { tag: 'gram-texture-synthesis', attributes: { ...SHARED, example: QUICK.styles }, weights: { content: 0, tv: 0 }, well: /^Example: / },
] as const;

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

describe.each(STUDIOS)('<$tag>', ({ tag, attributes, weights, well }) => {
  let at: UiPage;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gramarye-keyboard-'));
    at = await ui.open();
    await allowDownloads(at.page, folder);
    await at.put(tag, { ...attributes, steps: '4000' });
    await tabTo(at.page, well);
  }, 240_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await at.page.close();
  });

  const step = (page: Page): Promise<number> => page.$eval(tag, (studio) => studio.step);
  /** Waits until the number of steps is as wanted. */
  const until = (least: number, most = Infinity): Promise<unknown> =>
    at.page.waitForFunction(
      (name, low, high) => {
        const { step: done = -1 } = document.querySelector(name) ?? {};
        return low <= done && done <= high;
      },
      { polling: 50 },
      tag,
      least,
      most === Infinity ? 1e9 : most,
    );

  it('starts, and weights that are changed while it runs count from the next step', async () => {
    await keys(at.page, 'Start', 'Enter');
    await until(2);
    await keys(at.page, 'styleStrength', 'ArrowRight', 'ArrowRight');
    const changedAt = await step(at.page);
    await until(changedAt + 8);
    await keys(at.page, 'Pause', 'Space');
    await at.until(tag, 'state', 'paused');
    const shares = await at.page.$eval(
      tag,
      (studio, { content, tv }) => studio.trace.map((entry) => (entry.total - content * entry.content - tv * entry.tv) / entry.style),
      weights,
    );
    expect(shares[0]).toBeCloseTo(1, 3);
    expect(shares.at(-1)).toBeCloseTo(2, 3);
    expect(await at.page.$eval(tag, ({ styleStrength }) => styleStrength)).toBe(2);
  }, 300_000);

  it('takes one step, goes on to its end, and shows on the canvas what is in memory', async () => {
    const before = await step(at.page);
    await keys(at.page, 'One step', 'Enter');
    await until(before + 1, before + 1);
    await at.until(tag, 'state', 'paused');
    await at.page.$eval(
      tag,
      (studio, steps) => {
        studio.steps = steps;
      },
      before + 11,
    );
    await keys(at.page, 'Continue', 'Enter');
    await at.until(tag, 'state', 'finished');
    expect(await step(at.page)).toBe(before + 11);
    expect(await canvasError(at.page, tag)).toBeLessThan(1);
  }, 300_000);

  it.runIf(tag === 'gram-style-transfer')('shows the original beneath a slider', async () => {
    const shots: number[][] = [];
    for (const key of ['Home', 'End'] as const) {
      await keys(at.page, ENGLISH.compare, key);
      shots.push(await columns(at.page));
    }
    await keys(at.page, ENGLISH.compare, 'Home', ...Array<'PageUp'>(5).fill('PageUp'));
    const compare = await at.page.$eval('>>> gram-picture-stage', (stage) => (stage as Element & { compare: number }).compare);
    expect(compare).toBeGreaterThan(0.3);
    expect(compare).toBeLessThan(0.7);
    const [result = [], original = []] = shots;
    const both = await columns(at.page);
    const [left, right] = [Math.floor(both.length * 0.2), Math.floor(both.length * 0.8)];
    expect(both.slice(0, left)).toEqual(original.slice(0, left));
    expect(both.slice(right)).toEqual(result.slice(right));
    expect(original.slice(0, left)).not.toEqual(result.slice(0, left));
    await keys(at.page, ENGLISH.compare, 'Home');
  });

  it('returns to an earlier state, undoes that, and branches from one', async () => {
    const end = await step(at.page);
    const kept = (): Promise<number[]> => at.page.$eval(tag, (studio) => studio.iterates.map(({ line }) => line));
    const all = await kept();
    expect(all.length).toBeGreaterThan(2);
    // The arrow keys go along the row: to the second, whatever its step is.
    await keys(at.page, 'Step 0', 'ArrowRight', 'Enter');
    await keys(at.page, ENGLISH.iterateReturn, 'Enter');
    await until(1, end - 1);
    await at.until(tag, 'state', 'paused');
    expect(await kept()).toHaveLength(2);
    await keys(at.page, /^Undo: return to step/, 'Enter');
    await until(end, end);
    expect(await kept()).toEqual(all);
    await keys(at.page, 'Step 0', 'Enter');
    await keys(at.page, ENGLISH.iterateBranch, 'Enter');
    await until(0, 0);
    await keys(at.page, 'One step', 'Enter');
    await until(1, 1);
    await at.until(tag, 'state', 'paused');
    expect(await kept()).toEqual([...all, 2]);
  }, 300_000);

  it('goes back to the start and undoes that', async () => {
    await keys(at.page, ENGLISH.reset, 'Enter');
    await until(0, 0);
    await tabTo(at.page, /^(Continue|Start again)$/);
    await at.page.keyboard.down('Control');
    await at.page.keyboard.press('z');
    await at.page.keyboard.up('Control');
    await until(1, 1);
  }, 300_000);

  it('downloads the picture and the trace, and opens the picture again with its settings', async () => {
    await keys(at.page, ENGLISH.download, 'Enter');
    const picture = await downloaded(folder, '.png');
    await keys(at.page, ENGLISH.downloadTrace, 'Enter');
    const trace = JSON.parse(readFileSync(await downloaded(folder, '.json'), 'utf8')) as {
      readonly task: string;
      readonly settings: { readonly styleStrength: number };
      readonly trace: readonly { readonly step: number; readonly total: number }[];
    };
    expect(trace.settings.styleStrength).toBe(1);
    expect(trace.trace.map(({ step: each }) => each)).toEqual([0]);
    expect(trace.trace[0]?.total).toBeGreaterThan(0);
    await at.put(tag);
    await tabTo(at.page, ENGLISH.openResult);
    await chooseFile(at.page, 'Enter', picture);
    await at.page.waitForFunction((name) => document.querySelector(name)?.net === 'random-vgg19/16', { polling: 50 }, tag);
    expect(await at.page.$eval(tag, ({ size, shadowRoot }) => [size, shadowRoot?.querySelector('.notices')?.textContent.trim()])).toEqual([
      48,
      expect.stringMatching(/Settings and pictures restored from .*\.png/),
    ]);
    await keys(at.page, 'Start', 'Enter');
    await until(1);
    expect(at.problems).toEqual([]);
  }, 300_000);
});

/** Mean colours of columns of what is seen of the picture, 0 to 255; without what lies at its edges. */
async function columns(page: Page): Promise<number[]> {
  const box = await page.$eval('>>> gram-picture-stage', (stage) => {
    const { x, y, width, height } = (stage.shadowRoot?.querySelector('.frame') ?? stage).getBoundingClientRect();
    return { x, y, width, height };
  });
  // The picture is wider than high: it fills the frame's width but for its padding.
  const clip = { x: box.x + box.width * 0.1, y: box.y + box.height * 0.4, width: box.width * 0.8, height: box.height * 0.2 };
  const png = await page.screenshot({ clip, encoding: 'base64' });
  return page.evaluate(async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const context = new OffscreenCanvas(20, 1).getContext('2d');
    context?.drawImage(bitmap, 0, 0, 20, 1);
    return [...(context?.getImageData(0, 0, 20, 1).data ?? [])];
  }, png);
}
