/**
 * Every state of every element has its own words, no accessibility problem in either theme, and nothing that sticks out, from 320 px
 * to 4K. With SCREENSHOTS=write (`npm run screenshots`) a picture of each is kept under docs/screenshots.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ScreenshotOptions } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, overflowing, SCREENS, setView, show, THEMES } from '../support/gallery.js';
import { startUi, type UiBrowser, type UiPage } from '../support/ui.js';
import { GALLERY } from './gallery/index.js';
import { IS_FOR_SHOW } from './gallery/settings.js';

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots');
const [, LAPTOP] = SCREENS;
/** The narrowest window that must do, and 4K. */
const EXTREMES = [
  { width: 320, height: 640 },
  { width: 3840, height: 2160 },
];

let ui: UiBrowser;
beforeAll(async () => {
  ui = await startUi();
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

/** Pictures at all sizes and in both themes. */
async function keep(at: UiPage, tag: string, state: string): Promise<void> {
  const folder = join(FOLDER, tag);
  mkdirSync(folder, { recursive: true });
  for (const screen of SCREENS) {
    for (const theme of THEMES) {
      await setView(at.page, screen, theme);
      const { width, height, scale } = screen;
      const whole = await at.page.evaluate(() => document.documentElement.scrollHeight);
      const path = join(folder, `${state}-${screen.name}-${theme}.webp`);
      const clip = { x: 0, y: 0, width, height: screen.name === 'phone' ? Math.max(height, whole) : height, scale };
      await at.page.screenshot({ path, type: 'webp', quality: 55, clip, captureBeyondViewport: true } satisfies ScreenshotOptions);
    }
  }
}

for (const element of GALLERY) {
  describe(`<${element.tag}>`, () => {
    let at: UiPage;
    beforeAll(async () => {
      at = await ui.open();
    }, 120_000);
    afterAll(async () => {
      await at.page.close();
    });

    for (const state of element.states) {
      it(
        state.name,
        async () => {
          await setView(at.page, LAPTOP, 'light');
          await show(at, element, state);
          if (IS_FOR_SHOW) {
            await keep(at, element.tag, state.name);
            return;
          }
          for (const theme of THEMES) {
            await setView(at.page, LAPTOP, theme);
            expect(await axe(at.page), theme).toEqual([]);
          }
          for (const view of EXTREMES) {
            await setView(at.page, view, 'light');
            expect(await overflowing(at.page)).toEqual([]);
          }
        },
        300_000,
      );
    }
  });
}
