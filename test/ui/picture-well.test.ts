/** Every way for a picture into a well: by mouse, by keyboard, from elsewhere, from the camera; and what is no picture. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ENGLISH } from '../../src/ui/base/strings.js';
import { axe } from '../support/axe.js';
import { chooseFile, dropFile, focused, keys, pasteFile, press } from '../support/drive.js';
import { seen, startUi, strangerServer, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-picture-well';
const ASSETS = resolve(import.meta.dirname, '../../assets');
const COFFEE = `${ASSETS}/photographs/coffee.jpg`;

let ui: UiBrowser;
let at: UiPage;
beforeAll(async () => {
  ui = await startUi();
  at = await ui.open();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});
beforeEach(async () => {
  await at.put(TAG, { label: 'Picture' });
  await at.page.$eval(TAG, (well) => {
    const told: string[] = [];
    Object.assign(well, { told });
    well.addEventListener('gram-picture-changed', ({ picture }) => told.push(picture?.name ?? 'none'));
    well.addEventListener('gram-picture-failed', ({ error }) => {
      const [code, kind] = ['code', 'kind'].map((name) => String(Reflect.get(error as object, name)));
      told.push(`failed: ${code ?? ''} ${kind ?? ''}`);
    });
  });
});

/** What the well has told so far. */
function told(): Promise<string[]> {
  return at.page.$eval(TAG, (well) => Reflect.get(well, 'told') as string[]);
}

async function untilTold(...wanted: readonly string[]): Promise<void> {
  await expect.poll(told, { timeout: 30_000, interval: 50 }).toEqual(wanted);
}

/** Mean colour of the middle of what is seen in the well, 0 to 255. */
async function middle(): Promise<number[]> {
  await at.page.waitForFunction((tag) => document.querySelector(tag)?.shadowRoot?.querySelector('img')?.complete === true, { polling: 50 }, TAG);
  const frame = await seen(at.page, '>>> .frame');
  const { x = 0, y = 0, width = 0, height = 0 } = (await frame.boundingBox()) ?? {};
  await at.page.mouse.move(1, 1);
  const png = await at.page.screenshot({ clip: { x: x + width / 4, y: y + height / 4, width: width / 2, height: height / 2 }, encoding: 'base64' });
  return colourOf(`data:image/png;base64,${png}`);
}

/** Mean colour of the middle of a picture, cut to a square as the well cuts it. */
function colourOf(url: string, share = 1): Promise<number[]> {
  return at.page.evaluate(
    async (address, part) => {
      const bitmap = await createImageBitmap(await (await fetch(address)).blob());
      const side = Math.min(bitmap.width, bitmap.height) * part;
      const context = new OffscreenCanvas(1, 1).getContext('2d');
      if (context === null) return [];
      context.imageSmoothingQuality = 'high';
      context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data];
    },
    url,
    share,
  );
}

it('a dropped file, and a pasted one, are shown as they are', async () => {
  await dropFile(at.page, '>>> .frame', COFFEE, 'image/jpeg');
  await untilTold('coffee.jpg');
  const [shown, wanted] = [await middle(), await colourOf('/assets/photographs/coffee.jpg', 0.5)];
  for (const [channel, value] of shown.entries()) expect(Math.abs(value - (wanted[channel] ?? NaN))).toBeLessThan(12);
  await pasteFile(at.page, '>>> .frame', `${ASSETS}/photographs/brick.jpg`, 'image/jpeg');
  await untilTold('coffee.jpg', 'brick.jpg');
  expect(await at.page.$eval(TAG, ({ value }) => value?.name)).toBe('brick.jpg');
});

it('the address of a picture can be dropped like a file', async () => {
  const frame = await seen(at.page, '>>> .frame');
  await frame.evaluate((element) => {
    const transfer = new DataTransfer();
    transfer.setData('text/uri-list', new URL('/assets/photographs/rocket.jpg', location.href).href);
    element.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }));
  });
  await untilTold('rocket.jpg');
});

it('by keyboard: a file of this device', async () => {
  await keys(at.page, /^Picture: /, 'Enter');
  await seen(at.page, '>>> dialog[open]');
  expect(await focused(at.page)).toBe(ENGLISH.chooseFile);
  await chooseFile(at.page, 'Enter', COFFEE);
  await untilTold('coffee.jpg');
});

it('by keyboard: a web address of another site that gives leave, and one that does not', async () => {
  const body = readFileSync(COFFEE);
  for (const { givesLeave, tells } of [
    { givesLeave: true, tells: 'picture.jpg' },
    { givesLeave: false, tells: 'failed: fetch-failed cross-origin' },
  ]) {
    const stranger = await strangerServer(body, { givesLeave });
    const before = await told();
    await keys(at.page, /^Picture: /, 'Enter');
    await seen(at.page, '>>> dialog[open]');
    const field = await seen(at.page, '>>> input[type=url]');
    await field.focus();
    await at.page.keyboard.type(stranger.url);
    await at.page.keyboard.press('Enter');
    await untilTold(...before, tells);
    await stranger.close();
  }
  await at.page.$eval(TAG, (well) => well.choose('http://127.0.0.1:9/picture.jpg'));
  await untilTold('picture.jpg', 'failed: fetch-failed cross-origin', 'failed: fetch-failed unreachable');
});

