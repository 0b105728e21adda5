/** Accessibility of a page, as axe sees it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'puppeteer';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page, in short; with `colours` only what a theme can change. */
export async function axe(page: Page, { colours = false } = {}): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(rules), {
    resultTypes: ['violations'],
    ...(colours ? { runOnly: ['color-contrast', 'link-in-text-block'] } : {}),
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`);
}
