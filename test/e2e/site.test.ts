/** The built site, as a visitor gets it: below a path, without the network after the first visit, under its own strict rules. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSite, PAGES } from '../../scripts/site.mjs';
import { serveFolder, type StaticServer } from '../support/static-server.js';
import { launchForCanvas } from '../support/ui.js';
import { pressPrimary, setSmall, untilStudio } from './site/studio-page.js';

const BASE = '/people/anna/gramarye/';

let folder: string;
let server: StaticServer;
let browser: Browser;
let page: Page;
let problems: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-site-'));
  await buildSite(folder);
  server = await serveFolder(folder, BASE);
  browser = await launchForCanvas();
  page = await browser.newPage();
  problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  // What the Content-Security-Policy forbids is reported here too.
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
}, 300_000);
afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** One click on Start with the page's own example, at a size that a processor can do. */
async function runExample(): Promise<void> {
  await untilStudio(page, ({ contentPicture }) => contentPicture !== null);
  await setSmall(page, 3);
  await pressPrimary(page);
  await untilStudio(page, ({ state }) => state === 'finished' || state === 'failed');
  const end = await page.$eval('gram-style-transfer', ({ state, trace }) => ({ state, losses: trace.map(({ total }) => total) }));
  expect(end.state).toBe('finished');
  expect(end.losses[2]).toBeLessThan(end.losses[0] ?? 0);
}

it('runs its example below a path, and asks for nothing that is not there', async () => {
  await page.goto(`${server.url}index.html`);
  await runExample();
  expect(server.missing).toEqual([]);
  expect(problems).toEqual([]);
}, 300_000);

it('allows no eval, no inline script and no script from elsewhere', async () => {
  const outcome = await page.evaluate(async () => {
    const run: string[] = [];
    Object.assign(globalThis, { ran: run });
    const script = document.createElement('script');
    script.textContent = 'ran.push("inline")';
    document.body.append(script);
    const elsewhere = document.createElement('script');
    elsewhere.src = 'data:text/javascript,ran.push("elsewhere")';
    const refused = new Promise<void>((done) => {
      for (const event of ['load', 'error'])
        elsewhere.addEventListener(event, () => {
          done();
        });
    });
    document.body.append(elsewhere);
    await refused;
    const button = document.createElement('button');
    button.setAttribute('onclick', 'ran.push("attribute")');
    document.body.append(button);
    button.click();
    try {
      run.push(String(globalThis.eval('"eval"')));
    } catch {
      // Forbidden, as it should be.
    }
    for (const element of [script, elsewhere, button]) element.remove();
    return run;
  });
  expect(outcome).toEqual([]);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.filter((problem) => !problem.includes('Content Security Policy'))).toEqual([]);
  problems.length = 0;
});

it('every page works without the network once one was visited', async () => {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state !== 'activated') await new Promise((done) => active?.addEventListener('statechange', done, { once: true }));
  });
  await server.close();
  for (const name of PAGES) {
    await page.goto(`${server.url}${name}.html`);
    const undefinedTags = await page.evaluate(() => [...document.querySelectorAll(':not(:defined)')].map(({ localName }) => localName));
    expect(undefinedTags, name).toEqual([]);
    expect(await page.$eval('h1', ({ textContent }) => textContent.trim().length), name).toBeGreaterThan(3);
  }
  await page.goto(server.url);
  await runExample();
  expect(problems).toEqual([]);
}, 300_000);
