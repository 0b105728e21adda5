/**
 * The gallery: every state of every element in one table, so that what must hold for all (words, accessibility, no overflow, both
 * themes, screenshots) is written once. To add an element: a file beside test/ui/gallery/studios.ts that exports an `ElementCase`, and
 * one line in test/ui/gallery/index.ts. Tests (test/ui/gallery.test.ts) and `npm run screenshots` then take it up.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'puppeteer';
import { setFaults, type Faults } from './faults.js';
import type { UiPage } from './ui.js';

/** A state an element can be in. */
export interface ElementState {
  /** kebab-case; screenshots are named by it. */
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
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
  /** Name below `gramarye/elements/` in the package. */
  readonly entry: string;
  readonly states: readonly ElementState[];
}

/** Screens that screenshots are taken at. A 4K screen is stored at half its pixels. */
export const SCREENS = [
  { name: 'phone', width: 390, height: 844, scale: 1 },
  { name: 'laptop', width: 1280, height: 860, scale: 1 },
  { name: '4k', width: 3840, height: 2160, scale: 0.5 },
] as const;

/** Both themes. */
export const THEMES = ['light', 'dark'] as const;

/** Puts the element into the page in a state. */
export async function show(at: UiPage, { tag }: Pick<ElementCase, 'tag'>, state: ElementState): Promise<void> {
  await setFaults(at.page, state.faults);
  // An unused engine is kept for half a second: one that was made before the fault must be gone.
  if (state.faults?.gpu !== undefined) {
    await at.page.evaluate(() => document.querySelector('main')?.replaceChildren());
    await new Promise((done) => setTimeout(done, 800));
  }
  await at.put(tag, state.attributes ?? {});
  await state.arrange?.(at, tag);
  for (const words of state.shows ?? []) await untilShown(at.page, words);
}

/** Waits until words can be seen, wherever they are. */
export async function untilShown(page: Page, words: string | RegExp, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const text = await shownText(page);
    if (typeof words === 'string' ? text.includes(words) : words.test(text)) return;
    if (Date.now() > end) throw new Error(`"${String(words)}" is not shown. Shown: ${text}`);
    await new Promise((done) => setTimeout(done, 150));
  }
}

/** All text that is rendered, through shadow trees and slots, in order. */
export function shownText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const parts: string[] = [];
    const visit = (node: Node): void => {
      if (node instanceof Text) parts.push(node.data);
      if (!(node instanceof Element)) return;
      if (node instanceof HTMLSlotElement) {
        // A slot has no box of its own.
        (node.assignedNodes().length > 0 ? node.assignedNodes() : [...node.childNodes]).forEach(visit);
        return;
      }
      if (node.localName === 'style' || node.localName === 'script' || !node.checkVisibility({ visibilityProperty: true })) return;
      (node.shadowRoot ?? node).childNodes.forEach(visit);
    };
    document.querySelectorAll('main').forEach(visit);
    return parts.join(' ').replace(/\s+/g, ' ').trim();
  });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page, in short. */
export async function axe(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`);
}

/** What sticks out of the page sideways: nothing may, from 320 px on. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide: string[] = [];
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.getBoundingClientRect().right > clientWidth + 1) wide.push(`${element.localName}.${String(element.getAttribute('class'))}`);
        if (element.shadowRoot !== null) visit(element.shadowRoot);
      }
    };
    visit(document);
    return [`the page is ${String(scrollWidth)} px wide in a window of ${String(clientWidth)} px`, ...wide];
  });
}

/** Sets window and theme. */
export async function setView(
  page: Page,
  { width, height }: { readonly width: number; readonly height: number },
  theme: (typeof THEMES)[number],
): Promise<void> {
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    // Colours that are still on their way are nothing to judge.
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  // Two frames: one for observers of sizes, one for what they change.
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            done();
          });
        });
      }),
  );
}
