/**
 * The layout of Kaggle's dog breed competition on generated pictures: `gramarye finetune --labels --images`, then `gramarye predict`. The
 * submission is checked column by column against the saved net as tfjs-layers evaluates it.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import Papa from 'papaparse';
import { Philox } from '../../src/engine/random.js';
import { registerTfjsBackend } from '../../src/engine/tfjs-bridge.js';
import { wilson } from '../../src/tasks/mobilenet/metrics.js';
import { nodeEngine } from '../node-gpu.js';
import { peakOf } from './process-tree.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BREEDS = ['affenpinscher', 'akita, red', 'basenji', 'beagle', 'borzoi', 'chow', 'dingo', 'kelpie', 'malinois', 'papillon', 'pug', 'terrier "wire"'];
/** Share of further pictures without labels, to be predicted. */
const TEST_SHARE = 0.2;
const EPOCHS = 3;
/** Largest difference of a probability between the submission and tfjs-layers. */
const TOLERANCE = 2e-3;
const PREDICTED_BATCH = 20;

/** How large a competition. */
export interface CompetitionOptions {
  readonly size: number;
  readonly pictures: number;
  readonly folder: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A picture of a breed: its own number of rings and its own hue, under noise, at a place and a scale of its own. */
function picture(path: string, label: number, seed: number, size: number): Promise<void> {
  const random = new Philox(seed, 3);
  const canvas = createCanvas(size, size);
  const context = canvas.getContext('2d');
  const image = context.createImageData(size, size);
  const [x0, y0, scale] = [0, 1, 2].map(() => random.nextUniform()) as [number, number, number];
  const [hue, rings] = [((label % 4) * Math.PI) / 2, 4 + 6 * Math.floor(label / 4)];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const radius = Math.hypot(x / size - x0, y / size - y0) * (0.8 + 0.4 * scale);
      const wave = 0.5 + 0.4 * Math.sin(rings * 2 * radius);
      for (let c = 0; c < 3; c++) {
        const tint = 0.6 + 0.4 * Math.cos(hue + (2 * Math.PI * c) / 3);
        image.data[(y * size + x) * 4 + c] = Math.round(255 * Math.min(1, Math.max(0, wave * tint + 0.3 * (random.nextUniform() - 0.5))));
      }
      image.data[(y * size + x) * 4 + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return writeFile(path, canvas.toBuffer('image/png'));
}

/** Runs the built command line; gives its seconds and the most memory that it and its browser held together. */
async function gramarye(args: readonly string[]): Promise<{ readonly seconds: number; readonly peakBytes: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli/gramarye.js'), ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const memory = peakOf(child.pid ?? 0);
  const code = await new Promise((resolve) => child.once('close', resolve));
  const peakBytes = memory.stop();
  if (code !== 0) throw new Error(`gramarye ${args[0] ?? ''} ended with ${String(code)}.`);
  return { seconds: (performance.now() - started) / 1_000, peakBytes };
}

/** The saved net's probabilities by tfjs-layers, one row per picture, in the net's class order. */
async function byTfjs(net: string, paths: readonly string[], size: number): Promise<Float32Array[]> {
  const engine = await nodeEngine();
  await registerTfjsBackend(engine);
  const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(await readFile(join(net, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: never[] }[];
    userDefinedMetadata: { gramarye: { input: { scale: number; offset: number } } };
  };
  const shard = new Uint8Array(await readFile(join(net, weightsManifest[0]?.paths[0] ?? '')));
  const model = await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]?.weights ?? [], weightData: shard.buffer }));
  const { scale, offset } = userDefinedMetadata.gramarye.input;
  const rows: Float32Array[] = [];
  for (let at = 0; at < paths.length; at += PREDICTED_BATCH) {
    const part = paths.slice(at, at + PREDICTED_BATCH);
    const values = new Float32Array(part.length * size * size * 3);
    for (const [position, path] of part.entries()) {
      const canvas = createCanvas(size, size);
      canvas.getContext('2d').drawImage(await loadImage(path), 0, 0);
      const { data } = canvas.getContext('2d').getImageData(0, 0, size, size);
      const pixels = size * size;
      for (let i = 0; i < pixels * 3; i++) values[position * pixels * 3 + i] = ((data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255) * scale - offset;
    }
    const output = tf.tidy(() => model.predict(tf.tensor4d(values, [part.length, size, size, 3])) as tf.Tensor);
    const all = (await output.data()) as Float32Array;
    output.dispose();
    const classes = all.length / part.length;
    part.forEach((_, position) => rows.push(all.slice(position * classes, (position + 1) * classes)));
  }
  engine.destroy();
  return rows;
}

