/** What a visitor does to an element: presses, drops, pastes, goes through it by keyboard, downloads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyInput, Page } from 'puppeteer';
import { expect } from 'vitest';

/** Where a picture is drawn by the GPU. */
type Studio = 'gram-style-transfer' | 'gram-texture-synthesis';

/** Presses a button by its words, wherever it is in the shadow tree. */
export async function press(page: Page, words: string): Promise<void> {
  await page.locator(`>>> button ::-p-text(${words}), >>> button[aria-label="${words}"]`).click();
}

/** Name of what has the focus: its own label, its words, its id, or the label beside it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement instanceof Element) active = active.shadowRoot.activeElement;
    if (active === null) return '';
    const words = active instanceof HTMLSelectElement ? '' : active.textContent.trim();
    const label = active instanceof HTMLInputElement ? (active.labels?.[0]?.textContent.trim() ?? '') : '';
    return active.getAttribute('aria-label') ?? [words, active.id, label].find((each) => each !== '') ?? '';
  });
}

/** Goes to an element by its name with the Tab key alone, from where the focus is. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const isThere = (words: string): boolean => (typeof name === 'string' ? words === name : name.test(words));
  for (let tab = 0; tab < 60 && !isThere(await focused(page)); tab++) await page.keyboard.press('Tab');
  expect(await focused(page)).toEqual(typeof name === 'string' ? name : expect.stringMatching(name));
}

/** Goes to an element with the Tab key and presses keys there. */
export async function keys(page: Page, name: string | RegExp, ...pressed: readonly KeyInput[]): Promise<void> {
  await tabTo(page, name);
  for (const key of pressed) await page.keyboard.press(key);
}

/** Mean absolute difference between the canvas on the screen, pixel for pixel, and the image on the GPU, both 0 to 255. */
export async function canvasError(page: Page, tag: Studio): Promise<number> {
  const canvas = await page.waitForSelector('>>> canvas.result');
  const setStyle = (style: string): Promise<string> | undefined =>
    canvas?.evaluate((element, text) => {
      const before = element.style.cssText;
      element.style.cssText = text;
      return before;
    }, style);
  const before = await setStyle('position:fixed;left:0;top:0;inset:0 auto auto 0;inline-size:auto;block-size:auto;z-index:9;max-inline-size:none');
  const shot = await canvas?.screenshot({ encoding: 'base64' });
  await setStyle(before ?? '');
  return page.$eval(
    tag,
    async (element, png) => {
      const bitmaps = await Promise.all(
        [await (await fetch(`data:image/png;base64,${png ?? ''}`)).blob(), await element.toBlob()].map((blob) => createImageBitmap(blob)),
      );
      const [shown, wanted] = bitmaps.map((bitmap) => {
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context?.drawImage(bitmap, 0, 0);
        return context?.getImageData(0, 0, bitmap.width, bitmap.height);
      });
      if (shown?.width !== wanted?.width || shown?.height !== wanted?.height || shown === undefined) return NaN;
      return shown.data.reduce((sum, value, index) => sum + Math.abs(value - (wanted?.data[index] ?? 0)), 0) / shown.data.length;
    },
    shot,
  );
}

/** Gives a file to an element as a visitor does who drags it in, or who pastes it. */
async function give(page: Page, selector: string, path: string, type: string, by: 'drop' | 'paste'): Promise<void> {
  const target = await page.waitForSelector(selector);
  await target?.evaluate(
    (element, bytes, name, mime, way) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))], name, { type: mime }));
      if (way === 'paste') element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true, composed: true }));
      else {
        for (const event of ['dragenter', 'dragover', 'drop'])
          element.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }));
      }
    },
    readFileSync(path, 'base64'),
    path.split('/').at(-1) ?? '',
    type,
    by,
  );
}

/** Drops a file on an element. */
export async function dropFile(page: Page, selector: string, path: string, type: string): Promise<void> {
  await give(page, selector, path, type, 'drop');
}

/** Pastes a file into an element. */
export async function pasteFile(page: Page, selector: string, path: string, type: string): Promise<void> {
  await give(page, selector, path, type, 'paste');
}

/** Presses a key that opens the browser's dialog of files, and chooses there. The page may have to have settled first: pressed anew when nothing opens. */
export async function chooseFile(page: Page, key: KeyInput, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [chooser] = await Promise.all([page.waitForFileChooser({ timeout: 8_000 }), page.keyboard.press(key)]);
      await chooser.accept([path]);
      return;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** Lets the page's downloads go to a folder. */
export async function allowDownloads(page: Page, folder: string): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
}

/** Waits for a downloaded file with this ending; its path. */
export async function downloaded(folder: string, ending: string): Promise<string> {
  for (let wait = 0; wait < 150; wait++) {
    const file = readdirSync(folder).find((name) => name.endsWith(ending));
    if (file !== undefined) return join(folder, file);
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`No file that ends with ${ending} was downloaded.`);
}
