/** Ways on from a failure: a smaller size when memory is full, and a lost device that comes back. What each state shows is in gallery.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setFaults } from '../support/faults.js';
import { untilShown } from '../support/gallery.js';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { QUICK, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-style-transfer';

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

async function start(at: UiPage): Promise<void> {
  await at.page.locator('>>> button.primary').click();
}

it('full memory, with a smaller size to go on with', async () => {
  const at = await ui.open();
  await at.put(TAG, { ...QUICK, size: '96', steps: '2' });
  await setFaults(at.page, { fullMemory: true });
  await start(at);
  await untilShown(at.page, ENGLISH.failMemory);
  await setFaults(at.page);
  await at.page.locator('>>> gram-failure >>> button ::-p-text(Use 64 px)').click();
  await at.until(TAG, 'state', 'finished');
  expect(await at.page.$eval(TAG, ({ size }) => size)).toBe(64);
  await at.page.close();
}, 300_000);

it('a picture that fails leaves the run under way alone, and says so until it is dismissed', async () => {
  const at = await ui.open();
  await at.put(TAG, { ...QUICK, steps: '5000' });
  await start(at);
  await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 2, {}, TAG);
  await at.page.$eval(TAG, (studio) => {
    studio.content = '/no/such/picture.jpg?';
  });
  await untilShown(at.page, /could not be fetched|cannot be used/);
  const step = await at.page.$eval(TAG, (studio) => studio.step);
  await at.page.waitForFunction((tag, before) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > before + 2, {}, TAG, step);
  await untilShown(at.page, /could not be fetched|cannot be used/);
  await at.page.locator(`>>> gram-failure >>> button ::-p-text(${ENGLISH.dismiss})`).click();
  expect(await at.page.$eval(TAG, ({ state }) => state)).toBe('running');
  await at.page.close();
}, 300_000);

describe('a lost device', () => {
  it('is brought back and the run goes on from its last state', async () => {
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, steps: '60' });
    await start(at);
    await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 14, {}, TAG);
    const session = await ui.browser.target().createCDPSession();
    await session.send('Browser.crashGpuProcess');
    await at.until(TAG, 'state', 'finished');
    const end = await at.page.$eval(TAG, ({ step, trace }) => ({
      step,
      steps: trace.map((entry) => entry.step),
      last: trace.at(-1)?.total ?? NaN,
      first: trace[0]?.total ?? NaN,
    }));
    expect(end.step).toBe(60);
    expect(end.steps).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(end.last).toBeLessThan(end.first);
    await at.page.close();
  }, 300_000);
});
