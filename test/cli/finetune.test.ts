import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { confusionSvg } from '../../src/cli/charts/confusion-svg.js';
import { curvesSvg, roundUp } from '../../src/cli/charts/curves-svg.js';
import { matrixCsv, proportionText, tableText } from '../../src/cli/evaluation-text.js';
import type { FinetuneFlags } from '../../src/cli/finetune-flags.js';
import { parseSchedule, settingsOf } from '../../src/cli/finetune-flags.js';
import { planFinetune } from '../../src/cli/finetune.js';
import { FolderRecords } from '../../src/cli/folder-records.js';
import { filesBelow } from '../../src/cli/picture-arguments.js';
import { wilson } from '../../src/tasks/mobilenet/metrics.js';
import { submissionIds } from '../../src/tasks/fine-tuning/submission.js';
import { temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const flags: FinetuneFlags = { backbone: 'mobilenet-v2-oid', preset: 'default', adapter: 'auto', out: join(folder.path, 'out'), resume: false };

describe('records in a folder', () => {
  it('are whole after the writer was killed at any moment', { timeout: 120_000 }, async () => {
    const path = join(folder.path, 'records');
    const project = resolve(import.meta.dirname, '../..');
    for (let trial = 0; trial < 4; trial++) {
      const child = spawn(process.execPath, [join(project, 'bench/run-node.mjs'), 'test/support/records-writer.ts', path], {
        cwd: project,
        // The runner would start another process of its own, which a kill would not reach.
        env: { ...process.env, GRAMARYE_RUN_NODE: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((started) => child.stdout.once('data', started));
      await new Promise((wait) => setTimeout(wait, 40 * Math.random()));
      const ended = new Promise((end) => child.once('exit', end));
      child.kill('SIGKILL');
      await ended;
      const records = new FolderRecords(path, { suffix: '.bin', durable: true });
      const bytes = await records.load('checkpoint');
      expect(bytes?.byteLength).toBe(4_000_000);
      expect(bytes?.equals(Buffer.alloc(4_000_000, bytes[0]))).toBe(true);
      await records.tidy();
      expect(readdirSync(path)).toEqual(['checkpoint.bin']);
    }
  });
});

describe('settings of finetune', () => {
  it('follow the preset and the flags', () => {
    expect(settingsOf({ ...flags, preset: 'chapter' })).toMatchObject({
      ...{ optimizer: 'sgd', learningRate: 0.01, momentum: 0, epochs: 10, batchSize: 32, trainLast: 20 },
      ...{ validationShare: 0.25, split: 'last', classOrder: 'first-appearance' },
    });
    const chosen = settingsOf({ ...flags, optimizer: 'adam', learningRate: 1e-3, copies: 2, earlyStopping: 3, memoryBudget: 5, validationSplit: 0 });
    expect(chosen).toMatchObject({ optimizer: 'adam', learningRate: 1e-3, validationShare: 0, memoryBudgetBytes: 5 * 1024 * 1024 });
    expect(chosen.augmentation.copies).toBe(2);
    expect(chosen.earlyStopping).toEqual({ patience: 3 });
    expect(parseSchedule('step:5:0.1')).toEqual({ kind: 'step', epochs: 5, factor: 0.1 });
    expect(() => parseSchedule('linear')).toThrow(/cosine/);
  });

  it('refuses what does not go together, naming the flag', () => {
    const refusal = (change: Partial<FinetuneFlags>, message: RegExp): void => {
      expect(() => planFinetune({ ...flags, ...change })).toThrow(message);
    };
    mkdirSync(join(folder.path, 'empty'));
    refusal({ data: join(folder.path, 'absent') }, /--data .*absent does not exist/);
    refusal({ data: join(folder.path, 'empty') }, /empty folder/);
    refusal({ labels: 'labels.csv' }, /--labels is given alone/);
    refusal({ data: folder.path, labels: 'labels.csv', images: folder.path }, /--data goes without/);
    refusal({ resume: true }, /--resume: .*out does not exist/);
    refusal({ learningRate: 0 }, /learning rate/);
    refusal({ backbone: join(folder.path, 'absent.tflite') }, /--backbone .* does not exist/);
    mkdirSync(join(folder.path, 'one', 'pug'), { recursive: true });
    writeFileSync(join(folder.path, 'one', 'pug', 'a.png'), '');
    refusal({ data: join(folder.path, 'one') }, /All 1 pictures belong to one class, "pug"/);
    const table = (name: string, text: string): Partial<FinetuneFlags> => {
      writeFileSync(join(folder.path, name), text);
      return { labels: join(folder.path, name), images: join(folder.path, 'one') };
    };
    refusal(table('twice.csv', '\uFEFFid,breed\r\na,pug\r\n"a","akita, red"\r\n'), /gives the id "a" two labels, "pug" and "akita, red"/);
    refusal(table('open.csv', 'id,breed\na,"pug\nb,akita\n'), /open\.csv, row \d+: .*[Qq]uote.*Close every quote/);
    mkdirSync(join(folder.path, 'earlier'));
    writeFileSync(join(folder.path, 'earlier', 'checkpoint.bin'), 'x');
    refusal({ out: join(folder.path, 'earlier') }, /earlier run.*--resume/);
  });

  it('takes the embedded set and backbone when nothing is given', () => {
    const plan = planFinetune(flags);
    expect(plan.archives[0]?.path).toMatch(/emoji\.zip$/);
    expect(plan.net.path).toMatch(/mobilenet-v2-oid/);
  });
});

describe('tables and drawings', () => {
  it('lists a folder in the order of numbers', () => {
    for (const name of ['set/10/a.png', 'set/2/b.png', 'set/.hidden/c.png']) {
      mkdirSync(join(folder.path, name, '..'), { recursive: true });
      writeFileSync(join(folder.path, name), '');
    }
    expect(filesBelow(join(folder.path, 'set')).map(({ name }) => name)).toEqual(['2/b.png', '10/a.png']);
  });

  it('reads the ids of a sample file and refuses one that comes twice', () => {
    expect(submissionIds('s.csv', '\uFEFFid,a\r\nx,0.1\r\n"y",0.2\r\n')).toEqual(['x', 'y']);
    expect(() => submissionIds('s.csv', 'id,a\nx,1\nx,1\n')).toThrow(/"x" twice/);
  });

  it('draws curves and confusions as text that any viewer opens', () => {
    const history = [1, 2, 3].map((epoch) => ({
      ...{ epoch, learningRate: 0.1, loss: 3 / epoch, accuracy: epoch / 4, validationLoss: 2, validationAccuracy: 0.5, seconds: 1 },
    }));
    const curves = curvesSvg(history);
    expect(curves.match(/<polyline/g)).toHaveLength(4);
    // Loss 3 of at most 5 at the left edge of the first panel, 1 at its right edge.
    expect(curves).toContain('points="56,120 221,180 386,200"');
    expect(curvesSvg(history.slice(0, 1)).match(/<circle/g)).toHaveLength(4);
    expect(roundUp(0.3)).toBe(0.5);
    const matrix = confusionSvg(
      [
        [3, 1],
        [0, 4],
      ],
      ['a<b', 'c'],
    );
    expect(matrix).toContain('a&lt;b as c: 1');
    expect(matrix.match(/fill-opacity/g)).toHaveLength(3);
    expect(matrixCsv([[3, 1]], ['a,b', 'c'])).toBe('class,"a,b",c\n"a,b",3,1\n');
    expect(proportionText(wilson(8, 10))).toBe('80.0% (95% interval 49.0% to 94.3%; 8 of 10)');
    expect(
      tableText([
        ['class', 'n'],
        ['x', '10'],
      ]),
    ).toBe('class   n\nx      10');
  });
});
