/** The built command line on the layout of a dog-breed competition: trained, killed and taken up again, predicted, judged. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, describe, expect, it } from 'vitest';
import type { FinetuneReport } from '../../src/cli/runner/protocol.js';
import { startCli, temporaryFolder } from '../support/cli.js';
import { drawnPicture } from '../support/drawn-pictures.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
afterAll(() => {
  folder.remove();
});

const BREEDS = Array.from({ length: 12 }, (_, index) => (index === 3 ? 'terrier, "wire"' : `breed ${String((index * 7) % 12)}`));
const PER_BREED = 4;
const TIMEOUT_MS = 240_000;
const QUICK = ['--adapter', 'software', '--size', '32', '--train-last', '1', '--batch-size', '16', '--optimizer', 'adam', '--seed', '5'];

function png(path: string, label: number, seed: number): void {
  const { height, width, data } = drawnPicture(label, seed, 32);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) image.data.set([...data.subarray(i * 3, i * 3 + 3)].map((value) => Math.round(255 * value)).concat(255), i * 4);
  context.putImageData(image, 0, 0);
  writeFileSync(path, canvas.toBuffer('image/png'));
}

const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** labels.csv with a byte order mark and CRLF; one picture that cannot be decoded, one label without a picture, one picture without a label. */
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
  rows.push('dog999,breed 1');
  png(at('train', 'stray.png'), 0, 77);
  writeFileSync(at('labels.csv'), `\uFEFF${rows.join('\r\n')}\r\n`);
  for (const id of ['t2', 't10', 't1']) png(at('test', `${id}.png`), 1, id.length);
  const columns = [...new Set(BREEDS)].reverse();
  writeFileSync(
    at('sample.csv'),
    `${['id', ...columns].map(quoted).join(',')}\n${['t10', 't1', 't2'].map((id) => [id, ...columns.map(() => '0.08')].join(',')).join('\n')}\n`,
  );
}

const train = (out: string, ...more: string[]): string[] => [
  'finetune',
  '--labels',
  at('labels.csv'),
  '--images',
  at('train'),
  '--out',
  at(out),
  ...QUICK,
  ...more,
];

function reportOf(out: string): FinetuneReport {
  return JSON.parse(readFileSync(at(out, 'report.json'), 'utf8')) as FinetuneReport;
}

function figures(out: string): unknown {
  return reportOf(out).history.map((entry) => ({ ...entry, seconds: 0 }));
}

describe('the layout of a competition', () => {
  it('is trained on, goes on after a kill with the same figures, and gives a submission', { timeout: 3 * TIMEOUT_MS }, async () => {
    makeSet();
    const whole = await startCli(train('whole', '--epochs', '3'));
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).toMatch(/1 labels have no picture: dog999/);
    expect(whole.stderr).toMatch(/1 pictures have no label.*stray/);
    expect(whole.stderr).toMatch(/Skipped dog5/);
    expect(readdirSync(at('whole')).sort()).toEqual(
      ['checkpoint.bin', 'confusion.csv', 'confusion.svg', 'curves.svg', 'group1-shard1of1.bin', 'labels.txt', 'model.json', 'report.json'].sort(),
    );
    const { classes, trainingCount, validationCount } = reportOf('whole');
    expect(classes).toEqual([...new Set(BREEDS)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    expect(trainingCount + validationCount).toBe(PER_BREED * BREEDS.length - 1);

    // Killed without a chance to clean up, as soon as an epoch is told.
    let isKilled = false;
    const killed = await startCli(train('resumed', '--epochs', '3'), {
      onStderr: (text, child) => {
        if (isKilled || !text.includes('Epoch 1 of 3: loss')) return;
        isKilled = true;
        child.kill('SIGKILL');
      },
    });
    expect(killed.code).not.toBe(0);
    expect(existsSync(at('resumed', 'model.json'))).toBe(false);
    const resumed = await startCli(train('resumed', '--epochs', '3', '--resume'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/epochs were done before; going on/);
    expect(figures('resumed')).toEqual(figures('whole'));
    expect(readFileSync(at('resumed', 'group1-shard1of1.bin')).equals(readFileSync(at('whole', 'group1-shard1of1.bin')))).toBe(true);

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
