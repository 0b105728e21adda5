/**
 * Every state of every element has its own words, no accessibility problem in either theme, and nothing that sticks out, from 320 px
 * to 4K. With SCREENSHOTS=write (`npm run screenshots`) pictures of them are kept under docs/screenshots instead:
 * a sheet for each element, screen and theme.
 */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe } from '../support/axe.js';
import { sticksOut } from '../support/both-looks.js';
import { ContactSheets } from '../support/contact-sheets.js';
import { setFaults } from '../support/faults.js';
import { DESKTOP, NARROW, photograph, setView, show, WIDE } from '../support/gallery.js';
import { startUi, type UiBrowser, type UiPage } from '../support/ui.js';
import { GALLERY } from './gallery/index.js';
import { IS_FOR_SHOW } from './gallery/settings.js';

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots');

let ui: UiBrowser;
let at: UiPage;
beforeAll(async () => {
  ui = await startUi();
  at = await ui.open();
  at.page.setDefaultTimeout(60_000);
  // It belongs to the page of the tests, not to the element.
  await at.page.evaluate(() => {
    document.querySelector('header')?.setAttribute('style', 'position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%)');
  });
}, 120_000);
afterAll(async () => {
  await ui.stop();
});

for (const element of GALLERY) {
  describe(`<${element.tag}>`, () => {
    const sheets = new ContactSheets();
    afterAll(async () => {
      await sheets.write(FOLDER, element.tag);
      // What waits for a fault to end must not wait for the next element.
      await setFaults(at.page);
      await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    });

    for (const state of element.states) {
      it(
        state.name,
        async () => {
          await setView(at.page, DESKTOP, 'light', state.look);
          if (IS_FOR_SHOW) {
            // A picture of what came instead says most about a state that is not reached.
            const reached = await show(at, element, state).catch((error: unknown) => error);
            await photograph(at.page, state.name, sheets, state.look);
            if (reached instanceof Error) throw reached;
            return;
          }
          await show(at, element, state);
          expect(await axe(at.page)).toEqual([]);
          await setView(at.page, DESKTOP, 'dark', state.look);
          expect(await axe(at.page, { colours: true }), 'dark').toEqual([]);
          for (const view of state.spacious === true ? [NARROW, WIDE] : [NARROW]) {
            await setView(at.page, view, 'light', state.look);
            expect(await sticksOut(at.page)).toBe('');
          }
        },
        300_000,
      );
    }
  });
}
