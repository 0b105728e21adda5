/** `gramarye bench --connect`: browsers that run elsewhere, several at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBenchFile } from '../../src/bench/result.js';
import { connectBrowser } from '../../src/cli/remote/connect.js';
import { PAGE_ORIGIN, servePage } from '../../src/cli/remote/serve-page.js';
import { startCli, temporaryFolder } from '../support/cli.js';
import { startDebuggedBrowser, startGrid, type DebuggedBrowser } from '../support/remote-browsers.js';

const QUICK = ['--op', 'gram', '--shape', '64x16', '--samples', '6', '--seconds', '0.5'];
const { signal } = new AbortController();

let direct: DebuggedBrowser;
let grid: Awaited<ReturnType<typeof startGrid>>;
beforeAll(async () => {
  [direct, grid] = await Promise.all([startDebuggedBrowser(), startGrid()]);
});
afterAll(async () => {
  await Promise.all([direct.browser.close(), grid.stop()]);
});

describe('bench --connect', () => {
  it('measures in all browsers at once, merges by device, tells of one that is not there, and leaves the others as they were', async () => {
    const folder = temporaryFolder();
    const out = join(folder.path, 'merged.json');
    const before = (await direct.browser.pages()).length;
    const addresses = [direct.url, `${grid.url}?args=--lang=en`, 'http://127.0.0.1:9'];
    const { code, stdout, stderr } = await startCli(['bench', ...QUICK, '--out', out, ...addresses.flatMap((address) => ['--connect', address])]);
    const { runs } = parseBenchFile(readFileSync(out, 'utf8'), out);
    folder.remove();
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/No result from http:\/\/127\.0\.0\.1:9: .* does not answer/);
    expect(stdout + stderr).not.toContain('secret');
    expect(runs.map(({ host }) => host.endpoint)).toEqual([direct.url, grid.url.replace('me:secret@', '')]);
    for (const { device, groups } of runs) {
      expect(device.isSoftware).toBe(true);
      expect(groups.flatMap(({ cases }) => cases.map(({ status }) => status))).toEqual(['measured', 'measured']);
    }
    expect(grid.log.sessions).toMatchObject([{ browserName: 'chrome', 'goog:chromeOptions': { args: expect.arrayContaining(['--lang=en']) as unknown } }]);
    expect(grid.log.ended).toBe(1);
    expect(direct.browser.connected).toBe(true);
    expect(await direct.browser.pages()).toHaveLength(before);
  }, 600_000);

  it('gives the page only its own files, over CDP and over WebDriver BiDi', async () => {
    // Chromium speaks BiDi only through an adapter of Puppeteer's, so its address alone does not say so.
    const overBidi = await puppeteer.connect({ browserWSEndpoint: direct.browser.wsEndpoint(), protocol: 'webDriverBiDi', defaultViewport: null });
    const overCdp = await connectBrowser(direct.browser.wsEndpoint(), [], signal);
    for (const { browser, release } of [overCdp, { browser: overBidi, release: () => overBidi.disconnect() }]) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await servePage(page, join(import.meta.dirname, '../ui/pages'));
      await page.goto(`${PAGE_ORIGIN}/elements.html`);
      expect(await page.evaluate(() => [isSecureContext, 'gpu' in navigator])).toEqual([true, true]);
      const others = await page.evaluate((urls) => Promise.allSettled(urls.map((url) => fetch(url))), ['/../package.json', '/none', 'http://127.0.0.1:9/']);
      expect(others.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await context.close();
      await release();
    }
  });

  it('refuses what cannot be reached, in words', async () => {
    const refused = async (address: string): Promise<string> => {
      try {
        await connectBrowser(address, [], signal);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    expect(await refused('chrome')).toMatch(/is no address.*--remote-debugging-port/);
    expect(await refused('ftp://host/')).toMatch(/takes no ftp address/);
    expect(await refused(`${grid.url}?browserName=firefox`)).toMatch(/not firefox.*WebDriver BiDi/);
    expect(await refused(`${grid.url}?browserVersion=none`)).toMatch(/starts no browser: No matching capabilities found\./);
    expect(await refused(grid.url.replace('me:secret@', ''))).toMatch(/neither a browser nor a grid/);
    expect(await refused('ws://127.0.0.1:9/devtools/browser/x')).toMatch(/takes no connection/);
    const { code, stderr } = await startCli(['bench', ...QUICK, '--adapter', 'node', '--connect', direct.url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('exclude each other') as unknown]);
  });
});
