/** gram-bench in a real browser: by keyboard, with files of others, by link. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBenchFile, type BenchFile } from '../../src/bench/result.js';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { axe } from '../support/axe.js';
import { QUICK, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-bench';
const SMALL = { op: 'gram', shape: '64x16', quick: '' };

let ui: UiBrowser;
let at: UiPage;
const folder = mkdtempSync(join(tmpdir(), 'gramarye-bench-'));
beforeAll(async () => {
  ui = await startUi();
  at = await ui.open();
}, 120_000);
afterAll(async () => {
  await ui.stop();
  rmSync(folder, { recursive: true });
});

const textOf = (page: Page): Promise<string> => page.$eval(TAG, (element) => element.shadowRoot?.textContent.replace(/\s+/g, ' ') ?? '');
const resultsOf = (page: Page): Promise<BenchFile | null> => page.$eval(TAG, (element) => element.results);

/** All that the page's storage holds. */
const keptTexts = (page: Page): Promise<string> =>
  page.evaluate(() => Array.from({ length: localStorage.length }, (_, index) => localStorage.getItem(localStorage.key(index) ?? '') ?? '').join());

async function give(page: Page, name: string, content: string): Promise<void> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const input = await page.waitForSelector(`>>> ${TAG} >>> input[type=file]`);
  await input?.uploadFile(path);
}

