/** The store of weights in a real browser: kept over reloads, resumed, listed, removed, locked against another page. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer, type ViteDevServer } from 'vite';
import { launchBrowser } from '../../src/cli/browser.js';
import { countingFile, HostileServer } from '../support/hostile-server.js';

/** Three segments of the store. */
const FILE = countingFile(20_000_000);
const SHA256 = createHash('sha256').update(FILE.read(0, FILE.sizeBytes)).digest('hex');

let vite: ViteDevServer;
let browser: Browser;
let server: HostileServer;
let page: Page;

beforeAll(async () => {
  server = await HostileServer.start(FILE);
  vite = await createServer({
    root: resolve(import.meta.dirname, '../..'),
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    // Everything the store imports is an ES module already.
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    plugins: [
      {
        name: 'empty-page',
        configureServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            if (request.url === '/empty') response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>store</title>');
            else next();
          });
        },
      },
    ],
  });
  await vite.listen();
  browser = await launchBrowser('software');
  page = await openPage();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await vite.close();
  await server.stop();
});

async function openPage(): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(`${vite.resolvedUrls?.local[0] ?? ''}empty`);
  return opened;
}

/** Runs statements in a page with the store's modules and gives what they return. */
async function inPage(where: Page, body: string): Promise<unknown> {
  const source = {
    name: 'test-net',
    net: 'vgg19',
    summary: '',
    url: server.url(),
    fileName: 'file.bin',
    licence: 'none',
    attribution: '',
    preprocess: 'caffe',
    layers: ['a', 'b'],
    take: 'file',
  };
  return where.evaluate(`(async () => {
    const { openOpfsStore } = await import('/src/models/sources/opfs-store.ts');
    const { fetchWeights, verifyWeights } = await import('/src/models/sources/fetch-weights.ts');
    const store = await openOpfsStore('test-weights');
    const source = ${JSON.stringify(source)};
    try { return await (async () => { ${body} })(); } catch (error) { return { code: error.code, message: String(error.message) }; }
  })()`);
}

test('a cancelled fetch goes on after a reload from the segments that were kept', async () => {
  const cancelled = await inPage(
    page,
    `const abort = new AbortController();
     await fetchWeights(source, store, { signal: abort.signal, onProgress: ({ doneBytes }) => { if (doneBytes > 12_000_000) abort.abort(); } });`,
  );
  expect(cancelled).toMatchObject({ code: 'aborted' });
  expect(await inPage(page, 'return store.list();')).toEqual([]);
  await page.reload();
  server.behave({});
  const record = await inPage(page, 'return fetchWeights(source, store);');
  expect(record).toMatchObject({ name: 'test-net', sizeBytes: 20_000_000, checksum: { algorithm: 'sha256', hex: SHA256 } });
  expect(Number(/\d+/.exec(server.requests[0]?.range ?? '')?.[0])).toBeGreaterThan(8_000_000);
  expect(server.sentBytes).toBeLessThan(12_000_000);
}, 120_000);

test('after a reload it is there without any request: listed, readable over segments, verified', async () => {
  await page.reload();
  server.behave({ status: { code: 500 } });
  expect(await inPage(page, 'return fetchWeights(source, store);')).toMatchObject({ sizeBytes: 20_000_000 });
  expect(await inPage(page, 'return (await store.list()).map(({ name, sizeBytes }) => [name, sizeBytes]);')).toEqual([['test-net', 20_000_000]]);
  const around = 8 * 1024 * 1024;
  const bytes = await inPage(
    page,
    `const opened = await store.open('test-net'); return [await opened.size(), opened.preprocess, [...await opened.read(${String(around - 3)}, ${String(around + 3)})]];`,
  );
  expect(bytes).toEqual([20_000_000, 'caffe', [...FILE.read(around - 3, around + 3)]]);
  expect(await inPage(page, "return (await verifyWeights(store, await store.find('test-net'))).isGood;")).toBe(true);
  expect(server.requests).toEqual([]);
}, 120_000);

test('two pages at once: the second is told', async () => {
  server.behave({ slowMs: 20 });
  const other = await openPage();
  const first = inPage(page, 'return fetchWeights(source, store, { force: true });');
  await new Promise((done) => setTimeout(done, 1_000));
  expect(await inPage(other, 'return fetchWeights(source, store, { force: true });')).toMatchObject({ code: 'write-failed' });
  expect(await first).toMatchObject({ sizeBytes: 20_000_000 });
  await other.close();
}, 120_000);

test('removed is removed', async () => {
  expect(await inPage(page, "return [await store.remove('test-net'), await store.remove('test-net'), await store.list()];")).toEqual([true, false, []]);
}, 120_000);
