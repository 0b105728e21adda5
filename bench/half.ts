/**
 * The same run in f32 and in f16: gradient at the start, loss at the end, time and memory.
 * `node bench/run-node.mjs bench/half.ts --net random --size 64 --steps 30 --out FILE`; a net may also be a file of weights.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { sourceFromBytes } from '../src/models/byte-source.js';
import { loadVgg } from '../src/models/load.js';
import { randomVgg19 } from '../src/models/random-vgg19.js';
import type { VggWeights } from '../src/models/vgg19.js';
import type { Picture } from '../src/tasks/picture.js';
import { presetByName } from '../src/tasks/presets.js';
import type { Precision, StyleTransferSettings } from '../src/tasks/settings.js';
import { createStyleTransfer, noisePicture } from '../src/tasks/style-transfer.js';
import { nodeEngine } from './node-gpu.js';

/** Convolutions up to block5_conv2. */
const LAYERS = 14;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function pictureOf(file: string | undefined, size: number, seed: number): Promise<Picture> {
  if (file === undefined) return noisePicture(size, size, seed);
  const context = createCanvas(size, size).getContext('2d');
  context.drawImage(await loadImage(file), 0, 0, size, size);
  const { data: rgba } = context.getImageData(0, 0, size, size);
  const data = Float32Array.from({ length: size * size * 3 }, (_, at) => (rgba[Math.floor(at / 3) * 4 + (at % 3)] ?? NaN) / 255);
  return { height: size, width: size, data };
}

/** Settings of the default preset on the layers that the net has. */
function settingsFor(net: VggWeights, size: number, steps: number, precision: Precision): StyleTransferSettings {
  const { settings } = presetByName('default');
  const has = (layer: string): boolean => net.layers.some(({ name }) => name === layer);
  const deepest = net.layers.at(-1)?.name ?? '';
  return {
    ...settings,
    height: size,
    width: size,
    steps,
    precision,
    styleLayers: settings.styleLayers.filter(({ layer }) => has(layer)),
    contentLayers: settings.contentLayers.every(has) ? settings.contentLayers : [deepest],
  };
}

function relativeL2(got: Float32Array, wanted: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(got.map((value, at) => value - (wanted[at] ?? NaN))) / norm(wanted);
}

/** The command. Returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      net: { type: 'string', default: 'random' },
      size: { type: 'string', default: '64' },
      steps: { type: 'string', default: '30' },
      content: { type: 'string' },
      style: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const [size, steps] = [Number(values.size), Number(values.steps)];
  const engine = await nodeEngine();
  const net =
    values.net === 'random' ? randomVgg19({ seed: 1, divisor: 1 }, LAYERS) : await loadVgg(sourceFromBytes(basename(values.net), await readFile(values.net)));
  const content = await pictureOf(values.content, size, 11);
  const style = await pictureOf(values.style, size, 12);
  const form = engine.traits.features.has('shader-f16') ? 'native' : 'packed';
  const runs: { gradient: Float32Array; report: Record<string, unknown>; finalLoss: number }[] = [];
  for (const precision of ['f32', 'f16'] as const) {
    const run = await createStyleTransfer(engine, settingsFor(net, size, steps, precision), { net, content, styles: [style] });
    const gradient = await run.gradient();
    await run.run({ steps });
    const { total } = await run.evaluate();
    const trace = await run.completeTrace();
    const stepMs = trace.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(trace.length / 2)];
    const { memory, gradientScale } = run;
    const report = { precision, firstLoss: trace[0]?.total, finalLoss: total, stepMs, gradientScale, half: trace.at(-1)?.half, memory: memory.byCategory };
    print(JSON.stringify(report));
    runs.push({ gradient, report, finalLoss: total });
    run.destroy();
  }
  const [full, half] = runs;
  if (full === undefined || half === undefined) return 1;
  const gradientDistance = relativeL2(half.gradient, full.gradient);
  const lossRatio = half.finalLoss / full.finalLoss;
  print(
    `${form} form; gradient of f16 ${gradientDistance.toExponential(2)} from that of f32; loss after ${String(steps)} steps ${lossRatio.toFixed(5)} of f32's`,
  );
  if (values.out !== undefined) {
    const adapter = [engine.info.vendor, engine.info.architecture, engine.info.device, engine.info.description].join(' ').trim();
    const settings = { net: basename(values.net), size, steps, form };
    await writeFile(
      values.out,
      `${JSON.stringify({ date: new Date().toISOString(), adapter, settings, gradientDistance, lossRatio, runs: runs.map(({ report }) => report) }, null, 2)}\n`,
    );
  }
  engine.destroy();
  return 0;
}
