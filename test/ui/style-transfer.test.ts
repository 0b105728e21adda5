import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngText } from '../../src/tasks/results/png-text.js';
import { allowDownloads, canvasError, downloaded, dropFile, focused, press, tabTo } from '../support/drive.js';
import { QUICK, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-style-transfer';
const photograph = resolve(import.meta.dirname, '../../assets/photographs/coffee.jpg');

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

function step(page: Page): Promise<number> {
  return page.$eval(TAG, (element) => element.step);
}

describe('by mouse', () => {
  let at: UiPage;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gramarye-ui-'));
    at = await ui.open();
    await allowDownloads(at.page, folder);
    await at.put(TAG, QUICK);
  }, 300_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await at.page.close();
  });

  it('a dropped picture replaces the content, and can be undone', async () => {
    const name = (): Promise<string | undefined> => at.page.$eval(TAG, (studio) => studio.contentPicture?.name);
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.contentPicture?.name === 'chelsea.jpg', {}, TAG);
    await dropFile(at.page, '>>> gram-picture-well[part=content-well] >>> .frame', photograph, 'image/jpeg');
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.contentPicture?.name === 'coffee.jpg', {}, TAG);
    await at.page.locator('>>> button[aria-label^="Undo: change of picture"]').click();
    expect(await name()).toBe('chelsea.jpg');
  }, 300_000);

  it('a mask is painted by the keyboard for one of two styles, can be undone, and goes with the job', async () => {
    await press(at.page, 'Add a style');
    await at.page.waitForSelector('>>> gram-mask-brush');
    const painted = await at.page.$eval(TAG, async (studio) => {
      const root = studio.shadowRoot;
      for (const details of root?.querySelectorAll('details.mask') ?? []) (details as HTMLDetailsElement).open = true;
      const brush = root?.querySelector('gram-mask-brush');
      const canvas = brush?.shadowRoot?.querySelector('canvas');
      if (brush === null || brush === undefined || canvas === null || canvas === undefined) return 'no brush';
      const changed = new Promise<string>((resolve) => {
        brush.addEventListener('gram-mask-changed', ({ mask }) => {
          void (async () => {
            if (mask === null) resolve('no mask');
            else {
              const bitmap = await createImageBitmap(mask.blob);
              const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
              context?.drawImage(bitmap, 0, 0);
              const levels = [0.5, 0.02].map((share) => context?.getImageData(bitmap.width * share, bitmap.height * share, 1, 1).data[0]);
              resolve(levels.join());
            }
          })();
        });
      });
      for (const key of ['ArrowRight', 'ArrowLeft', ' ']) canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
      return changed;
    });
    // White in the middle, black in the corner.
    expect(painted).toBe('255,0');
    await at.page.locator('>>> button[aria-label^="Undo: change of picture"]').click();
    await at.page.locator('>>> button[aria-label^="Remove style 2"]').click();
  }, 300_000);

  it('starts, pauses, changes while it runs, continues and finishes, and the canvas shows the image', async () => {
    await at.page.$eval(TAG, (studio) => {
      studio.steps = 500;
    });
    await press(at.page, 'Start');
    await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 2, {}, TAG);
    await at.page.$eval(TAG, (studio) => {
      studio.styleStrength = 4;
    });
    await press(at.page, 'Pause');
    await at.until(TAG, 'state', 'paused');
    const rested = await step(at.page);
    expect(rested).toBeLessThan(500);
    await at.page.$eval(
      TAG,
      (studio, steps) => {
        studio.steps = steps;
      },
      rested + 4,
    );
    await press(at.page, 'Continue');
    await at.until(TAG, 'state', 'finished');
    expect(await step(at.page)).toBe(rested + 4);
    expect(await canvasError(at.page, TAG)).toBeLessThan(1);
    const trace = await at.page.$eval(TAG, (studio) => studio.trace.map(({ total }) => total));
    expect(trace).toHaveLength(rested + 4);
    expect(trace.every((total) => Number.isFinite(total))).toBe(true);
  }, 300_000);

  it('goes back to the start and undoes that', async () => {
    const before = await step(at.page);
    await press(at.page, 'Back to the start');
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.step === 0, {}, TAG);
    await at.page.locator('>>> button[aria-label^="Undo: back to the start"]').click();
    await at.page.waitForFunction((tag, wanted) => document.querySelector(tag as 'gram-style-transfer')?.step === wanted, {}, TAG, before);
  }, 300_000);

  it('returns to an earlier state and branches from one', async () => {
    const counts = (): Promise<(readonly [number, number])[]> =>
      at.page.$eval(TAG, (studio) => studio.iterates.map(({ line, step: at }) => [line, at] as const));
    const all = await counts();
    expect(all.length).toBeGreaterThan(1);
    await at.page.locator('>>> gram-iterate-strip >>> li:first-child button').click();
    await press(at.page, 'Branch from here');
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.step === 0, {}, TAG);
    await press(at.page, 'One step');
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.step === 1, {}, TAG);
    await at.until(TAG, 'state', 'paused');
    expect(await counts()).toHaveLength(all.length + 1);
  }, 300_000);

  it('writes the picture with its settings inside, and takes them back', async () => {
    await press(at.page, 'Download the picture (PNG)');
    const path = await downloaded(folder, '.png');
    const record = JSON.parse(pngText(readFileSync(path), 'gramarye') ?? '{}') as { settings?: { net?: string }; content?: { url?: string } };
    expect(record.settings?.net).toBe('random-vgg19/16');
    expect(record.content?.url).toBe('/assets/photographs/chelsea.jpg');
    await at.put(TAG);
    await dropFile(at.page, '>>> gram-picture-stage', path, 'image/png');
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.net === 'random-vgg19/16', {}, TAG);
    const restored = await at.page.$eval(TAG, (studio) => [studio.size, studio.content, studio.stylePictures]);
    expect(restored).toEqual([48, '/assets/photographs/chelsea.jpg', '/assets/styles/flow-field.jpg']);
    await press(at.page, 'Start');
    await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 0, {}, TAG);
  }, 300_000);

  it('has no errors in the console', () => {
    expect(at.problems).toEqual([]);
  });
});

