/** Runs that are kept in the browser, and frames. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawnPicture } from '../support/drawn-pictures.js';
import { writePng } from '../support/net-files.js';
import { QUICK, seen, startUi, type UiBrowser } from '../support/ui.js';

const TAG = 'gram-style-transfer';

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

describe('frames', () => {
  it('are painted one after the other into a ZIP, in the order of their numbers, and bad ones are named', async () => {
    const at = await ui.open();
    await at.put(TAG, { ...QUICK, size: '32', steps: '3' });
    const folder = mkdtempSync(join(tmpdir(), 'gramarye-frames-'));
    const frames = ['f10.png', 'f9.png'].map((name, index) => {
      writePng(join(folder, name), drawnPicture(1, index, 32));
      return join(folder, name);
    });
    await at.page.$eval(TAG, (studio) => {
      for (const details of studio.shadowRoot?.querySelectorAll('details.mask') ?? []) (details as HTMLDetailsElement).open = true;
    });
    const input = await at.page.waitForSelector('>>> gram-frame-sequence >>> #files');
    await (input as ElementHandle<HTMLInputElement>).uploadFile(...frames);
    const zipped = at.page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          addEventListener('gram-frames-finished', ({ zip }) => {
            void zip.arrayBuffer().then((bytes) => {
              resolve([zip.type, ...(new TextDecoder('latin1').decode(bytes).match(/f\d+\.png/g) ?? [])]);
            });
          });
        }),
    );
    await at.page.locator('>>> gram-frame-sequence >>> button ::-p-text(Paint the frames)').click();
    // Each name stands before its picture and in the directory at the end.
    expect(await zipped).toEqual(['application/zip', 'f9.png', 'f10.png', 'f9.png', 'f10.png']);
    await seen(at.page, '>>> gram-frame-sequence >>> button ::-p-text(Download the frames)');
    const problem = await at.page.$eval(TAG, async (studio) => {
      const odd = new Blob();
      try {
        await studio.paintFrames([new File([odd], 'a.png'), new File([odd], 'a.jpg')]);
        return 'no problem';
      } catch (error) {
        return String(error);
      }
    });
    expect(problem).toMatch(/a\.(png|jpg) and a\.(png|jpg) would have the same result a\.png/);
    rmSync(folder, { recursive: true });
    expect(at.problems).toEqual([]);
    await at.page.close();
  }, 300_000);
});

describe('kept in the browser', () => {
  const attributes = { ...QUICK, id: 'kept-run', 'checkpoint-every': '2' };
  /** Fingerprint of the picture's pixels, and the losses by step. */
  const outcome = (page: Page): Promise<{ pixels: string; losses: string; state: string }> =>
    page.$eval(TAG, async (studio) => {
      const bitmap = await createImageBitmap(await studio.toBlob());
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      const digest = await crypto.subtle.digest('SHA-256', context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8Array());
      return {
        pixels: new Uint8Array(digest).join(),
        losses: studio.trace.map(({ step: at, total }) => `${String(at)}: ${String(total)}`).join(),
        state: studio.state,
      };
    });
  const start = (page: Page): Promise<void> => page.$eval(TAG, (studio) => studio.start());

  it('a run goes on after a reload where it was kept, to the same picture and losses, and then nothing is left', async () => {
    const at = await ui.open();
    await at.put(TAG, QUICK);
    await start(at.page);
    const whole = await outcome(at.page);
    expect(whole.state).toBe('finished');
    await at.put(TAG, attributes);
    await at.page.$eval(TAG, async (studio) => {
      const reached = new Promise<void>((resolve) => {
        studio.addEventListener('gram-stepped', ({ step: done }) => {
          if (done >= 5) resolve();
        });
      });
      void studio.start();
      await reached;
    });
    await at.page.reload();
    await at.page.waitForFunction(() => customElements.get('gram-texture-synthesis') !== undefined);
    await at.put(TAG, attributes);
    await start(at.page);
    expect(await outcome(at.page)).toEqual(whole);
    const notice = await at.page.$eval(TAG, (studio) => studio.shadowRoot?.querySelector('.notices')?.textContent ?? '');
    expect(notice).toMatch(/Going on from step [4-9]/);
    const left = await at.page.evaluate(async () => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('gramarye-runs');
      const names: string[] = [];
      for await (const name of (await root.getDirectoryHandle('kept-run')).keys()) names.push(name);
      return names;
    });
    expect(left).toEqual([]);
    expect(at.problems).toEqual([]);
    await at.page.close();
  }, 300_000);

  /** Paints the middle of the first style's mask by keyboard. */
  const paintMask = async (page: Page): Promise<void> => {
    await page.waitForSelector('>>> gram-mask-brush');
    await page.$eval(TAG, async (studio) => {
      const root = studio.shadowRoot;
      for (const details of root?.querySelectorAll('details.mask') ?? []) (details as HTMLDetailsElement).open = true;
      const brush = root?.querySelector('gram-mask-brush');
      const canvas = brush?.shadowRoot?.querySelector('canvas');
      const changed = new Promise((resolve) => brush?.addEventListener('gram-mask-changed', resolve, { once: true }));
      for (const key of ['ArrowRight', 'ArrowLeft', ' ']) canvas?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
      await changed;
    });
  };

  it('a run from coarse to fine by L-BFGS with a mask goes on after a reload, and after a lost device, to the same picture and losses', async () => {
    const styles = '/assets/styles/flow-field.jpg /assets/styles/mosaic.jpg';
    const hard = { ...QUICK, styles, size: '144', 'style-size': '64', 'multi-scale': '', optimizer: 'lbfgs', average: '0.5' };
    const kept = { ...hard, id: 'kept-hard', 'checkpoint-every': '2' };
    const at = await ui.open();
    const wholeOutcomes: unknown[] = [];
    // With and without a mask, so that a mask that was lost would be seen.
    for (const isMasked of [false, true]) {
      await at.put(TAG, hard);
      if (isMasked) await paintMask(at.page);
      await start(at.page);
      wholeOutcomes.push(await outcome(at.page));
    }
    const [unmasked, whole] = wholeOutcomes;
    expect(whole).toMatchObject({ state: 'finished' });
    expect(whole).not.toEqual(unmasked);
    const interrupted = async (after: number): Promise<void> => {
      await at.put(TAG, kept);
      await paintMask(at.page);
      await at.page.$eval(
        TAG,
        async (studio, wanted) => {
          const reached = new Promise<void>((resolve) => {
            studio.addEventListener('gram-stepped', ({ step: done }) => {
              if (done >= wanted) resolve();
            });
          });
          void studio.start();
          await reached;
        },
        after,
      );
    };
    // At the coarse size, and at the size of the result.
    for (const after of [3, 7]) {
      await interrupted(after);
      await at.page.reload();
      await at.page.waitForFunction(() => customElements.get('gram-texture-synthesis') !== undefined);
      await at.put(TAG, kept);
      await paintMask(at.page);
      await start(at.page);
      expect(await outcome(at.page), `reload after ${String(after)} steps`).toEqual(whole);
    }
    await interrupted(4);
    const session = await ui.browser.target().createCDPSession();
    await session.send('Browser.crashGpuProcess');
    await at.until(TAG, 'state', 'finished');
    expect(await outcome(at.page), 'lost device').toEqual(whole);
    expect(at.problems).toEqual([]);
    await at.page.close();
  }, 900_000);
});
