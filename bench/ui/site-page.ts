/** The built site in a browser whose canvases work in software, and a page of it with what it needs to be watched. */
import type { Browser, Page } from 'puppeteer';
import { buildSite, serveSite } from '../../scripts/site.mjs';
import { launchBrowser, type BrowserKind } from '../../src/cli/browser.js';
import { installCounters } from './counters.js';

/** Where studios are. */
export type StudioTag = 'gram-style-transfer' | 'gram-texture-synthesis';

/** A canvas with a WebGPU context stays blank under SwiftShader unless all of Chromium draws through its Vulkan driver. */
const CANVAS_FLAGS = ['--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=vulkan'];

/** The site, served and opened. */
export interface OpenSite {
  readonly browser: Browser;
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the site, serves it and starts a browser with empty caches. */
export async function openSite(adapter: BrowserKind): Promise<OpenSite> {
  await buildSite();
  const { server, url } = await serveSite({ port: 0 });
  const browser = await launchBrowser(adapter, adapter === 'software' ? CANVAS_FLAGS : []);
  return {
    browser,
    url,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** Opens a page of the site, with everything counted that its elements hold. */
export async function openPage({ browser, url }: OpenSite, name: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.setViewport({ width: 1280, height: 860 });
  await page.evaluateOnNewDocument(installCounters);
  await page.goto(new URL(`${name}.html`, url).href, { waitUntil: 'load' });
  return page;
}

/** A line for whoever runs the benchmark. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
