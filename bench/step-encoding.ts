/**
 * How much JavaScript time a step costs: encoding and submitting, at full width, each round after the device has done all before it.
 * `node bench/run-node.mjs bench/step-encoding.ts --size 224 --adapter node|null|chromium --out FILE.json`. `null` is Dawn's backend that
 * checks everything and runs nothing, so that no device competes with the thread that is measured.
 */
import { writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { median } from '../src/bench/statistics/median.js';
import { launchBrowser } from '../src/cli/browser.js';
import type { Engine } from '../src/engine/engine.js';
import { nodeEngine, nullEngine } from './node-gpu.js';
import { measureEncoding, type EncodingOptions, type EncodingResult } from './step/encoding.js';
import type { StepBenchPage } from './step/page.js';

const ADAPTERS = ['node', 'null', 'chromium'];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function inNode(engine: Engine, options: EncodingOptions): Promise<{ adapter: string; result: EncodingResult }> {
  const result = await measureEncoding(engine, options);
  const { vendor, architecture, device, description } = engine.info;
  engine.destroy();
  return { adapter: [vendor, architecture, device, description].filter((part) => part !== '').join(' '), result };
}

async function inChromium(options: EncodingOptions): Promise<{ adapter: string; result: EncodingResult }> {
  // Isolation gives the page a clock of 5 µs.
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root,
    logLevel: 'error',
    server: { host: '127.0.0.1', headers, hmr: false, watch: null },
    appType: 'mpa',
    optimizeDeps: { entries: ['bench/step/page.html'] },
  });
  await server.listen();
  const browser = await launchBrowser('software');
  try {
    const page = await browser.newPage();
    await page.goto(new URL('bench/step/page.html', server.resolvedUrls?.local[0]).href);
    await page.waitForFunction('typeof encode === "function"', { timeout: 120_000 });
    return await page.evaluate(async (settings) => (globalThis as unknown as StepBenchPage).encode(settings), options);
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
      size: { type: 'string', default: '224' },
      divisor: { type: 'string', default: '1' },
      encodings: { type: 'string', default: '200' },
      submissions: { type: 'string', default: '12' },
      adapter: { type: 'string', default: 'node' },
      out: { type: 'string' },
    },
  });
  if (!ADAPTERS.includes(values.adapter)) {
    print(`There is no adapter "${values.adapter}": ${ADAPTERS.join(', ')}.`);
    return 2;
  }
  const options = {
    size: Number(values.size),
    divisor: Number(values.divisor),
    encodings: Number(values.encodings),
    submissions: Number(values.submissions),
  };
  const { adapter, result } = await (values.adapter === 'chromium'
    ? inChromium(options)
    : inNode(values.adapter === 'null' ? await nullEngine() : await nodeEngine(), options));
  const { calls, encoderCalls, ...samples } = result;
  print(
    `${values.adapter}: ${adapter}, ${String(options.size)}², ${String(calls)} kernel calls, ${JSON.stringify(encoderCalls)}; ms of JavaScript, median [least]`,
  );
  const summary = Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [name, { median: median(list), least: Math.min(...list), most: Math.max(...list) }]),
  );
  for (const [name, { median: middle, least }] of Object.entries(summary)) print(`${name}: ${middle.toFixed(3)} [${least.toFixed(3)}]`);
  if (values.out !== undefined) {
    const machine = `${platform()} ${arch()}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown processor'}`;
    await writeFile(
      values.out,
      `${JSON.stringify({ date: new Date().toISOString(), machine, kind: values.adapter, adapter, settings: options, calls, encoderCalls, summary, samples }, null, 1)}\n`,
    );
    print(`wrote ${values.out}`);
  }
  return 0;
}
