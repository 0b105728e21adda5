/** The built command line on the layout of a dog-breed competition: trained, killed at several moments and taken up again, predicted. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FinetuneReport } from '../../src/cli/runner/protocol.js';
import { decodeCheckpoint } from '../../src/tasks/fine-tuning/checkpoint.js';
import { startCli, temporaryFolder, type CliResult } from '../support/cli.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { writePng } from '../support/net-files.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
afterAll(() => {
  folder.remove();
});

const BREEDS = Array.from({ length: 12 }, (_, index) => (index === 3 ? 'terrier, "wire"' : `breed ${String((index * 7) % 12)}`));
const PER_BREED = 4;
const EPOCHS = 12;
const TIMEOUT_MS = 720_000;
const QUICK = ['--adapter', 'software', '--size', '32', '--train-last', '1', '--batch-size', '16', '--optimizer', 'adam', '--seed', '5'];

const png = (path: string, label: number, seed: number): void => {
  writePng(path, drawnPicture(label, seed, 32));
};

const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * labels.csv with a byte order mark and CRLF; one picture that cannot be decoded, one that vanishes after the folder was listed, one label
 * without a picture, one picture without a label, one row twice.
 */
function makeSet(): void {
  mkdirSync(at('train'));
  mkdirSync(at('test'));
  const rows = ['id,breed'];
  for (let index = 0; index < PER_BREED * BREEDS.length; index++) {
    const label = index % BREEDS.length;
    png(at('train', `dog${String(index)}.png`), label, index);
    rows.push(`dog${String(index)},${quoted(BREEDS[label] ?? '')}`);
  }
  writeFileSync(at('train', 'dog5.png'), 'no picture');
  rows.push('dog999,breed 1', rows[1] ?? '');
  png(at('train', 'stray.png'), 0, 77);
  writeFileSync(at('labels.csv'), `\uFEFF${rows.join('\r\n')}\r\n`);
  for (const id of ['t2', 't10', 't1']) png(at('test', `${id}.png`), 1, id.length);
  const columns = [...new Set(BREEDS)].reverse();
  writeFileSync(
    at('sample.csv'),
    `${['id', ...columns].map(quoted).join(',')}\n${['t10', 't1', 't2'].map((id) => [id, ...columns.map(() => '0.08')].join(',')).join('\n')}\n`,
  );
}

const train = (out: string, ...more: string[]): string[] => {
  const data = ['--labels', at('labels.csv'), '--images', at('train')];
  return ['finetune', ...data, '--out', at(out), ...QUICK, '--epochs', String(EPOCHS), ...more];
};

function reportOf(out: string): FinetuneReport {
  return JSON.parse(readFileSync(at(out, 'report.json'), 'utf8')) as FinetuneReport;
}

function figures(out: string): unknown {
  return reportOf(out).history.map((entry) => ({ ...entry, seconds: 0 }));
}

/** Epochs in the checkpoint. */
function epochsKept(out: string): number {
  return decodeCheckpoint(new Uint8Array(readFileSync(at(out, 'checkpoint.bin')))).history.length;
}

/** Runs until `isMoment` holds of standard error or of the files that appear below the folder, then kills it without a chance to clean up. */
async function killedRun(args: readonly string[], out: string, isMoment: (stderr: string, file: string | undefined) => boolean): Promise<CliResult> {
  mkdirSync(at(out, 'features'), { recursive: true });
  let kill = (): void => undefined;
  const watchers = [at(out), at(out, 'features')].map((path) =>
    watch(path, (_, file) => {
      if (isMoment('', file ?? undefined)) kill();
    }),
  );
  const result = await startCli(args, {
    onStart: (child) => {
      kill = () => {
        child.kill('SIGKILL');
      };
    },
    onStderr: (text) => {
      if (isMoment(text, undefined)) kill();
    },
  });
  for (const watcher of watchers) watcher.close();
  expect(result.code, result.stderr).not.toBe(0);
  return result;
}

let whole: CliResult;
beforeAll(async () => {
  makeSet();
  // What vanishes must be in the set of every run: it lies where it is until the first has listed it, and never comes back.
  whole = await startCli(train('whole'), {
    onStderr: (text) => {
      if (text.includes('Reading the net')) rmSync(at('train', 'dog20.png'), { force: true });
    },
  });
  writeFileSync(at('train', 'dog20.png'), 'vanished');
}, TIMEOUT_MS);

