/** The README's code, taken from the file, built against the project as a user's bundler would and run in a browser. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, expect, it } from 'vitest';
import { launchBrowser } from '../../src/cli/browser.js';
import { RunnerServer } from '../../src/cli/server.js';
import { temporaryFolder } from '../support/cli.js';

const project = resolve(import.meta.dirname, '../..');
const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

interface PageGlobals {
  paint(contentFile: Blob, styleFile: Blob): Promise<Blob>;
}

it('the ten lines of the README paint a picture', { timeout: 300_000 }, async () => {
  const readme = readFileSync(join(project, 'README.md'), 'utf8');
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  const [imports = '', ...lines] = code.trim().split('\n');
  expect(imports).toMatch(/^import .* from 'gramarye';$/);
  expect(lines.filter((line) => line !== '').length).toBeLessThanOrEqual(10);
  // The same lines, but small enough for a software adapter.
  const body = lines
    .join('\n')
    .replaceAll("'256'", "'32'")
    .replace('random-vgg19/4', 'random-vgg19/16')
    .replace('height: content', 'steps: 2, height: content');
  expect(body).not.toBe(lines.join('\n'));
  const source = join(folder.path, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'main.js'), `${imports}\nglobalThis.paint = async (contentFile, styleFile) => {\n${body}\nreturn png;\n};\n`);
  writeFileSync(join(source, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>');
  const page = join(folder.path, 'page');
  await build({
    root: source,
    base: './',
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { gramarye: join(project, 'src/index.ts') } },
    worker: { format: 'es' },
    build: { outDir: page, target: 'es2022', modulePreload: { polyfill: false } },
  });
  const server = await RunnerServer.start(page);
  const browser = await launchBrowser('software');
  try {
    const tab = await browser.newPage();
    const messages: string[] = [];
    tab.on('console', (message) => messages.push(message.text()));
    tab.on('pageerror', (error) => messages.push(String(error)));
    await tab.goto(server.pageUrl('index.html'));
    const files = ['photographs/chelsea.jpg', 'styles/mosaic.jpg'].map((path) => server.addFile(join(project, 'assets', path)));
    const result = await tab.evaluate(async ([content = '', style = '']) => {
      const [contentFile, styleFile] = await Promise.all([content, style].map(async (url) => (await fetch(url)).blob()));
      if (contentFile === undefined || styleFile === undefined) throw new Error('no files');
      const bitmap = await createImageBitmap(await (globalThis as unknown as PageGlobals).paint(contentFile, styleFile));
      return { height: bitmap.height, width: bitmap.width };
    }, files);
    expect(result).toEqual({ height: 21, width: 32 });
    expect(messages).toContain('2 of 2 steps');
  } finally {
    await browser.close();
    await server.close();
  }
});
