/** The HTML report in a browser that has no network: everything it shows comes out of the one file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatResults } from '../../src/bench/formats/files.js';
import { browserFlags, browserPath } from '../../src/cli/browser.js';
import { problemsInBothLooks } from '../support/both-looks.js';
import { fakeFile, layeredGroups } from '../support/bench-files.js';

const folder = mkdtempSync(join(tmpdir(), 'gramarye-report-'));
const path = join(folder, 'report.html');
const asked: string[] = [];
const problems: string[] = [];
let browser: Browser;
let page: Page;

beforeAll(async () => {
  writeFileSync(path, await formatResults(fakeFile(layeredGroups(1)), '.html'));
  browser = await puppeteer.launch({ executablePath: browserPath(), headless: true, args: browserFlags('software') });
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  // A policy that refuses something says so on the console.
  page.on('console', (message) => problems.push(message.text()));
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    asked.push(request.url());
    void (request.url() === pathToFileURL(path).href ? request.continue() : request.abort());
  });
  await page.setOfflineMode(true);
  await page.goto(pathToFileURL(path).href);
}, 60_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

describe('the report without a network', () => {
  it('asks for nothing but itself, and complains of nothing', () => {
    expect(asked).toEqual([pathToFileURL(path).href]);
    expect(problems).toEqual([]);
  });

  it('shows its four kinds of plots in its own colours, and a table of every case', async () => {
    const plots = await page.$$eval('svg', (all) =>
      all.map((svg) => {
        const { width, height } = svg.getBoundingClientRect();
        const marks = [...svg.querySelectorAll('rect, circle, polyline')].map((mark) => {
          const { fill, stroke } = getComputedStyle(mark);
          return mark.localName === 'polyline' ? stroke : fill;
        });
        return { title: svg.getAttribute('aria-label') ?? '', isSeen: width > 300 && height > 50, colours: [...new Set(marks)] };
      }),
    );
    const of = (pattern: RegExp): typeof plots => plots.filter(({ title }) => pattern.test(title));
    expect(of(/^Roofline/)).toHaveLength(1);
    expect(of(/^conv: share of each layer/)).toHaveLength(1);
    expect(of(/^conv: speed against image size/)).toHaveLength(1);
    expect(of(/median milliseconds with 95% intervals$/)).toHaveLength(6);
    expect(plots.filter(({ isSeen }) => !isSeen)).toEqual([]);
    // Black is what SVG is without the style: the policy's digest must be that of the style.
    expect(plots.flatMap(({ colours }) => colours).filter((colour) => colour === 'rgb(0, 0, 0)' || colour === 'none')).toEqual([]);
    expect(await page.$$eval('table tbody tr', (rows) => rows.length)).toBe(18);
    expect(await page.$$eval('table th', (cells) => cells.map(({ textContent }) => textContent))).toEqual(expect.arrayContaining(['p10', 'p90', 'p99']));
    expect(await page.$eval('body', ({ textContent }) => textContent)).toMatch(/Software adapter: it computes on the CPU.*Fastest: winograd-f4-broadcast/s);
  });

  it('can be read by everybody: light and dark, in a narrow window', async () => {
    expect(await problemsInBothLooks(page)).toEqual([]);
  });
});