describe('by keyboard alone', () => {
  it('reaches everything in a sensible order, starts, pauses and undoes', async () => {
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, steps: '400' });
    await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-style-transfer')?.contentPicture !== null, {}, TAG);
    const seen: string[] = [];
    for (let tab = 0; tab < 18; tab++) {
      await at.page.keyboard.press('Tab');
      seen.push(await focused(at.page));
    }
    const order = ['Content: chelsea.jpg', 'Style: flow-field.jpg', 'Add a style', 'styleStrength', 'smoothness', 'size', 'steps', 'More', 'Start', 'One step'];
    expect(seen.filter((name) => order.includes(name)).slice(0, order.length)).toEqual(order);
    const to = (name: string): Promise<void> => tabTo(at.page, name);
    await to('styleStrength');
    await at.page.keyboard.press('ArrowRight');
    expect(await at.page.$eval(TAG, (studio) => studio.styleStrength)).toBeCloseTo(Math.SQRT2);
    await at.page.keyboard.down('Control');
    await at.page.keyboard.press('z');
    await at.page.keyboard.up('Control');
    expect(await at.page.$eval(TAG, (studio) => studio.styleStrength)).toBe(1);
    await to('Start');
    await at.page.keyboard.press('Enter');
    await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 1, {}, TAG);
    await to('Pause');
    await at.page.keyboard.press('Space');
    await at.until(TAG, 'state', 'paused');
    // The chooser opens, keeps the focus inside, and gives it back.
    await to('Content: chelsea.jpg');
    await at.page.keyboard.press('Enter');
    await at.page.waitForSelector('>>> dialog[open]');
    await at.page.keyboard.press('Escape');
    await at.page.waitForFunction(() => {
      const well = document.querySelector('gram-style-transfer')?.shadowRoot?.querySelector('gram-picture-well');
      const chooser = well?.shadowRoot?.querySelector('gram-picture-chooser')?.shadowRoot;
      return chooser?.querySelector('dialog') === null;
    });
    expect(await focused(at.page)).toBe('Content: chelsea.jpg');
    expect(at.problems).toEqual([]);
    await at.page.close();
  }, 300_000);
});

