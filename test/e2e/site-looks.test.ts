/**
 * How the built pages look: as they open, and those of classification and fine-tuning after one click. Nothing sticks out at 320 px, axe
 * finds nothing in either theme. With SCREENSHOTS=write (`npm run screenshots`) pictures of them are kept under docs/screenshots.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSite, PAGES } from '../../scripts/site.mjs';
import { axe } from '../support/axe.js';
import { sticksOut } from '../support/both-looks.js';
import { ContactSheets } from '../support/contact-sheets.js';
import { DESKTOP, NARROW, photograph, setView } from '../support/gallery.js';
import { serveFolder, type StaticServer } from '../support/static-server.js';
import { launchForCanvas } from '../support/ui.js';

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots');
const IS_FOR_SHOW = process.env.SCREENSHOTS === 'write';

let folder: string;
let server: StaticServer;
let browser: Browser;
let page: Page;
const sheets = new ContactSheets();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-looks-'));
  await buildSite(folder);
  server = await serveFolder(folder);
  browser = await launchForCanvas();
  page = await browser.newPage();
}, 300_000);
afterAll(async () => {
  await sheets.write(FOLDER, 'site');
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Looks at the page as it is, or takes its picture. */
async function look(caption: string): Promise<void> {
  if (IS_FOR_SHOW) {
    await photograph(page, caption, sheets);
    return;
  }
  await setView(page, DESKTOP, 'light');
  expect(await axe(page)).toEqual([]);
  await setView(page, DESKTOP, 'dark');
  expect(await axe(page, { colours: true }), 'dark').toEqual([]);
  await setView(page, NARROW, 'light');
  expect(await sticksOut(page)).toBe('');
}

/** Waits for an element's attribute `state`; the page's rules forbid Puppeteer's own way, which makes functions out of text. */
async function untilState(tag: string, states: readonly string[]): Promise<void> {
  await expect.poll(() => page.$eval(tag, (element) => element.getAttribute('state') ?? ''), { timeout: 280_000, interval: 200 }).toBeOneOf([...states]);
}

it.each(PAGES.map((name) => ({ name })))(
  'the page $name as it opens',
  async ({ name }) => {
    await setView(page, DESKTOP, 'light');
    await page.goto(`${server.url}${name}.html`, { waitUntil: 'networkidle0' });
    await look(name);
  },
  120_000,
);

it('classification after one click', async () => {
  await setView(page, DESKTOP, 'light');
  await page.goto(`${server.url}classify.html`, { waitUntil: 'networkidle0' });
  await page.$eval('gram-classifier', (element) => {
    element.shadowRoot?.querySelector<HTMLButtonElement>('button.primary')?.click();
  });
  await untilState('gram-classifier', ['finished']);
  await look('classify, one click later');
}, 300_000);

it('fine-tuning on the drawings that come along: while it learns, and when it is done', async () => {
  await setView(page, DESKTOP, 'light');
  await page.goto(`${server.url}fine-tune.html`, { waitUntil: 'networkidle0' });
  // Small and short: the whole of it takes a software adapter a quarter of an hour.
  await page.$eval('gram-fine-tune', async (element) => {
    Object.assign(element, { size: 64, epochs: 2 });
    await element.updateComplete;
    element.shadowRoot?.querySelector<HTMLButtonElement>('button.primary')?.click();
  });
  await untilState('gram-fine-tune', ['running', 'finished']);
  await look('fine-tune, one click later');
  await untilState('gram-fine-tune', ['finished']);
  await look('fine-tune, done');
}, 600_000);
