/** What a page shows, as a reader sees it. */
import type { Page } from 'puppeteer';

/** Waits until words can be seen, wherever they are. */
export async function untilShown(page: Page, words: string | RegExp, timeoutMs = 60_000): Promise<void> {
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
