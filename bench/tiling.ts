/**
 * One step in tiles: `node bench/run-node.mjs bench/tiling.ts --size 4096 --tile auto --net assets/models/vgg-lite/vgg-lite.safetensors
 * --out FILE`. With --compare the same picture as a whole is measured beside it: times, losses, gradients.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Philox } from '../src/engine/random.js';
import { sourceFromBytes } from '../src/models/byte-source.js';
import { loadVgg } from '../src/models/load.js';
import type { Picture } from '../src/tasks/picture.js';
import { presetByName } from '../src/tasks/presets.js';
import { createStyleTransfer } from '../src/tasks/style-transfer.js';
import { workingBytes } from '../src/tasks/tiling/choose-tiles.js';
import { overlap } from '../src/tasks/tiling/windows.js';
import { nodeEngine } from './node-gpu.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Blocks of colour with noise in them: forms of several sizes, drawn fast. */
function drawnPicture(size: number, seed: number): Picture {
  const random = new Philox(seed);
  const [blocks, noise] = [64, 4_093].map((count) => Float32Array.from({ length: count * 3 }, () => random.nextUniform()));
  const data = new Float32Array(size * size * 3);
  const block = Math.max(1, Math.floor(size / 8));
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / 3);
    const place = (Math.floor(Math.floor(pixel / size) / block) * 8 + Math.floor((pixel % size) / block)) % 64;
    data[at] = 0.7 * (blocks?.[place * 3 + (at % 3)] ?? 0) + 0.3 * (noise?.[at % (noise.length || 1)] ?? 0);
  }
  return { height: size, width: size, data };
}

/** The command. Returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      net: { type: 'string', default: 'assets/models/vgg-lite/vgg-lite.safetensors' },
      size: { type: 'string', default: '4096' },
      tile: { type: 'string', default: 'auto' },
      steps: { type: 'string', default: '1' },
      compare: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const size = Number(values.size);
  const steps = Number(values.steps);
  const engine = await nodeEngine();
  const net = await loadVgg(sourceFromBytes(basename(values.net), await readFile(values.net)));
  const inputs = { net, content: drawnPicture(size, 1), styles: [drawnPicture(512, 2)] };
  const { settings } = presetByName('default');
  const reports: Record<string, unknown>[] = [];
  const gradients: Float32Array[] = [];
  const tile = values.tile === 'auto' || values.tile === 'off' ? values.tile : Number(values.tile);
  for (const kind of values.compare ? (['off', tile] as const) : ([tile] as const)) {
    let peakBytes = 0;
    const allocate = engine.createBuffer.bind(engine);
    engine.createBuffer = (...parts) => {
      const buffer = allocate(...parts);
      peakBytes = Math.max(peakBytes, engine.allocatedBytes);
      return buffer;
    };
    const began = performance.now();
    const run = await createStyleTransfer(engine, { ...settings, height: size, width: size, steps, init: 'content', tile: kind }, inputs);
    const preparedMs = performance.now() - began;
    print(`prepared in ${String(Math.round(preparedMs / 1_000))} s`);
    // Kernels are compiled and the adapter warm before the clock runs, where more than one step is asked for.
    if (steps > 1) await run.run({ steps: 1 });
    const started = performance.now();
    const processor = process.cpuUsage();
    let told = started;
    await run.run({
      steps: steps > 1 ? steps + 1 : steps,
      onProgress: ({ done, tile: part }) => {
        if (part === undefined || performance.now() - told < 10_000) return;
        told = performance.now();
        print(`step ${String(done + 1)}: tile ${String(part.done)} of ${String(part.total)} after ${String(Math.round((told - started) / 1_000))} s`);
      },
    });
    await engine.idle();
    const { user, system } = process.cpuUsage(processor);
    const { memory, tiles } = run;
    const report = {
      tile: tiles?.tileSize ?? 'whole',
      tiles: tiles?.tiles.length ?? 1,
      halo: tiles?.halo ?? 0,
      overlap: tiles === undefined ? 1 : overlap(tiles),
      preparedMs: Math.round(preparedMs),
      // All threads, the software adapter's included.
      processorMsPerStep: Math.round((user + system) / 1_000 / steps),
      stepMs: run.trace.map(({ ms }) => Math.round(ms)),
      losses: run.trace[0],
      memory: memory.byCategory,
      workingBytes: workingBytes(memory),
      netBytes: memory.externalBytes,
      largestBindingBytes: memory.largestBindingBytes,
      peakBytes,
      // On a software adapter graphics memory is the process's own.
      processPeakBytes: process.resourceUsage().maxRSS * 1_024,
    };
    if (values.compare) gradients.push(await run.gradient());
    print(JSON.stringify(report));
    reports.push(report);
    run.destroy();
    Reflect.deleteProperty(engine, 'createBuffer');
  }
  const [whole, tiled] = gradients;
  let gradientDistance: number | undefined;
  if (whole !== undefined && tiled !== undefined) {
    const norm = (of: (at: number) => number): number => Math.sqrt(whole.reduce((sum, _, at) => sum + of(at) ** 2, 0));
    gradientDistance = norm((at) => (tiled[at] ?? NaN) - (whole[at] ?? NaN)) / norm((at) => whole[at] ?? NaN);
    print(`gradient in tiles ${gradientDistance.toExponential(2)} from that of the whole`);
  }
  if (values.out !== undefined) {
    const adapter = [engine.info.vendor, engine.info.architecture, engine.info.device, engine.info.description].join(' ').trim();
    const asked = { net: basename(values.net), size, steps };
    await writeFile(values.out, `${JSON.stringify({ date: new Date().toISOString(), adapter, settings: asked, gradientDistance, runs: reports }, null, 2)}\n`);
  }
  engine.destroy();
  return 0;
}
