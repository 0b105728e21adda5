/** The elements in a real browser: a development server, Chromium with a canvas that works in software, and a page. */
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer';
import { createServer, type ViteDevServer } from 'vite';
import { browserFlags, browserPath } from '../../src/cli/browser.js';
import { installFaults } from './faults.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** A canvas with a WebGPU context stays blank under SwiftShader unless all of Chromium draws through its Vulkan driver. */
const CANVAS_FLAGS = ['--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=vulkan'];
/** A camera that shows a moving pattern and needs no leave. */
const CAMERA_FLAGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
/** Lets a page have WebGPU again after its GPU process has crashed, which the tests cause; after three times Chromium would take another driver, without a canvas. */
const CRASH_FLAGS = ['--disable-domain-blocking-for-3d-apis', '--disable-gpu-process-crash-limit'];

/** Small and quick, for a rasteriser on a busy machine. */
export const QUICK = {
  net: 'random-vgg19/16',
  size: '48',
  'style-size': '48',
  steps: '10',
  content: '/assets/photographs/chelsea.jpg',
  styles: '/assets/styles/flow-field.jpg',
} as const;

/** A browser with the development server behind it. */
export interface UiBrowser {
  readonly browser: Browser;
  readonly url: string;
  /** A fresh page with all elements defined. Errors of the page are collected in `problems`. */
  open(options?: OpenOptions): Promise<UiPage>;
  stop(): Promise<void>;
}

/** How a page is opened. */
export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly path?: string;
  /** Runs in the page before anything else. */
  readonly before?: () => void;
}

/** A page under test. */
export interface UiPage {
  readonly page: Page;
  /** Uncaught errors and console errors so far. */
  readonly problems: string[];
  /** Puts one element into the page, in place of what was there. */
  put(tag: string, attributes?: Readonly<Record<string, string>>): Promise<ElementHandle>;
  /** Waits until an attribute of the element has a value. */
  until(tag: string, attribute: string, value: string, timeoutMs?: number): Promise<void>;
}

/** A browser in which a WebGPU canvas works in software. */
export function launchForCanvas(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: browserPath(),
    headless: true,
    args: [...browserFlags('software'), ...CANVAS_FLAGS, ...CRASH_FLAGS, ...CAMERA_FLAGS],
    protocolTimeout: 600_000,
  });
}

/** Starts server and browser. */
export async function startUi(): Promise<UiBrowser> {
  const server: ViteDevServer = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(ROOT, '.cache', `ui-tests-${String(process.pid)}`),
    server: { port: 0, host: 'localhost', hmr: false, watch: null },
    optimizeDeps: { entries: ['src/ui/index.ts'], include: ['lit', 'lit/decorators.js', 'lucide', 'uplot', 'pica', 'fflate'] },
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0] ?? '';
  const browser = await launchForCanvas();
  const open = async (options: OpenOptions = {}): Promise<UiPage> => {
    const page = await browser.newPage();
    page.setDefaultTimeout(240_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.evaluateOnNewDocument(installFaults);
    if (options.before !== undefined) await page.evaluateOnNewDocument(options.before);
    await page.setViewport({ width: options.width ?? 1280, height: options.height ?? 860 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: options.theme ?? 'light' }]);
    await page.goto(new URL(options.path ?? 'test/ui/pages/elements.html', url).href);
    await page.waitForFunction(() => customElements.get('gram-texture-synthesis') !== undefined);
    return {
      page,
      problems,
      put: async (tag, attributes = {}) => {
        await page.evaluate(
          (name, values) => {
            const element = document.createElement(name);
            for (const [attribute, value] of Object.entries(values)) element.setAttribute(attribute, value);
            document.querySelector('main')?.replaceChildren(element);
          },
          tag,
          attributes,
        );
        const handle = await page.$(tag);
        if (handle === null) throw new Error(`There is no <${tag}> in the page.`);
        return handle;
      },
      until: async (tag, attribute, value, timeoutMs = 240_000) => {
        await page.waitForFunction(
          (name, attributeName, wanted) => document.querySelector(name)?.getAttribute(attributeName) === wanted,
          { timeout: timeoutMs, polling: 100 },
          tag,
          attribute,
          value,
        );
      },
    };
  };
  return {
    browser,
    url,
    open,
    stop: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/**
 * Waits until something can be seen. Puppeteer's plain `waitForSelector` looks again only when the light tree changes, and misses what
 * appears in a shadow tree.
 */
export async function seen(page: Page, selector: string): Promise<ElementHandle> {
  const handle = await page.waitForSelector(selector, { visible: true });
  if (handle === null) throw new Error(`${selector} is not seen.`);
  return handle;
}

/** A server of another origin that sends pictures: without leave for other origins, as most do, or with it. */
export async function strangerServer(body: Buffer, { givesLeave = false } = {}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg', ...(givesLeave ? { 'access-control-allow-origin': '*' } : {}) }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/picture.jpg`,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
      }),
  };
}