describe('the layout of a competition', () => {
  it('is trained on; what is wrong with single pictures and rows is counted and named', () => {
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).toMatch(/1 labels have no picture: dog999/);
    expect(whole.stderr).toMatch(/1 pictures have no label.*stray/);
    expect(whole.stderr).toMatch(/1 ids appear more than once with the same label and count once: dog0/);
    expect(whole.stderr).toMatch(/Skipped dog5/);
    expect(whole.stderr).toMatch(/Skipped dog20: .*dog20\.png is no longer there/);
    expect(readdirSync(at('whole')).sort()).toEqual(
      ['checkpoint.bin', 'confusion.csv', 'confusion.svg', 'curves.svg', 'group1-shard1of1.bin', 'labels.txt', 'model.json', 'report.json'].sort(),
    );
    const { classes, trainingCount, validationCount, skipped } = reportOf('whole');
    expect(classes).toEqual([...new Set(BREEDS)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    expect(trainingCount + validationCount).toBe(PER_BREED * BREEDS.length - 2);
    expect(skipped.map(({ id }) => id).sort()).toEqual(['dog20', 'dog5']);
  });

  it(
    'ends with the same figures when it is killed among the features, in an epoch, in a checkpoint and before the net is written',
    async () => {
      const onDisk = ['--memory-budget', '0'];
      // Among the features: they go to the disk one by one.
      let features = 0;
      await killedRun(train('killed', ...onDisk), 'killed', (_, file) => file?.endsWith('.features') === true && ++features >= 10);
      expect(features).toBeGreaterThanOrEqual(10);
      expect(existsSync(at('killed', 'checkpoint.bin'))).toBe(false);
      // In an epoch: nothing but steps of the second one comes behind this line.
      const anew = await killedRun(train('killed', ...onDisk, '--resume'), 'killed', (text) => text.includes(`Epoch 1 of ${String(EPOCHS)}: loss`));
      expect(anew.stderr).toMatch(/No epoch was finished before/);
      const kept = epochsKept('killed');
      expect(kept).toBeGreaterThanOrEqual(1);
      expect(kept).toBeLessThan(EPOCHS);
      // In a checkpoint: its unfinished file has just appeared.
      const inCheckpoint = await killedRun(
        train('killed', ...onDisk, '--resume'),
        'killed',
        (_, file) => file?.startsWith('checkpoint.bin.') === true && file.endsWith('.part'),
      );
      expect(inCheckpoint.stderr).toContain(`${String(kept)} epochs were done before; going on.`);
      expect(epochsKept('killed')).toBeGreaterThanOrEqual(kept);
      // After the last epoch, before the net is written.
      const last = await killedRun(train('killed', '--resume'), 'killed', (text) => text.includes(`Epoch ${String(EPOCHS)} of ${String(EPOCHS)}: loss`));
      expect(last.stderr).toMatch(/epochs were done before; going on/);
      expect(epochsKept('killed')).toBe(EPOCHS);
      expect(existsSync(at('killed', 'report.json'))).toBe(false);
      const resumed = await startCli(train('killed', '--resume'));
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(resumed.stderr).toContain(`${String(EPOCHS)} epochs were done before; going on.`);
      expect(readdirSync(at('killed')).sort()).toEqual(readdirSync(at('whole')).sort());
      expect(figures('killed')).toEqual(figures('whole'));
      expect(readFileSync(at('killed', 'group1-shard1of1.bin')).equals(readFileSync(at('whole', 'group1-shard1of1.bin')))).toBe(true);
    },
    TIMEOUT_MS,
  );

  it('gives a submission with the columns and rows of the sample', async () => {
    renameSync(at('test', 't2.png'), at('test', 't3.png'));
    const args = ['predict', at('test'), '--net', at('whole', 'model.json'), '--sample', at('sample.csv'), '--submission', at('submission.csv')];
    const predicted = await startCli([...args, '--adapter', 'software']);
    expect(predicted.code, predicted.stderr).toBe(0);
    expect(predicted.stderr).toMatch(/1 pictures are not in the sample file.*t3/);
    expect(predicted.stderr).toMatch(/1 ids of the sample file have no readable picture.*t2/);
    const lines = readFileSync(at('submission.csv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe(readFileSync(at('sample.csv'), 'utf8').split('\n')[0]);
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['t10', 't1', 't2']);
    for (const line of lines.slice(1))
      expect(
        line
          .split(',')
          .slice(1)
          .reduce((sum, value) => sum + Number(value), 0),
      ).toBeCloseTo(1, 5);
  });
});

describe('data that cannot be trained on', () => {
  /** Ends with one line that says what is wrong and what to do, exit code 2, and nothing in the folder of the net. */
  async function expectRefusal(args: readonly string[], message: RegExp): Promise<void> {
    const { code, stdout, stderr } = await startCli(['finetune', ...args, '--out', at('refused'), ...QUICK]);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
    expect(existsSync(at('refused')) ? readdirSync(at('refused')) : []).toEqual([]);
  }

  it('is refused in one line', async () => {
    mkdirSync(at('one', 'pug'), { recursive: true });
    png(at('one', 'pug', 'a.png'), 0, 1);
    await expectRefusal(['--data', at('one')], /All 1 pictures belong to one class, "pug".*one subfolder per class/);
    mkdirSync(at('empty'));
    await expectRefusal(['--data', at('empty')], /empty is an empty folder/);
    writeFileSync(at('twice.csv'), 'id,breed\r\ndog0,pug\r\n"dog0","akita, red"\r\n');
    await expectRefusal(['--labels', at('twice.csv'), '--images', at('train')], /gives the id "dog0" two labels, "pug" and "akita, red".*Keep one/);
    writeFileSync(at('open.csv'), 'id,breed\ndog0,"pug\ndog1,akita\n');
    await expectRefusal(['--labels', at('open.csv'), '--images', at('train')], /open\.csv, row \d+: .*[Qq]uote.*Close every quote/);
    writeFileSync(at('bomb.zip'), zipSync({ 'pug/a.png': new Uint8Array(40_000_000), 'akita/b.png': new Uint8Array(10) }, { level: 9 }));
    await expectRefusal(['--data', at('bomb.zip')], /bomb\.zip: "pug\/a\.png" would expand from \d+ to 40000000 bytes, which no picture does/);
  });
});