/** The whole way. */
export async function competition({ size, pictures, folder }: CompetitionOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const at = (...names: string[]): string => join(folder, ...names);
  await rm(folder, { recursive: true, force: true });
  await mkdir(at('train'), { recursive: true });
  await mkdir(at('test'));
  const testCount = Math.round(pictures * TEST_SHARE);
  const truth = new Map<string, number>();
  const labels: string[][] = [['id', 'breed']];
  for (let index = 0; index < pictures + testCount; index++) {
    const label = index % BREEDS.length;
    const id = index.toString(16).padStart(8, '0');
    await picture(at(index < pictures ? 'train' : 'test', `${id}.png`), label, index, size);
    if (index < pictures) labels.push([id, BREEDS[label] ?? '']);
    else truth.set(id, label);
  }
  await writeFile(at('labels.csv'), `${Papa.unparse(labels)}\r\n`);
  // The sample's columns are in no order that the program would choose by itself.
  const columns = [...BREEDS].reverse();
  const ids = [...truth.keys()].reverse();
  await writeFile(at('sample_submission.csv'), Papa.unparse([['id', ...columns], ...ids.map((id) => [id, ...columns.map(() => 1 / BREEDS.length)])]));

  const net = at('net');
  const data = ['--labels', at('labels.csv'), '--images', at('train'), '--size', String(size), '--epochs', String(EPOCHS), '--out', net];
  const training = await gramarye(['finetune', ...data]);
  const files = ['--net', join(net, 'model.json'), '--sample', at('sample_submission.csv'), '--submission', at('submission.csv')];
  const predicting = await gramarye(['predict', at('test'), ...files]);

  const { data: table } = Papa.parse<string[]>(await readFile(at('submission.csv'), 'utf8'), { skipEmptyLines: true });
  const [header = [], ...rows] = table;
  const classes = (await readFile(join(net, 'labels.txt'), 'utf8')).trimEnd().split('\n');
  const wanted = await byTfjs(
    net,
    ids.map((id) => at('test', `${id}.png`)),
    size,
  );
  const isOrdered = header.join('|') === ['id', ...columns].join('|') && rows.map(([id]) => id).join() === ids.join();
  const byColumn = columns.map((name, index) => {
    const place = classes.indexOf(name);
    const differences = rows.map((row, position) => Math.abs(Number(row[index + 1]) - (wanted[position]?.[place] ?? NaN)));
    return { name, largestDifference: Math.max(...differences), mean: rows.reduce((sum, row) => sum + Number(row[index + 1]), 0) / rows.length };
  });
  const sums = rows.map((row) => row.slice(1).reduce((sum, value) => sum + Number(value), 0));
  const probabilityOf = (row: readonly string[]): number => Number(row[1 + columns.indexOf(BREEDS[truth.get(row[0] ?? '') ?? -1] ?? '')]);
  const hits = rows.filter((row) => probabilityOf(row) === Math.max(...row.slice(1).map(Number))).length;
  const logLoss = rows.reduce((sum, row) => sum - Math.log(Math.max(1e-15, probabilityOf(row))), 0) / rows.length;
  const report = JSON.parse(await readFile(join(net, 'report.json'), 'utf8')) as { history: unknown; accuracy: unknown; seconds: unknown; adapter: unknown };
  const accuracy = wilson(hits, rows.length);
  for (const { name, largestDifference, mean } of byColumn)
    print(`${name.padEnd(16)} differs from tfjs-layers by at most ${largestDifference.toExponential(1)}; mean ${mean.toFixed(4)}`);
  print(`columns and rows as in the sample: ${String(isOrdered)}; rows sum to 1 within ${Math.max(...sums.map((sum) => Math.abs(sum - 1))).toExponential(1)}`);
  print(
    `${String(rows.length)} test pictures: ${(100 * accuracy.share).toFixed(1)}% right, log loss ${logLoss.toFixed(4)} (by chance ${Math.log(BREEDS.length).toFixed(4)})`,
  );
  const isGood = isOrdered && byColumn.every(({ largestDifference }) => largestDifference < TOLERANCE) && sums.every((sum) => Math.abs(sum - 1) < 1e-5);
  const { history, accuracy: heldBack, seconds, adapter } = report;
  const result = {
    size,
    pictures,
    testCount,
    breeds: BREEDS.length,
    adapter,
    training,
    predicting,
    seconds,
    history,
    heldBack,
    isOrdered,
    byColumn,
    accuracy,
    logLoss,
  };
  await rm(folder, { recursive: true, force: true });
  return { isGood, result };
}
