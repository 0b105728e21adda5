/**
 * The package as npm sends it, in projects of somebody else: the examples, with the packed files beside them. Each is checked by its own
 * compiler and built by its own bundler, or served as it is; then one click starts it, and its picture changes.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'puppeteer';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGET, measureElement, RUN_WORKERS } from '../../scripts/byte-budget.mjs';
import { packInto } from '../../scripts/check-package.mjs';
import { serveFolder, type StaticServer } from '../support/static-server.js';
import { launchForCanvas } from '../support/ui.js';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples');
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

let browser: Browser;
let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gramarye-packed-')));
  tarball = packInto(folder);
  browser = await launchForCanvas();
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * A copy of an example with the unpacked package in its node_modules. Of other packages only those are there that the example or the
 * package names, so one that was forgotten is missed.
 */
function project(name: string): string {
  const place = join(folder, name);
  cpSync(join(EXAMPLES, name), place, { recursive: true });
  const own = join(place, 'node_modules', 'gramarye');
  mkdirSync(own, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const { dependencies, devDependencies } = name === 'plain-html' ? { dependencies: {}, devDependencies: {} } : manifestOf(place);
  for (const wanted of Object.keys({ ...manifestOf(own).dependencies, ...dependencies, ...devDependencies })) {
    if (wanted === 'gramarye') continue;
    const link = join(place, 'node_modules', wanted);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', wanted), link);
  }
  return place;
}

function compile(place: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', place], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

function addPictures(place: string): void {
  cpSync(join(ROOT, 'assets/photographs/chelsea.jpg'), join(place, 'content.jpg'));
  cpSync(join(ROOT, 'assets/styles/flow-field.jpg'), join(place, 'style.jpg'));
}

/** Builds a project as its own command does; the folder of the result. */
async function bundled(place: string): Promise<string> {
  const before = process.cwd();
  process.chdir(place);
  try {
    await build({
      root: place,
      configFile: false,
      logLevel: 'error',
      mode: 'production',
      // Other packages apart, so that what is downloaded of ours can be counted.
      build: { rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'other-packages', test: /node_modules\/(?!gramarye\/)/ }] } } } },
    });
  } finally {
    process.chdir(before);
  }
  addPictures(join(place, 'dist'));
  return join(place, 'dist');
}

/** The middle of what the element shows, as a screenshot in base64. */
async function stage(page: Page): Promise<string> {
  const canvas = await page.waitForSelector('gram-style-transfer >>> gram-picture-stage');
  if (canvas === null) throw new Error('There is no stage.');
  return canvas.screenshot({ encoding: 'base64' });
}

/** Opens a page, clicks Start once, waits for the end; the picture must have changed twice: when it came, and by the steps. */
async function visit(server: Pick<StaticServer, 'url'>): Promise<string> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.setViewport({ width: 1100, height: 800 });
  await page.goto(server.url);
  const start = await page.waitForSelector('gram-style-transfer >>> [part~=primary-button]:not([disabled])');
  const before = await stage(page);
  await start?.click();
  await page.waitForFunction(() => document.querySelector('gram-style-transfer')?.getAttribute('state') === 'finished', { timeout: 240_000, polling: 200 });
  const after = await stage(page);
  expect(after).not.toBe(before);
  await page.waitForFunction(() => (document.querySelector('#told')?.textContent ?? '') !== '');
  const told = await page.$eval('#told', (element) => element.textContent);
  expect(problems).toEqual([]);
  await page.close();
  return told;
}

/** What was really downloaded of ours keeps to the budget, and is what the quick measurement of the bundle says within a tenth. */
async function expectBytes(files: readonly string[]): Promise<void> {
  const { rows, run } = await measureElement();
  // Workers hold other packages as well; of them the measurement counts our part.
  const workers = rows.filter(({ file }) => file.includes('-worker')).reduce((sum, { bytes }) => sum + bytes, 0);
  const loaded = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, workers);
  process.stdout.write(
    `downloaded of ours for a run: ${String(loaded)} bytes in ${String(files.length)} files and workers; measured from the bundle: ${String(run)}\n`,
  );
  expect(loaded).toBeLessThanOrEqual(BUDGET.run);
  expect(Math.abs(loaded - run) / run).toBeLessThan(0.1);
}

describe('from the packed files', () => {
  it('a Vite project in TypeScript: types, build, a run', async () => {
    const place = project('vite');
    expect(compile(place)).toBe('');
    const server = await serveFolder(await bundled(place));
    try {
      expect(await visit(server)).toMatch(/^4 steps in \d+ ms$/);
      const asked = [...server.asked];
      // Only the net that is used was fetched, and no worker but the two that are needed.
      expect(asked.filter((path) => path.endsWith('.safetensors'))).toHaveLength(1);
      const workers = asked.filter((path) => path.includes('-worker-')).map((path) => path.replace(/^.*\//, '').replace(/-worker-.*/, '-worker'));
      expect(workers.sort()).toEqual([...RUN_WORKERS].sort());
      await expectBytes(
        asked.filter((path) => path.endsWith('.js') && !path.includes('-worker-') && !path.includes('other-packages')).map((path) => join(place, 'dist', path)),
      );
    } finally {
      await server.close();
    }
  });

  it('the same project in the development server', async () => {
    const place = join(folder, 'vite');
    addPictures(place);
    const server = await createServer({ root: place, configFile: false, logLevel: 'error', server: { port: 0, host: '127.0.0.1', fs: { strict: false } } });
    await server.listen();
    try {
      expect(await visit({ url: server.resolvedUrls?.local[0] ?? '' })).toMatch(/^4 steps in \d+ ms$/);
    } finally {
      await server.close();
    }
  });

  it('a React app: typed properties and events, build, a run', async () => {
    const place = project('react');
    expect(compile(place)).toBe('');
    const server = await serveFolder(await bundled(place));
    try {
      expect(await visit(server)).toMatch(/^finished in \d+ ms$/);
    } finally {
      await server.close();
    }
  });

  it('React refuses what an element does not have', () => {
    const source = join(folder, 'react', 'src/main.tsx');
    let wrong = readFileSync(source, 'utf8');
    for (const [find, replace] of [
      ['steps={4}', 'steps="many"'],
      ['ongram-failed={({ error }: FailedEvent)', 'ongram-failed={({ error }: FinishedEvent)'],
      ['({ timeMs }: FinishedEvent) =>', '({ timeMs }: KeyboardEvent) =>'],
    ] as const) {
      expect(wrong).toContain(find);
      wrong = wrong.replace(find, replace);
    }
    writeFileSync(source, wrong);
    const said = compile(join(folder, 'react'));
    expect(said).toMatch(/TS2322: Type 'string' is not assignable to type 'number/);
    expect(said).toMatch(/'error' does not exist on type 'FinishedEvent'/);
    expect(said).toMatch(/'timeMs' does not exist on type 'KeyboardEvent'/);
  });

  it('a plain HTML file: no bundler, one script tag, a run', async () => {
    const place = project('plain-html');
    addPictures(place);
    const server = await serveFolder(place);
    try {
      expect(await visit(server)).toMatch(/^4 steps in \d+ ms$/);
    } finally {
      await server.close();
    }
  });
});