it('by keyboard: a sample', async () => {
  await at.page.$eval(TAG, (well) => {
    well.samples = ['rocket', 'brick'].map((name) => ({ src: `/assets/photographs/${name}.jpg`, label: name }));
  });
  await keys(at.page, /^Picture: /, 'Enter');
  const sample = await seen(at.page, '>>> .sample img[alt=brick]');
  await sample.evaluate((image) => {
    image.closest('button')?.focus();
  });
  await at.page.keyboard.press('Enter');
  await untilTold('brick.jpg');
  expect(await at.page.$eval(TAG, ({ src }) => src)).toBe('/assets/photographs/brick.jpg');
});

it('by keyboard: the camera, which is let go of afterwards', async () => {
  await at.page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const streams: MediaStream[] = [];
    Object.assign(globalThis, { streams });
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      streams.push(stream);
      return stream;
    };
  });
  const live = (): Promise<boolean[]> =>
    at.page.evaluate(() =>
      (globalThis as unknown as { streams: MediaStream[] }).streams.map((stream) => stream.getTracks().some(({ readyState }) => readyState === 'live')),
    );
  const openCamera = async (): Promise<void> => {
    await keys(at.page, /^Picture: /, 'Enter');
    await seen(at.page, '>>> dialog[open]');
    await at.page.keyboard.press('Tab');
    expect(await focused(at.page)).toBe(ENGLISH.chooseCamera);
    await at.page.keyboard.press('Enter');
    const video = await seen(at.page, '>>> video');
    await expect.poll(() => video.evaluate((element) => (element as HTMLVideoElement).videoWidth), { timeout: 30_000 }).toBeGreaterThan(0);
  };
  await openCamera();
  await keys(at.page, ENGLISH.cameraShoot, 'Enter').catch(async () => {
    // The Tab key stays within the dialog.
    await press(at.page, ENGLISH.cameraShoot);
  });
  await untilTold(ENGLISH.chooseCamera);
  await expect.poll(live).toEqual([false]);
  const [red = 0, green = 0, blue = 0] = await middle();
  // Chromium's test camera is green.
  expect(green).toBeGreaterThan(2 * Math.max(red, blue));
  await openCamera();
  await at.page.keyboard.press('Escape');
  await expect.poll(live).toEqual([false, false]);
  await openCamera();
  await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
  expect(await live()).toEqual([false, false, false]);
}, 120_000);

it('a camera that is refused is said, and another way can be taken', async () => {
  await at.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
  });
  await keys(at.page, /^Picture: /, 'Enter');
  await seen(at.page, '>>> dialog[open]');
  await press(at.page, ENGLISH.chooseCamera);
  const alert = await seen(at.page, '>>> [role=alert]');
  expect(await alert.evaluate(({ textContent }) => textContent)).toBe('The camera is not available: Permission denied');
  expect(await axe(at.page)).toEqual([]);
  await at.page.keyboard.press('Escape');
  expect(await focused(at.page)).toMatch(/^Picture: /);
});

it('a file that is no picture is said at once, by its name, without the browser’s broken mark', async () => {
  await dropFile(at.page, '>>> .frame', resolve(import.meta.dirname, 'pages/elements.html'), 'image/png');
  await untilTold('elements.html', 'failed: bad-picture undefined');
  const shown = await at.page.$eval(TAG, async (well) => {
    await well.updateComplete;
    return [well.shadowRoot?.querySelectorAll('img').length, well.shadowRoot?.querySelector('.empty')?.textContent.trim()];
  });
  expect(shown).toEqual([0, 'elements.html cannot be shown']);
  expect(await axe(at.page)).toEqual([]);
  await dropFile(at.page, '>>> .frame', COFFEE, 'image/jpeg');
  await untilTold('elements.html', 'failed: bad-picture undefined', 'coffee.jpg');
  expect(await middle()).toHaveLength(4);
});

it('is emptied by keyboard where that is offered, and takes nothing while it is disabled', async () => {
  await at.put(TAG, { label: 'Picture', src: '/assets/photographs/coffee.jpg', removable: '', 'remove-label': 'Remove the picture' });
  await at.page.waitForFunction((tag) => document.querySelector(tag as 'gram-picture-well')?.value !== null, { polling: 50 }, TAG);
  await keys(at.page, 'Remove the picture', 'Enter');
  expect(await at.page.$eval(TAG, ({ value, src }) => [value, src])).toEqual([null, null]);
  await at.page.$eval(TAG, async (well) => {
    well.disabled = true;
    await well.updateComplete;
  });
  await dropFile(at.page, '>>> .frame', COFFEE, 'image/jpeg');
  await pasteFile(at.page, '>>> .frame', COFFEE, 'image/jpeg');
  expect(await at.page.$eval(TAG, ({ value }) => value)).toBe(null);
});
