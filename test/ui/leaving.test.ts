/** A studio that leaves the page while it runs leaves nothing behind; one that is only moved shows its pictures as before. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { press } from '../support/drive.js';
import { gpuCounts } from '../support/faults.js';
import { QUICK, startUi, type UiBrowser, type UiPage } from '../support/ui.js';

const TAG = 'gram-style-transfer';

let ui: UiBrowser;
let at: UiPage;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});
beforeEach(async () => {
  at = await ui.open({
    before: () => {
      const urls = new Set<string>();
      Object.assign(globalThis, { urls });
      const [create, revoke] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];
      URL.createObjectURL = (object) => {
        const url = create(object);
        urls.add(url);
        return url;
      };
      URL.revokeObjectURL = (url) => {
        urls.delete(url);
        revoke(url);
      };
    },
  });
});

/** Addresses of blobs that were made and not taken away. */
function addresses(): Promise<number> {
  return at.page.evaluate(() => (globalThis as unknown as { urls: Set<string> }).urls.size);
}

it('no buffer and no address of a picture is left of one that runs', async () => {
  for (let round = 0; round < 2; round++) {
    await at.put(TAG, { ...QUICK, steps: '4000' });
    // Pressed while the pictures are still on their way.
    await press(at.page, 'Start');
    await at.page.waitForFunction((tag) => (document.querySelector(tag as 'gram-style-transfer')?.step ?? 0) > 2, { polling: 50 }, TAG);
    expect(await addresses()).toBeGreaterThan(0);
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await expect.poll(async () => [await addresses(), (await gpuCounts(at.page)).buffers], { timeout: 20_000 }).toEqual([0, 0]);
  }
  expect(at.problems).toEqual([]);
  await at.page.close();
}, 300_000);

it('moved in the page, wells and stage show their pictures', async () => {
  await at.put(TAG, QUICK);
  const shown = (): Promise<boolean[]> =>
    at.page.$eval(TAG, (studio) => {
      const root = studio.shadowRoot;
      const images = [...(root?.querySelectorAll('gram-picture-well') ?? []), ...(root?.querySelectorAll('gram-picture-stage') ?? [])].map((part) =>
        part.shadowRoot?.querySelector('img'),
      );
      return images.map((image) => image?.complete === true && image.naturalWidth > 0 && image.checkVisibility());
    });
  const all = [true, true, true];
  await expect.poll(shown, { timeout: 30_000 }).toEqual(all);
  const before = await addresses();
  await at.page.$eval(TAG, (studio) => {
    studio.parentElement?.append(studio);
  });
  await expect.poll(shown, { timeout: 10_000 }).toEqual(all);
  expect(await addresses()).toBe(before);
  await at.page.close();
}, 120_000);
