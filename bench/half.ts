/**
 * The same run in f32 and in f16: gradients at the start and along the run, loss at the end, time and memory; and what rounding the
 * weights alone does to the gradients.
 * `node bench/run-node.mjs bench/half.ts --net random --size 64 --steps 30 --points 0,5,20 --out FILE`; a net may also be a file of weights.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { fromHalf, toHalf } from '../src/engine/values.js';
import { sourceFromBytes } from '../src/models/byte-source.js';
import { loadVgg } from '../src/models/load.js';
import { randomVgg19 } from '../src/models/random-vgg19.js';
import type { VggWeights } from '../src/models/vgg19.js';
import type { Picture } from '../src/tasks/picture.js';
import { presetByName } from '../src/tasks/presets.js';
import type { Precision, StyleTransferSettings } from '../src/tasks/settings.js';
import { createStyleTransfer, noisePicture, type StyleTransferRun } from '../src/tasks/style-transfer.js';
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

/** The net with its weights rounded to half precision. */
function rounded(net: VggWeights): VggWeights {
  return { ...net, layers: net.layers.map((layer) => ({ ...layer, weights: layer.weights.map((value) => fromHalf(toHalf(value))) })) };
}

/** Gradients of a run at given images. */
async function gradientsAt(run: StyleTransferRun, images: readonly Picture[]): Promise<Float32Array[]> {
  const gradients: Float32Array[] = [];
  for (const { height, width, data } of images) {
    run.restore({ step: 0, height, width, image: data, state: {}, trace: [] });
    gradients.push(await run.gradient());
  }
  run.reset();
  return gradients;
}

/** The command. Returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      net: { type: 'string', default: 'random' },
      size: { type: 'string', default: '64' },
      steps: { type: 'string', default: '30' },
      points: { type: 'string', default: '0,5,20' },
      content: { type: 'string' },
      style: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const [size, steps] = [Number(values.size), Number(values.steps)];
  const points = values.points.split(',').map(Number);
  const engine = await nodeEngine();
  const net =
    values.net === 'random' ? randomVgg19({ seed: 1, divisor: 1 }, LAYERS) : await loadVgg(sourceFromBytes(basename(values.net), await readFile(values.net)));
  const content = await pictureOf(values.content, size, 11);
  const style = await pictureOf(values.style, size, 12);
  const form = engine.traits.features.has('shader-f16') ? 'native' : 'packed';
  const images: Picture[] = [];
  const runs: { gradients: Float32Array[]; report: Record<string, unknown>; finalLoss: number }[] = [];
  for (const precision of ['f32', 'f16'] as const) {
    const run = await createStyleTransfer(engine, settingsFor(net, size, steps, precision), { net, content, styles: [style] });
    if (precision === 'f32') {
      for (const point of points) {
        await run.run({ steps: point });
        images.push(await run.image());
      }
    }
    const gradients = await gradientsAt(run, images);
    await run.run({ steps });
    const { total } = await run.evaluate();
    const trace = await run.completeTrace();
    const stepMs = trace.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(trace.length / 2)];
    const { memory, gradientScale } = run;
    const report = { precision, firstLoss: trace[0]?.total, finalLoss: total, stepMs, gradientScale, half: trace.at(-1)?.half, memory: memory.byCategory };
    print(JSON.stringify(report));
    runs.push({ gradients, report, finalLoss: total });
    run.destroy();
  }
  const roundedRun = await createStyleTransfer(engine, settingsFor(net, size, steps, 'f32'), { net: rounded(net), content, styles: [style] });
  const byWeights = await gradientsAt(roundedRun, images);
  roundedRun.destroy();
  const [full, half] = runs;
  if (full === undefined || half === undefined) return 1;
  const gradients = points.map((step, at) => {
    const wanted = full.gradients[at] ?? new Float32Array();
    const distance = (list: readonly Float32Array[]): number => relativeL2(list[at] ?? new Float32Array(), wanted);
    return { step, distance: distance(half.gradients), byWeightsAlone: distance(byWeights) };
  });
  const lossRatio = half.finalLoss / full.finalLoss;
  for (const { step, distance, byWeightsAlone } of gradients) {
    print(
      `${form} form, step ${String(step)}: gradient of f16 ${distance.toExponential(2)} from that of f32, of f32 with rounded weights ${byWeightsAlone.toExponential(2)}`,
    );
  }
  print(`loss after ${String(steps)} steps ${lossRatio.toFixed(5)} of f32's`);
  if (values.out !== undefined) {
    const adapter = [engine.info.vendor, engine.info.architecture, engine.info.device, engine.info.description].join(' ').trim();
    const settings = { net: basename(values.net), size, steps, form };
    await writeFile(
      values.out,
      `${JSON.stringify({ date: new Date().toISOString(), adapter, settings, gradients, lossRatio, runs: runs.map(({ report }) => report) }, null, 2)}\n`,
    );
  }
  engine.destroy();
  return 0;
}
