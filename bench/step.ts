/**
 * `bench:step`: one style-transfer step (loss, gradient, Adam) by Gramarye and by its peers, checked against each other,
 * then timed in turns in one page or one Node process.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { launchBrowser } from '../src/cli/browser.js';
import { nodeEngine } from './node-gpu.js';
import { loadPeer, PEERS, type PeerName } from './step/engines.js';
import { GramaryeContender } from './step/gramarye.js';
import { measureSteps, type StepBenchOptions, type StepBenchResults } from './step/measure.js';
import type { StepBenchPage } from './step/page.js';

const USAGE = `bench:step [--sizes 64,128] [--engines gramarye,${PEERS.join()}] [--adapter chromium|chromium-hardware|node] [--rounds 5] [--out FILE]`;
const ADAPTERS = ['chromium', 'chromium-hardware', 'node'];
const root = fileURLToPath(new URL('..', import.meta.url));

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isPeer(name: string): name is PeerName {
  return (PEERS as readonly string[]).includes(name);
}

async function inNode(options: StepBenchOptions, peers: readonly PeerName[]): Promise<StepBenchResults> {
  const engine = await nodeEngine();
  const contenders = [];
  for (const name of peers) contenders.push(await loadPeer(name, `${root}node_modules/@tensorflow/tfjs-backend-wasm/dist/`));
  return measureSteps(new GramaryeContender(engine), contenders, options, print);
}

async function inChromium(options: StepBenchOptions, peers: readonly PeerName[], kind: 'hardware' | 'software'): Promise<StepBenchResults> {
  // Isolation lets the wasm backend use threads.
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const server = await createServer({
    root,
    logLevel: 'error',
    server: { host: '127.0.0.1', headers, hmr: false, watch: null },
    appType: 'mpa',
    optimizeDeps: { entries: ['bench/step/page.html'] },
  });
  await server.listen();
  const browser = await launchBrowser(kind);
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => {
      print(`page: ${error instanceof Error ? error.message : String(error)}`);
    });
    await page.exposeFunction('report', print);
    // The first load bundles every engine.
    await page.goto(new URL('bench/step/page.html', server.resolvedUrls?.local[0]).href, { timeout: 300_000 });
    await page.waitForFunction('typeof measure === "function"', { timeout: 300_000 });
    return await page.evaluate(async (settings) => (globalThis as unknown as StepBenchPage).measure(settings), { ...options, peers });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The command. Returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: 'string', default: '64,128' },
      engines: { type: 'string', default: 'gramarye,tfjs-webgpu,tfjs-wasm' },
      adapter: { type: 'string', default: 'chromium' },
      rounds: { type: 'string', default: '5' },
      out: { type: 'string' },
    },
  });
  const sizes = values.sizes.split(',').map(Number);
  const rounds = Number(values.rounds);
  const peers = values.engines.split(',').filter((name) => name !== 'gramarye');
  const unknown = peers.find((name) => !isPeer(name));
  if (
    unknown !== undefined ||
    !ADAPTERS.includes(values.adapter) ||
    !sizes.every((size) => Number.isInteger(size) && size >= 16) ||
    !(Number.isInteger(rounds) && rounds >= 1)
  ) {
    print(`${unknown === undefined ? 'Sizes are whole numbers of at least 16, rounds at least 1.' : `There is no engine "${unknown}".`} Usage: ${USAGE}`);
    return 2;
  }
  const options = { sizes, rounds };
  const wanted = peers.filter(isPeer);
  const { results, refusals } =
    values.adapter === 'node' ? await inNode(options, wanted) : await inChromium(options, wanted, values.adapter === 'chromium' ? 'software' : 'hardware');
  for (const { engine, size, medianMs, ratio, ratioInterval } of results) {
    print(
      `${String(size)}² ${engine.padEnd(12)} ${medianMs.toFixed(1).padStart(10)} ms  ${ratio.toFixed(2).padStart(7)}× gramarye's time [${ratioInterval.map((bound) => bound.toFixed(2)).join(', ')}]`,
    );
  }
  for (const { engine, size, cannot } of refusals) print(`${String(size)}² ${engine.padEnd(12)} cannot: ${cannot}`);
  if (values.out !== undefined) {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    const machine = `${platform()} ${arch()}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown processor'}`;
    const adapter = { kind: values.adapter, description: results[0]?.description ?? '' };
    await writeFile(
      values.out,
      `${JSON.stringify({ version, date: new Date().toISOString(), machine, adapter, settings: { sizes, rounds, engines: ['gramarye', ...wanted] }, results, refusals }, null, 2)}\n`,
    );
    print(`wrote ${values.out}`);
  }
  return 0;
}
