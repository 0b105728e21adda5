/** A graphics device that is lost: what is seen meanwhile, and that nothing of the run is lost with it, whatever it was doing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { canvasError, press } from '../support/drive.js';
import { setFaults } from '../support/faults.js';
import { untilShown } from '../support/shown-text.js';
import { QUICK, seen, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-style-transfer';

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

async function crash(): Promise<void> {
  const session = await ui.browser.target().createCDPSession();
  await session.send('Browser.crashGpuProcess');
  await session.detach();
}

async function startTo(at: UiPage, step: number, steps: number): Promise<void> {
  await at.put(TAG, { ...QUICK, steps: String(steps) });
  await press(at.page, ENGLISH.start);
  await at.page.waitForFunction((tag, wanted) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) >= wanted, { polling: 50 }, TAG, step);
}

/** Steps of the trace, which must be without gap, and how many there are in all. */
function steps(at: UiPage): Promise<readonly number[]> {
  return at.page.$eval(TAG, ({ trace }) => trace.map(({ step }) => step));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('while it runs', () => {
  it('the last kept state stays to be seen until the run goes on from it', async () => {
    const at = await ui.open();
    await startTo(at, 14, 60);
    await setFaults(at.page, { gpu: 'waiting' });
    await crash();
    await untilShown(at.page, /The graphics device was lost. Going on from step \d+/);
    const canvas = await seen(at.page, '>>> gram-picture-stage >>> canvas.shown');
    const shown = await canvas.evaluate((element) => {
      const { width, height } = element as HTMLCanvasElement;
      return [...((element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [])];
    });
    const kept = await at.page.$eval(TAG, ({ iterates, step }) => {
      const { snapshot } = iterates.findLast((iterate) => iterate.step === step) ?? {};
      return snapshot === undefined ? [] : [...snapshot.image].map((value) => Math.min(255, Math.max(0, value * 255)));
    });
    expect(kept.length).toBeGreaterThan(1_000);
    expect(shown.length).toBe((kept.length / 3) * 4);
    const difference = kept.reduce((most, value, index) => Math.max(most, Math.abs(value - (shown[Math.floor(index / 3) * 4 + (index % 3)] ?? NaN))), 0);
    expect(difference).toBeLessThanOrEqual(1);
    await setFaults(at.page);
    await at.until(TAG, 'state', 'finished');
    expect(await steps(at)).toEqual(upTo(60));
    expect(await at.page.$eval('>>> gram-picture-stage', (stage) => (stage as Element & { shown: unknown }).shown)).toBe(null);
    expect(await canvasError(at.page, TAG)).toBeLessThan(1);
    await at.page.close();
  }, 300_000);

  it('while kernels are compiled: it begins anew and finishes', async () => {
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, steps: '8' });
    await setFaults(at.page, { pipelines: 3 });
    await press(at.page, ENGLISH.start);
    await untilShown(at.page, /Measuring the style|Compiling kernels/);
    await crash();
    await setFaults(at.page);
    await at.until(TAG, 'state', 'finished');
    expect(await steps(at)).toEqual(upTo(8));
    await at.page.close();
  }, 300_000);
});

describe('at rest', () => {
  it('the picture stays to be seen and can be downloaded, and the run goes on from exactly where it rested', async () => {
    const at = await ui.open();
    await startTo(at, 9, 400);
    await press(at.page, ENGLISH.pause);
    await at.until(TAG, 'state', 'paused');
    const rested = await at.page.$eval(TAG, ({ step }) => step);
    const picture = (): Promise<string> =>
      at.page.$eval(TAG, async (studio) => {
        const bitmap = await createImageBitmap(await studio.toBlob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context?.drawImage(bitmap, 0, 0);
        const { data } = context?.getImageData(0, 0, bitmap.width, bitmap.height) ?? { data: new Uint8ClampedArray() };
        return [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))].join();
      });
    const before = await picture();
    await crash();
    await seen(at.page, '>>> gram-picture-stage >>> canvas.shown');
    expect(await at.page.$eval(TAG, ({ state, step }) => [state, step])).toEqual(['paused', rested]);
    expect(await picture()).toBe(before);
    await crash();
    await seen(at.page, '>>> gram-picture-stage >>> canvas.shown');
    await at.page.$eval(
      TAG,
      (studio, last) => {
        studio.steps = last;
      },
      rested + 5,
    );
    await press(at.page, ENGLISH.continue);
    await at.until(TAG, 'state', 'finished');
    expect(await steps(at)).toEqual(upTo(rested + 5));
    expect(await canvasError(at.page, TAG)).toBeLessThan(1);
    await at.page.close();
  }, 300_000);

  it('after a return to an earlier state it goes on from there, not from what was dropped', async () => {
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, steps: '20' });
    await press(at.page, ENGLISH.start);
    await at.until(TAG, 'state', 'finished');
    await at.page.$eval(TAG, async (studio) => {
      const [, second] = studio.iterates;
      if (second !== undefined) await studio.returnTo(second);
    });
    const returned = await at.page.$eval(TAG, ({ step }) => step);
    expect(returned).toBeGreaterThan(0);
    expect(returned).toBeLessThan(20);
    await crash();
    await seen(at.page, '>>> gram-picture-stage >>> canvas.shown');
    await press(at.page, 'One step');
    await at.page.waitForFunction((tag, wanted) => document.querySelector(tag as 'gram-style-transfer')?.step === wanted, { polling: 50 }, TAG, returned + 1);
    // The losses of a step are known a moment after it.
    await at.until(TAG, 'state', 'paused');
    await expect.poll(() => steps(at)).toEqual(upTo(returned + 1));
    await at.page.close();
  }, 300_000);
});

it('two on a page come back together on one new device', async () => {
  const at = await ui.open();
  await at.page.evaluate(
    (attributes) => {
      for (let index = 0; index < 2; index++) {
        const element = document.createElement('gram-style-transfer');
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        document.querySelector('main')?.append(element);
      }
    },
    { ...QUICK, steps: '60' },
  );
  const done = at.page.evaluate(async () => {
    const studios = [...document.querySelectorAll('gram-style-transfer')];
    await Promise.all(studios.map((studio) => studio.start()));
    return studios.map(({ state, step, trace }) => [state, step, trace.length]);
  });
  await at.page.waitForFunction(() => [...document.querySelectorAll('gram-style-transfer')].every(({ step }) => step > 6), { polling: 50 });
  await crash();
  expect(await done).toEqual([
    ['finished', 60, 60],
    ['finished', 60, 60],
  ]);
  expect(await at.page.evaluate(() => (globalThis as unknown as { counts: { devices: number } }).counts.devices)).toBe(2);
  await at.page.close();
}, 300_000);
