/**
 * `gramarye finetune` killed at random moments: every run is killed once without a chance to clean up, half of them once more while they go
 * on, and then ends by `--resume`. Its figures and its weights must be those of a run that was not killed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Philox } from '../../src/engine/random.js';
import { makeCompetition, type CompetitionSet } from './competition-set.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SIZE = 32;
const PICTURES = 96;
const EPOCHS = 8;

/** How many runs. */
export interface KillOptions {
  readonly trials: number;
  readonly folder: string;
}

/** How a command ended, and how far its words say it was. */
interface Ended {
  readonly code: number | null;
  readonly seconds: number;
  readonly lastWords: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs the built command line; kills it after so many seconds. */
async function run(set: CompetitionSet, out: string, more: readonly string[], killAfter?: number): Promise<Ended> {
  const data = ['finetune', '--labels', set.labels, '--images', set.train, '--out', out, '--adapter', 'software'];
  const how = ['--size', String(SIZE), '--epochs', String(EPOCHS), '--batch-size', '16', '--seed', '3', ...more];
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli/gramarye.js'), ...data, ...how], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (text: Buffer) => (words += text.toString()));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), 1_000 * killAfter);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { code, seconds: (performance.now() - started) / 1_000, lastWords: words.trim().split('\n').at(-1) ?? '' };
}

/** What a run leaves that does not differ from time to time. */
async function outcome(out: string): Promise<string> {
  const { history, judgements } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as { history: { seconds: number }[]; judgements: unknown };
  const weights = (await readFile(join(out, 'group1-shard1of1.bin'))).toString('base64');
  return JSON.stringify([history.map((entry) => ({ ...entry, seconds: 0 })), judgements, weights, (await readdir(out)).sort()]);
}

/** All trials. Moments are spread evenly over the length of a run, each drawn at random within its stretch. */
export async function randomKills({ trials, folder }: KillOptions): Promise<{ readonly isGood: boolean; readonly result: unknown }> {
  const set = await makeCompetition(join(folder, 'set'), PICTURES, SIZE);
  const whole = await run(set, join(folder, 'whole'), []);
  if (whole.code !== 0) throw new Error(`gramarye finetune ended with ${String(whole.code)}: ${whole.lastWords}`);
  const wanted = await outcome(join(folder, 'whole'));
  print(`not killed: ${whole.seconds.toFixed(1)} s`);
  const random = new Philox(Date.now() % 2 ** 31, 1);
  const rows: { kills: { atSeconds: number; lastWords: string; wasEnded: boolean }[]; isEqual: boolean }[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const out = join(folder, `killed ${String(trial)}`);
    // Features in memory, or all of them on the disk.
    const more = trial % 2 === 0 ? [] : ['--memory-budget', '0'];
    const kills: (typeof rows)[number]['kills'] = [];
    const times = random.nextUniform() < 0.5 ? 1 : 2;
    for (let time = 0; time < times; time++) {
      const atSeconds = ((time === 0 ? trial + random.nextUniform() : trials * random.nextUniform()) / trials) * whole.seconds;
      const { code, lastWords } = await run(set, out, existsSync(out) ? [...more, '--resume'] : more, atSeconds);
      kills.push({ atSeconds, lastWords, wasEnded: code === 0 });
      if (code === 0) break;
    }
    if (kills.at(-1)?.wasEnded !== true) {
      const last = await run(set, out, existsSync(out) ? [...more, '--resume'] : more);
      if (last.code !== 0) print(`going on ended with ${String(last.code)}: ${last.lastWords}`);
    }
    const isEqual = (await outcome(out).catch(() => '')) === wanted;
    rows.push({ kills, isEqual });
    const words = kills.map(({ atSeconds, lastWords, wasEnded }) => `${atSeconds.toFixed(1)} s (${wasEnded ? 'it had ended' : lastWords.slice(0, 60)})`);
    print(`${isEqual ? 'equal' : 'NOT EQUAL'}: killed after ${words.join(', then ')}`);
    await rm(out, { recursive: true, force: true });
  }
  const equal = rows.filter(({ isEqual }) => isEqual).length;
  print(`${String(equal)} of ${String(trials)} ended with the figures, judgements, weights and files of the run that was not killed`);
  await rm(folder, { recursive: true, force: true });
  return { isGood: equal === trials, result: { size: SIZE, pictures: PICTURES, epochs: EPOCHS, trials, wholeSeconds: whole.seconds, equal, rows } };
}
