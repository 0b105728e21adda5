/**
 * The memory of `gramarye finetune` and its browser by the number of pictures, on real picture files and the embedded backbone. The budget
 * is small, so that most of the run goes on after it is full, where memory is to stay as it is.
 */
import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memorySlope, slopeText, type MemorySample } from './memory-slope.js';
import { makePictures } from './picture-set.js';
import { watchMemory } from './process-tree.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BYTES_PER_MB = 1024 ** 2;

/** How many pictures, and the budget for their features. */
export interface CurveOptions {
  readonly size: number;
  readonly pictures: number;
  readonly budgetMb: number;
  readonly folder: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * The memory of `gramarye evaluate` and its browser by the number of pictures judged, with the embedded classifier: it counts as it goes, so
 * memory is to stay as it is.
 */
export async function evaluationCurve({
  size,
  pictures,
  folder,
}: Omit<CurveOptions, 'budgetMb'>): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  await makePictures(folder, pictures);
  const child = spawn(process.execPath, [join(root, 'dist/cli/gramarye.js'), 'evaluate', folder, '--size', String(size), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [json, done] = ['', 0];
  child.stdout.on('data', (text: Buffer) => (json += text.toString()));
  // Without a terminal the bar is printed every few seconds, e.g. " ████ 320/3000 done | 2m left | …".
  child.stderr.on('data', (text: Buffer) => {
    done = Math.max(done, ...[...text.toString().matchAll(/(\d+)\/\d+ done \| .*top-1/g)].map(([, count]) => Number(count)));
  });
  const samples: MemorySample[] = [];
  const watch = watchMemory(child.pid ?? 0, (bytes) => {
    if (done > 0) samples.push({ pictures: done, bytes });
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  watch.stop();
  if (code !== 0) throw new Error(`gramarye evaluate ended with ${String(code)}.`);
  const { evaluation, adapter } = JSON.parse(json) as {
    readonly evaluation: { readonly count: number; readonly picturesPerSecond: number };
    readonly adapter: unknown;
  };
  const slope = memorySlope(samples);
  const peak = Math.max(...samples.map(({ bytes }) => bytes));
  print(
    `${String(evaluation.count)} pictures judged, ${evaluation.picturesPerSecond.toFixed(1)} a second; Node and Chromium together ${(peak / BYTES_PER_MB).toFixed(0)} MiB at most`,
  );
  print(slopeText(slope));
  await rm(folder, { recursive: true, force: true });
  return {
    isGood: evaluation.count === pictures && slope.low <= 0,
    result: { adapter, size, pictures, picturesPerSecond: evaluation.picturesPerSecond, peak, slope, samples },
  };
}

/** Runs the built command, one epoch. */
export async function memoryCurve({ size, pictures, budgetMb, folder }: CurveOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  await makePictures(join(folder, 'pictures'), pictures);
  const out = join(folder, 'net');
  const args = ['finetune', '--data', join(folder, 'pictures'), '--size', String(size), '--epochs', '1', '--memory-budget', String(budgetMb), '--out', out];
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli/gramarye.js'), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const samples: { onDisk: number; bytes: number; seconds: number }[] = [];
  const watch = watchMemory(child.pid ?? 0, (bytes) => {
    // Records on the disk tell how far the run is, once the memory is full.
    readdir(join(out, 'features')).then(
      (names) => samples.push({ onDisk: names.filter((name) => name.endsWith('.features')).length, bytes, seconds: (performance.now() - started) / 1_000 }),
      () => samples.push({ onDisk: 0, bytes, seconds: (performance.now() - started) / 1_000 }),
    );
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  watch.stop();
  if (code !== 0) throw new Error(`gramarye finetune ended with ${String(code)}.`);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as {
    readonly adapter: unknown;
    readonly seconds: unknown;
    readonly trainingCount: number;
    readonly validationCount: number;
    readonly features: { readonly recordBytes: number; readonly memoryBytes: number; readonly onDisk: number };
  };
  const { recordBytes, memoryBytes, onDisk } = report.features;
  const last = samples.findIndex((sample) => sample.onDisk === onDisk);
  const inMemory = memoryBytes / recordBytes;
  const growing = samples.slice(0, last + 1).filter((sample) => sample.onDisk > 0);
  const slope = memorySlope(growing.map((sample): MemorySample => ({ pictures: inMemory + sample.onDisk, bytes: sample.bytes })));
  const most = (part: readonly { readonly bytes: number }[]): number => Math.max(0, ...part.map(({ bytes }) => bytes));
  const peaks = { features: most(samples.slice(0, last + 1)), training: most(samples.slice(last + 1)) };
  const megabytes = (bytes: number): string => `${(bytes / BYTES_PER_MB).toFixed(0)} MiB`;
  print(`${String(inMemory)} records in memory, ${megabytes(memoryBytes)}; ${String(onDisk)} on disk`);
  print(`Node and Chromium together, at most: ${megabytes(peaks.features)} among the features, ${megabytes(peaks.training)} in training`);
  print(slopeText(slope));
  const { adapter, seconds, trainingCount, validationCount } = report;
  const result = { adapter, size, pictures, budgetMb, recordBytes, memoryBytes, onDisk, trainingCount, validationCount, seconds, peaks, slope, samples };
  await rm(folder, { recursive: true, force: true });
  return { isGood: trainingCount + validationCount === pictures && slope.low <= 0 && memoryBytes <= budgetMb * BYTES_PER_MB, result };
}
