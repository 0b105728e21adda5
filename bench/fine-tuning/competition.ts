/**
 * The layout of Kaggle's dog breed competition on generated pictures: `gramarye finetune --labels --images`, then `gramarye predict`. The
 * submission is checked cell by cell against the saved net as tfjs-layers computes it, and against `gramarye classify --json`.
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Papa from 'papaparse';
import { idOf } from '../../src/tasks/datasets/dataset.js';
import { wilson } from '../../src/tasks/mobilenet/metrics.js';
import { makeCompetition } from './competition-set.js';
import { peakOf } from './process-tree.js';
import { probabilitiesByTfjs } from './saved-net.js';
import { checkSubmission, type Known } from './submission-check.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const EPOCHS = 3;
/** Largest difference of a probability to tfjs-layers: both in f32, summed in another order. */
const TOLERANCE = 1e-4;
/** Largest distance of a row's sum from 1, printed with 8 digits. */
const SUM_TOLERANCE = 1e-6;

/** How large a competition. */
export interface CompetitionOptions {
  readonly size: number;
  readonly pictures: number;
  readonly folder: string;
}

/** How a command went. */
interface CommandRun {
  readonly seconds: number;
  /** The most memory that it and its browser held together. */
  readonly peakBytes: number;
  readonly stdout: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs the built command line. */
async function gramarye(args: readonly string[]): Promise<CommandRun> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli/gramarye.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const memory = peakOf(child.pid ?? 0);
  const code = await new Promise((resolve) => child.once('close', resolve));
  const peakBytes = memory.stop();
  if (code !== 0) throw new Error(`gramarye ${args[0] ?? ''} ended with ${String(code)}.`);
  return { seconds: (performance.now() - started) / 1_000, peakBytes, stdout: Buffer.concat(parts).toString() };
}

/** Probabilities out of the JSON of `classify`. */
function fromJson(text: string): Known {
  const { results } = JSON.parse(text) as { results: { name: string; predictions: { name: string; probability: number }[] }[] };
  return new Map(results.map(({ name, predictions }) => [idOf(name), new Map(predictions.map((guess) => [guess.name, guess.probability]))]));
}

/** The whole way. */
export async function competition({ size, pictures, folder }: CompetitionOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const at = (...names: string[]): string => join(folder, ...names);
  const set = await makeCompetition(folder, pictures, size);
  const [net, model] = [at('net'), at('net', 'model.json')];
  const more = ['--size', String(size), '--epochs', String(EPOCHS), '--out', net];
  const training = await gramarye(['finetune', '--labels', set.labels, '--images', set.train, ...more]);
  const predicting = await gramarye(['predict', set.test, '--net', model, '--sample', set.sample, '--submission', at('submission.csv')]);
  const classifying = await gramarye(['classify', set.test, '--net', model, '--top', String(set.columns.length), '--json']);

  const started = performance.now();
  const classes = (await readFile(at('net', 'labels.txt'), 'utf8')).trimEnd().split('\n');
  const rows = await probabilitiesByTfjs(net, set.ids.map(set.testFile), size);
  const tfjs: Known = new Map(set.ids.map((id, row) => [id, new Map(classes.map((name, index) => [name, rows[row]?.[index] ?? NaN]))]));
  const tfjsSeconds = (performance.now() - started) / 1_000;
  const { data } = Papa.parse<string[]>(await readFile(at('submission.csv'), 'utf8'), { skipEmptyLines: true });
  const check = checkSubmission(data, set, tfjs, fromJson(classifying.stdout));

  const report = JSON.parse(await readFile(at('net', 'report.json'), 'utf8')) as { history: unknown; accuracy: unknown; seconds: unknown; adapter: unknown };
  const accuracy = wilson(check.hits.submission, check.rows);
  for (const { name, mean, fromTfjs, unlikeJson } of check.columns)
    print(
      `${name.padEnd(16)} mean ${mean.toFixed(4)}; at most ${fromTfjs.toExponential(1)} from tfjs-layers; ${String(unlikeJson)} cells unlike classify's JSON`,
    );
  print(`header as in the sample: ${String(check.hasHeader)}; rows: ${String(check.hasRows)}; ids not exactly once: ${String(check.wrongIds)}`);
  print(`cells outside 0 to 1: ${String(check.badCells)}; rows sum to 1 within ${check.sumError.toExponential(1)}`);
  const { submission, tfjs: byTfjs, json } = check.hits;
  print(`right by the largest column: ${String(submission)} of ${String(check.rows)}; tfjs-layers ${String(byTfjs)}, classify ${String(json)}`);
  print(`${(100 * accuracy.share).toFixed(1)}% right, log loss ${check.logLoss.toFixed(4)} (by chance ${Math.log(set.columns.length).toFixed(4)})`);
  const isGood =
    check.hasHeader &&
    check.hasRows &&
    check.wrongIds + check.badCells === 0 &&
    check.sumError < SUM_TOLERANCE &&
    check.columns.every(({ fromTfjs, unlikeJson }) => fromTfjs < TOLERANCE && unlikeJson === 0) &&
    submission === byTfjs &&
    submission === json;
  const { history, accuracy: heldBack, seconds, adapter } = report;
  const cost = ({ seconds: spent, peakBytes }: CommandRun): object => ({ seconds: spent, peakBytes });
  const result = {
    ...{ size, pictures, testCount: set.ids.length, breeds: set.columns.length, adapter },
    ...{ training: cost(training), predicting: cost(predicting), classifying: cost(classifying), tfjsSeconds },
    ...{ seconds, history, heldBack, accuracy, check, isGood },
  };
  await rm(folder, { recursive: true, force: true });
  return { isGood, result };
}