describe('gram-bench', () => {
  it('measures what was typed, by keyboard alone, while the page stays responsive; keeps the winner for this device', async () => {
    const { page } = at;
    await at.put(TAG, { op: 'gram', quick: '' });
    expect(await axe(page)).toEqual([]);
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { longTasks: seen });
      new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
    await page.focus(`>>> ${TAG} >>> input[name=shape]`);
    await page.keyboard.type('64x16');
    await page.keyboard.press('Enter');
    await at.until(TAG, 'state', 'done');
    const run = (await resultsOf(page))?.runs[0];
    expect(run?.groups.map(({ op, shape }) => [op, shape])).toEqual([['gram', '64x16']]);
    expect(run?.groups[0]?.cases.filter(({ status }) => status === 'measured').length).toBeGreaterThanOrEqual(2);
    expect(run?.groups[0]?.cases.filter(({ status }) => status === 'wrong')).toEqual([]);
    const text = await textOf(page);
    expect(text).toContain('software adapter');
    expect(text).toMatch(/Fastest: \S+, [\d.]+ \[[\d.]+, [\d.]+\] times as fast as|No difference can be shown between/);
    expect(await page.$$eval(`>>> ${TAG} >>> .plot svg rect`, (bars) => bars.length)).toBeGreaterThanOrEqual(2);
    // Here the page also compiles hundreds of unbundled modules on two shared processors, in tasks of up to 0.4 s; timing on its thread would take whole seconds.
    expect(await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.filter((ms) => ms > 1_000))).toEqual([]);
    await page.locator(`>>> ${TAG} >>> .winner button`).click();
    await page.waitForSelector(`>>> ${TAG} >>> .winner button.quiet`);
    const kept = await keptTexts(page);
    expect(kept).toContain('gram(');
    await page.locator(`>>> ${TAG} >>> .winner button.quiet`).click();
    await page.waitForSelector(`>>> ${TAG} >>> .winner button:not(.quiet)`);
    expect(await keptTexts(page)).not.toContain('gram(');
    expect(await axe(page)).toEqual([]);
  }, 300_000);

  it('compares with the file of another device, and puts it away; files that are none are refused and harm nothing', async () => {
    const { page } = at;
    const mine = await resultsOf(page);
    if (mine === null) throw new Error('Nothing was measured.');
    const text = JSON.stringify(mine);
    expect(parseBenchFile(text, 'mine')).toEqual(mine);
    const evil = '<img src=x onerror="globalThis.hacked=1">';
    const theirs = JSON.parse(text) as { runs: { device: Record<string, unknown>; groups: { cases: { samplesMs?: number[] }[] }[] }[] };
    for (const run of theirs.runs) {
      Object.assign(run.device, { key: 'other', vendor: evil, isSoftware: false });
      for (const group of run.groups) for (const one of group.cases) if (one.samplesMs !== undefined) one.samplesMs = one.samplesMs.map((ms) => ms * 100);
    }
    await give(page, 'theirs.json', JSON.stringify(theirs));
    await page.waitForSelector(`>>> ${TAG} >>> tr.faster`);
    expect(await textOf(page)).toContain('Different devices');
    expect(await textOf(page)).toContain(evil);
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    await give(page, 'none.json', '{"schema":"other"}');
    await page.waitForSelector('>>> gram-failure >>> .failure');
    expect(await page.$eval('>>> gram-failure >>> .failure', (element) => element.textContent)).toContain('none.json is no results file');
    expect(await resultsOf(page)).toEqual(mine);
    expect(await axe(page)).toEqual([]);
  }, 120_000);

  it('stops at once and keeps what was complete; refuses what no op takes, in words', async () => {
    const { page } = at;
    await at.put(TAG, { op: 'conv' });
    await page.locator('>>> button.primary').click();
    await at.until(TAG, 'state', 'running');
    expect(await page.$eval('>>> button.primary', (button) => button.textContent.trim())).toBe(ENGLISH.benchStop);
    await page.locator('>>> button.primary').click();
    await at.until(TAG, 'state', 'stopped');
    await at.put(TAG, { ...SMALL, shape: 'nonsense' });
    await page.locator('>>> button.primary').click();
    await at.until(TAG, 'state', 'failed');
    expect(await page.$eval('>>> gram-failure >>> .failure', (element) => element.textContent)).toMatch(/No op takes the shape "nonsense"/);
  }, 120_000);

  it('takes its choice from a link and keeps the link in step', async () => {
    const { page } = at;
    await page.evaluate(() => {
      location.hash = '#bench=conv&shape=conv3_2@128&variants=direct,none&quick';
    });
    await at.put(TAG, { 'deep-link': '' });
    expect(await page.$eval(TAG, (element) => [...element.attributes].map(({ name, value }) => `${name}=${value}`).sort())).toEqual(
      expect.arrayContaining(['op=conv', 'shape=conv3_2@128', 'variants=direct', 'quick=']),
    );
    await page.locator('>>> input[name=quick]').click();
    await page.waitForFunction(() => !location.hash.includes('quick'));
    expect(await page.evaluate(() => location.hash)).toContain('bench=conv&shape=conv3_2%40128&variants=direct');
    expect(at.problems).toEqual([]);
  }, 120_000);

  it('a variant that was kept is what the next style transfer on this device uses', async () => {
    const { page } = at;
    interface Recorded {
      readonly session: {
        readonly prepared: { readonly run: { readonly calls: readonly { kernel: string; variant: string; attributes: Record<string, number> }[] } };
      };
    }
    const gramLossOfTransfer = async (): Promise<{ kernel: string; variant: string; attributes: Record<string, number> } | undefined> => {
      await at.put('gram-style-transfer', { ...QUICK, steps: '1' });
      await page.locator('>>> button.primary').click();
      await at.until('gram-style-transfer', 'state', 'finished');
      const calls = await page.$eval('gram-style-transfer', (element) =>
        (element as unknown as Recorded).session.prepared.run.calls.map(({ kernel, variant, attributes }) => ({
          kernel,
          variant,
          attributes: { ...attributes },
        })),
      );
      return calls.find(({ kernel }) => kernel === 'gramLoss');
    };
    const before = await gramLossOfTransfer();
    const { positions = 0, channels = 0 } = before?.attributes ?? {};
    const other = ['shared-memory', 'symmetric-split-k'].find((id) => id !== before?.variant) ?? '';
    await at.put(TAG, { op: 'gram-loss', shape: `${String(positions)}x${String(channels)}`, variants: other, quick: '' });
    await page.locator('>>> button.primary').click();
    await at.until(TAG, 'state', 'done');
    await page.locator(`>>> ${TAG} >>> .winner button`).click();
    await page.waitForSelector(`>>> ${TAG} >>> .winner button.quiet`);
    expect(await gramLossOfTransfer()).toMatchObject({ variant: other, attributes: { positions, channels } });
  }, 240_000);
});