describe('together on a page', () => {
  it('two share one engine, take turns, and free everything when they go', async () => {
    const at = await ui.open({
      before: () => {
        const counts = { devices: 0, live: 0 };
        Object.assign(globalThis, { counts });
        const request = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'requestDevice')?.value as (
          this: GPUAdapter,
          descriptor?: GPUDeviceDescriptor,
        ) => Promise<GPUDevice>;
        GPUAdapter.prototype.requestDevice = async function (descriptor) {
          counts.devices++;
          return request.call(this, descriptor);
        };
        const create = Object.getOwnPropertyDescriptor(GPUDevice.prototype, 'createBuffer')?.value as (
          this: GPUDevice,
          descriptor: GPUBufferDescriptor,
        ) => GPUBuffer;
        GPUDevice.prototype.createBuffer = function (descriptor) {
          const buffer = create.call(this, descriptor);
          counts.live++;
          const destroy = buffer.destroy.bind(buffer);
          let done = false;
          buffer.destroy = () => {
            if (!done) counts.live--;
            done = true;
            destroy();
          };
          return buffer;
        };
      },
    });
    await at.page.evaluate((attributes) => {
      for (let index = 0; index < 2; index++) {
        const element = document.createElement('gram-style-transfer');
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        document.querySelector('main')?.append(element);
      }
    }, QUICK);
    const ends = await at.page.evaluate(async () => {
      const studios = [...document.querySelectorAll('gram-style-transfer')];
      await Promise.all(studios.map((studio) => studio.start()));
      return studios.map(({ state, step: done }) => [state, done]);
    });
    expect(ends).toEqual([
      ['finished', 10],
      ['finished', 10],
    ]);
    const counts = (): Promise<{ devices: number; live: number }> =>
      at.page.evaluate(() => (globalThis as unknown as { counts: { devices: number; live: number } }).counts);
    expect((await counts()).devices).toBe(1);
    expect((await counts()).live).toBeGreaterThan(20);
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await at.page.waitForFunction(() => (globalThis as unknown as { counts: { live: number } }).counts.live === 0, { timeout: 20_000 });
    expect(at.problems).toEqual([]);
    await at.page.close();
  }, 300_000);
});

it('its further settings are checked before they count', async () => {
  const at = await ui.open();
  await at.put('gram-texture-synthesis');
  const set = (id: string, value: string): Promise<[string | null, string]> =>
    at.page.$eval(
      'gram-texture-synthesis',
      (studio, name, text) => {
        const input = studio.shadowRoot?.querySelector('gram-settings-panel')?.shadowRoot?.querySelector<HTMLInputElement>(`#${name}`);
        if (input === null || input === undefined) return ['no such field', ''] as [string, string];
        if (input.type === 'checkbox') input.checked = text !== '';
        else input.value = text;
        input.dispatchEvent(new Event('change'));
        const { styleLayers, styleScale, average, precision, memoryBudget, tile, seamless } = studio;
        return [input.ariaInvalid, JSON.stringify([styleLayers, styleScale, average, precision, memoryBudget, tile, seamless])] as [string | null, string];
      },
      id,
      value,
    );
  expect(await set('styleLayers', 'block9_conv1')).toEqual(['true', JSON.stringify([null, null, null, null, null, null, false])]);
  expect(await set('styleScale', '0')).toEqual(['true', expect.anything()]);
  expect(await set('tile', 'some')).toEqual(['true', expect.anything()]);
  await set('styleLayers', 'block1_conv1:0.5, block3_conv1');
  await set('styleScale', '0.5');
  await set('average', '0.9');
  await set('precision', 'f16');
  await set('memoryBudget', '64');
  await set('tile', 'off');
  expect(await set('seamless', 'on')).toEqual([null, JSON.stringify(['block1_conv1:0.5, block3_conv1', '0.5', 0.9, 'f16', 64, 'off', true])]);
  expect(await set('styleLayers', '')).toEqual([null, JSON.stringify([null, '0.5', 0.9, 'f16', 64, 'off', true])]);
  expect(at.problems).toEqual([]);
  await at.page.close();
}, 300_000);
