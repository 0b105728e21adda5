/** Driving the studio on a built page. Puppeteer's own ways of waiting make functions out of text, which the pages' rules forbid. */
import type { Page } from 'puppeteer';

const TAG = 'gram-style-transfer';

/** The studio as far as tests look at it. */
export interface StudioOnPage {
  readonly state: string;
  readonly step: number;
  readonly contentPicture: object | null;
}

/** Waits until the page's studio is as wanted; `isSo` runs here and not in the page. */
export async function untilStudio(page: Page, isSo: (studio: StudioOnPage) => boolean, timeoutMs = 240_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const studio = await page.$eval(TAG, ({ state, step, contentPicture }) => ({
      state: (state as string | undefined) ?? '',
      step: (step as number | undefined) ?? 0,
      contentPicture: (contentPicture as object | null | undefined) ?? null,
    }));
    if (isSo(studio)) return;
    if (Date.now() > end) throw new Error(`The studio does not come to where it should: it is ${JSON.stringify(studio)}.`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** A size that a processor can do. */
export async function setSmall(page: Page, steps: number): Promise<void> {
  await page.$eval(
    TAG,
    async (studio, count) => {
      Object.assign(studio, { size: 48, styleSize: 48, steps: count });
      await studio.updateComplete;
    },
    steps,
  );
}

/** Clicks the one primary button with the mouse. */
export async function pressPrimary(page: Page): Promise<void> {
  const { x, y } = await page.$eval(TAG, (studio) => {
    const button = studio.shadowRoot?.querySelector('button.primary');
    if (button === null || button === undefined) throw new Error('There is no button.');
    button.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { left, top, width, height } = button.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  });
  await page.mouse.click(x, y);
}
