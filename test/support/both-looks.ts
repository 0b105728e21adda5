/** A page as most see it, and as it is hardest: dark, from right to left, in the narrowest window. */
import type { Page } from 'puppeteer';
import { axe } from './axe.js';

const NARROW = { width: 320, height: 640 };

/** What axe finds in either, and what sticks out of the narrow window. Afterwards the page looks as before. */
export async function problemsInBothLooks(page: Page): Promise<string[]> {
  const light = await axe(page);
  const before = page.viewport();
  await page.setViewport(NARROW);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await turn(page, 'rtl');
  const hard = await axe(page);
  const outside = await sticksOut(page);
  await turn(page, 'ltr');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.setViewport(before);
  return [...light, ...hard.map((problem) => `dark, right to left, narrow: ${problem}`), ...(outside === '' ? [] : [`narrow: ${outside}`])];
}

/** By how much the page is wider than the window, and the elements that reach out of it; empty when all is within. */
export async function sticksOut(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return '';
    const names: string[] = [];
    const look = (root: Document | ShadowRoot): void => {
      for (const element of root.querySelectorAll('*')) {
        const { left, right } = element.getBoundingClientRect();
        if (left < -1 || right > clientWidth + 1) names.push(`${element.localName}.${(element.getAttribute('class') ?? '').replaceAll(' ', '.')}`);
        if (element.shadowRoot !== null) look(element.shadowRoot);
      }
    };
    look(document);
    return `${String(scrollWidth - clientWidth)} px stick out: ${names.join(' ')}`;
  });
}

/** Sets the direction, and waits until transitions of colours and sizes are over. */
async function turn(page: Page, direction: 'ltr' | 'rtl'): Promise<void> {
  await page.evaluate(async (dir) => {
    document.documentElement.dir = dir;
    await new Promise((done) => requestAnimationFrame(done));
    const running = document.getAnimations().filter(({ effect }) => (effect?.getComputedTiming().endTime ?? Infinity) !== Infinity);
    await Promise.allSettled(running.map(({ finished }) => finished));
  }, direction);
}
