/**
 * The gallery: every state of every element in one table, so that what must hold for all (words, accessibility, no overflow, both
 * themes, screenshots) is written once. To add an element: a file beside test/ui/gallery/studios.ts that exports an `ElementCase`, and
 * one line in test/ui/gallery/index.ts. Tests (test/ui/gallery.test.ts) and `npm run screenshots` then take it up.
 */
import type { CDPSession, Page } from 'puppeteer';
import { sticksOut } from './both-looks.js';
import type { ContactSheets } from './contact-sheets.js';
import { setFaults, type Faults } from './faults.js';
import { untilShown } from './shown-text.js';
import type { UiPage } from './ui.js';

/** A state an element can be in. */
export interface ElementState {
  /** kebab-case; screenshots are named by it. */
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** A state listed before that this one is reached from: `arrange` goes on from there. */
  readonly after?: string;
  /** True where the layout has most to do with its room: looked at on a 4K screen too. */
  readonly spacious?: boolean;
  /** From right to left, or in the colours of the system. */
  readonly look?: 'rtl' | 'forced-colours';
  /** What is wrong with the page meanwhile; see faults.ts. */
  readonly faults?: Partial<Faults>;
  /** Brings the element into the state and waits until it is there. Without it the attributes do. */
  arrange?(at: UiPage, tag: string): Promise<void>;
  /** Words that must be seen, wherever they are in the shadow tree. */
  readonly shows?: readonly (string | RegExp)[];
}

/** An element with its states, in an order that wakes the graphics device as rarely as possible. */
export interface ElementCase {
  readonly tag: string;
  readonly states: readonly ElementState[];
}

/** How a window is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
}

/** Screens that screenshots are taken on: how tall a picture may be where the page is taller, and how large it is kept. */
export const SCREENS = [
  { name: 'phone', width: 320, height: 640, tallest: 1800, scale: 0.6 },
  { name: 'tablet', width: 820, height: 1100, tallest: 1500, scale: 0.4 },
  { name: 'desktop', width: 1440, height: 900, tallest: 1200, scale: 0.44 },
] as const;
/** The narrowest window that must do. */
export const NARROW: View = { width: 320, height: 640 };
export const DESKTOP: View = { width: 1280, height: 860 };
export const WIDE: View = { width: 3840, height: 2160 };

/** Both themes. */
export const THEMES = ['light', 'dark'] as const;

/** States that the element in a page has been through since it was put there. */
const passed = new WeakMap<Page, readonly ElementState[]>();

/** Brings an element into a state. What was shown last is gone on from where the state follows on it. */
export async function show(at: UiPage, element: ElementCase, state: ElementState): Promise<void> {
  const before = element.states.find(({ name }) => name === state.after);
  if (state.after !== undefined && before === undefined) throw new Error(`<${element.tag}> has no state "${state.after}".`);
  if (before === undefined) await put(at, element, state);
  else if (passed.get(at.page)?.includes(before) !== true) await show(at, element, before);
  await setFaults(at.page, state.faults);
  await state.arrange?.(at, element.tag);
  for (const words of state.shows ?? []) await untilShown(at.page, words);
  passed.set(at.page, [...(passed.get(at.page) ?? []), state]);
}

/** Puts a new element into the page. */
async function put(at: UiPage, { tag }: ElementCase, state: ElementState): Promise<void> {
  passed.delete(at.page);
  await setFaults(at.page, state.faults);
  // An unused engine is kept for half a second: one that was made before the fault must be gone.
  if (state.faults?.gpu !== undefined) {
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await new Promise((done) => setTimeout(done, 800));
  }
  await at.put(tag, state.attributes ?? {});
}

/** One for each page: what a session emulates would go on beside what another does. */
const sessions = new WeakMap<Page, CDPSession>();

async function sessionOf(page: Page): Promise<CDPSession> {
  const session = sessions.get(page) ?? (await page.createCDPSession());
  sessions.set(page, session);
  return session;
}

/** Sets window, theme and look, and waits until the page has followed. */
export async function setView(page: Page, { width, height }: View, theme: (typeof THEMES)[number], look?: ElementState['look']): Promise<void> {
  await page.setViewport({ width, height });
  await (
    await sessionOf(page)
  ).send('Emulation.setEmulatedMedia', {
    features: [
      { name: 'prefers-color-scheme', value: theme },
      // Colours that are still on their way are nothing to judge.
      { name: 'prefers-reduced-motion', value: 'reduce' },
      { name: 'forced-colors', value: look === 'forced-colours' ? 'active' : 'none' },
    ],
  });
  // Two frames: one for observers of sizes, one for what they change.
  await page.evaluate(
    (dir) =>
      new Promise<void>((done) => {
        document.documentElement.dir = dir;
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            done();
          });
        });
      }),
    look === 'rtl' ? 'rtl' : 'ltr',
  );
}

/** How far down the page goes, in px. A dialog needs the window, anything else as much as it fills. */
function filledPx(page: Page): Promise<number> {
  return page.evaluate(() => {
    const hasDialog = (root: ParentNode): boolean =>
      root.querySelector('dialog[open]') !== null || [...root.querySelectorAll('*')].some(({ shadowRoot }) => shadowRoot !== null && hasDialog(shadowRoot));
    return hasDialog(document) ? innerHeight : Math.ceil(document.body.getBoundingClientRect().bottom + scrollY);
  });
}

/** Takes the page as it is on every screen and in both themes. What a page has below the window is shown by a taller window, so that what sticks to its edge stays there. */
export async function photograph(page: Page, caption: string, sheets: ContactSheets, look?: ElementState['look']): Promise<void> {
  await page.mouse.move(1, 1);
  for (const screen of SCREENS) {
    for (const theme of THEMES) {
      await setView(page, screen, theme, look);
      const outside = await sticksOut(page);
      if (outside !== '') throw new Error(`${caption} on a ${screen.name}: ${outside}`);
      const height = Math.min(Math.max(await filledPx(page), screen.height), screen.tallest);
      if (height !== screen.height) await setView(page, { width: screen.width, height }, theme, look);
      const clip = { x: 0, y: 0, width: screen.width, height: Math.min(await filledPx(page), height) };
      const png = await page.screenshot({ type: 'png', clip, captureBeyondViewport: false });
      sheets.add(`${screen.name}-${theme}`, { caption, png, scale: screen.scale });
    }
  }
}
