/** Every state an element can be in has its own words and way on, and no accessibility problem. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { axe } from '../support/axe.js';
import { QUICK, startUi, strangerServer, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-style-transfer';

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

async function failureText(page: Page): Promise<string> {
  const failure = await page.waitForSelector('>>> gram-failure >>> .failure');
  return (await failure?.evaluate((element) => element.textContent.replace(/\s+/g, ' ').trim())) ?? '';
}

async function start(at: UiPage): Promise<void> {
  await at.page.locator('>>> button.primary').click();
}

describe('states that say what happened and what to do', () => {
  it('no WebGPU', async () => {
    const at = await ui.open({
      before: () => {
        Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      },
    });
    await at.put(TAG, QUICK);
    await start(at);
    expect(await failureText(at.page)).toContain(`${ENGLISH.failWebgpuMissing} ${ENGLISH.fixWebgpuMissing}`);
    expect(await axe(at.page)).toEqual([]);
    await at.page.close();
  }, 300_000);

  it('blocked WebGPU', async () => {
    const at = await ui.open({
      before: () => {
        GPU.prototype.requestAdapter = () => Promise.resolve(null);
      },
    });
    await at.put(TAG, QUICK);
    await start(at);
    expect(await failureText(at.page)).toContain(ENGLISH.failAdapter);
    await at.page.close();
  }, 300_000);

  it('a picture from another origin, weights that cannot be fetched, a picture that is none', async () => {
    const stranger = await strangerServer(readFileSync(resolve(import.meta.dirname, '../../assets/photographs/brick.jpg')));
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, content: stranger.url });
    expect(await failureText(at.page)).toContain(`${ENGLISH.failCors} ${ENGLISH.fixCors}`);
    await at.put(TAG, { ...QUICK, content: '/no/such/picture.jpg' });
    await start(at);
    expect(await failureText(at.page)).toMatch(new RegExp(`${ENGLISH.failFetchPicture}|${ENGLISH.failPicture}`));
    await at.put(TAG, { ...QUICK, net: 'http://127.0.0.1:9/vgg.safetensors' });
    await start(at);
    expect(await failureText(at.page)).toContain(`${ENGLISH.failWeights} ${ENGLISH.fixWeights}`);
    expect(await axe(at.page)).toEqual([]);
    await stranger.close();
    await at.page.close();
  }, 300_000);

  it('full memory, with a smaller size to go on with', async () => {
    const at = await ui.open({
      before: () => {
        const pop = Object.getOwnPropertyDescriptor(GPUDevice.prototype, 'popErrorScope')?.value as (this: GPUDevice) => Promise<GPUError | null>;
        let left = 1;
        GPUDevice.prototype.popErrorScope = async function () {
          await pop.call(this);
          return left-- > 0 ? new GPUOutOfMemoryError('no room') : null;
        };
      },
    });
    await at.put(TAG, { ...QUICK, size: '96', steps: '2' });
    await start(at);
    expect(await failureText(at.page)).toContain(`${ENGLISH.failMemory} ${ENGLISH.fixMemory}`);
    await at.page.locator('>>> gram-failure >>> button ::-p-text(Use 64 px)').click();
    await at.until(TAG, 'state', 'finished');
    expect(await at.page.$eval(TAG, ({ size }) => size)).toBe(64);
    await at.page.close();
  }, 300_000);

  it('a software adapter is said, and the finished state has no accessibility problem in either theme', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const at = await ui.open({ theme });
      await at.put(TAG, { ...QUICK, steps: '3' });
      expect(await axe(at.page)).toEqual([]);
      await start(at);
      await at.until(TAG, 'state', 'finished');
      expect(await at.page.$eval('>>> .notice', (notice) => notice.textContent)).toContain(ENGLISH.software);
      expect(await axe(at.page)).toEqual([]);
      await at.page.close();
    }
  }, 300_000);

  it('the other elements and the chooser have no accessibility problem', async () => {
    const at = await ui.open();
    for (const tag of ['gram-texture-synthesis', 'gram-spectrum', 'gram-device', 'gram-picture-well']) {
      await at.put(tag, { label: 'Picture' });
      expect(await axe(at.page), tag).toEqual([]);
    }
    await at.page.locator('>>> .frame').click();
    await at.page.waitForSelector('>>> dialog[open]');
    expect(await axe(at.page), 'chooser').toEqual([]);
    await at.page.close();
  }, 300_000);
});

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
