/** `gramarye classify` and `predict` on what users give by mistake: one clear line, the rest done, nothing half written. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strangerServer } from '../support/ui.js';
import { startCli, temporaryFolder, type CliResult } from '../support/cli.js';

const TIMEOUT_MS = 300_000;
const QUICK = ['--size', '32', '--adapter', 'software'];
const EMOJI = unzipSync(readFileSync(resolve(import.meta.dirname, '../../assets/models/emoji/emoji.zip')));
const CLASSES = [...new Set(Object.keys(EMOJI).map((path) => path.split('/').at(-2) ?? ''))].filter((name) => name !== '').sort();
const DRAWINGS = Object.entries(EMOJI)
  .filter(([path]) => path.includes('/twitter'))
  .map(([, bytes]) => bytes);

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const put = (path: string, bytes: Uint8Array | string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), bytes);
};
const drawing = (index: number): Uint8Array => DRAWINGS[index] ?? new Uint8Array();

beforeAll(() => {
  put('good.png', drawing(0));
  put('broken.png', 'no picture');
  put('set.zip', zipSync({ 'in/side.png': drawing(1), 'in/torn.png': drawing(2).slice(0, 200) }));
  put('bomb.zip', zipSync({ 'in/a.png': new Uint8Array(40_000_000) }, { level: 9 }));
  put('twice/a/x.png', drawing(3));
  put('twice/b/x.png', drawing(4));
  for (const [index, id] of ['one', 'two', 'gone', 'stray'].entries()) put(`test/${id}.png`, drawing(index + 5));
  put('test/torn.png', 'no picture');
  mkdirSync(at('empty'));
});
afterAll(() => {
  folder.remove();
});

/** Ended because of what was given: one line that says what and what to do, and nothing else. */
function expectRefusal({ code, stdout, stderr }: CliResult, words: RegExp): void {
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(words);
}

describe('classify', () => {
  it(
    'names what it can read, of files, an address and an archive, and says what it cannot',
    async () => {
      const server = await strangerServer(Buffer.from(drawing(9)));
      const given = [at('broken.png'), at('good.png'), server.url, at('set.zip')];
      const { code, stdout, stderr } = await startCli(['classify', ...given, '--json', '--top', '3', ...QUICK]);
      await server.close();
      expect(code, stderr).toBe(0);
      const { results } = JSON.parse(stdout) as { results: { name: string; predictions?: { name: string; probability: number }[]; problem?: string }[] };
      const of = (name: string): (typeof results)[number] | undefined => results.find((each) => each.name.endsWith(name));
      expect(results).toHaveLength(5);
      for (const name of ['good.png', server.url, 'in/side.png']) {
        expect(of(name)?.predictions).toHaveLength(3);
        expect(of(name)?.predictions?.every((guess) => CLASSES.includes(guess.name))).toBe(true);
      }
      for (const name of ['broken.png', 'in/torn.png']) expect(of(name)?.problem).toMatch(new RegExp(`${name} cannot be decoded`));
      expect(stderr).toMatch(/Skipped .*broken\.png/);
    },
    TIMEOUT_MS,
  );

  it(
    'says how far it came when it is stopped',
    async () => {
      const run = await startCli(['classify', ...QUICK], {
        onStart: (child) => {
          child.stdout?.once('data', () => child.kill('SIGINT'));
        },
      });
      expect(run.code, run.stderr).toBe(130);
      const lines = run.stdout.trim().split('\n').length;
      expect(lines).toBeLessThan(DRAWINGS.length);
      expect(run.stderr).toContain(`Stopped; ${String(lines)} pictures were named.`);
    },
    TIMEOUT_MS,
  );

  it(
    'refuses what holds no picture at all, an empty folder and a zip bomb',
    async () => {
      expectRefusal(await startCli(['classify', at('broken.png'), ...QUICK]), /None of the pictures can be read/);
      expectRefusal(await startCli(['classify', at('empty'), ...QUICK]), /empty is an empty folder/);
      expectRefusal(await startCli(['classify', 'http://127.0.0.1:9/x.png', ...QUICK]), /127\.0\.0\.1:9\/x\.png could not be fetched: .*Check the address/);
      expectRefusal(await startCli(['evaluate', at('bomb.zip'), ...QUICK]), /bomb\.zip: "in\/a\.png" would expand from \d+ to 40000000 bytes/);
    },
    TIMEOUT_MS,
  );
});

describe('predict', () => {
  it(
    'fills the rows of a sample with byte order mark, CRLF and quotes; what is broken or has vanished gets even shares and is named',
    async () => {
      const columns = [...CLASSES].reverse();
      const ids = ['two', 'gone', 'torn', 'one'];
      const rows = [['id', ...columns], ...ids.map((id) => [id, ...columns.map(() => '0.1')])];
      put('sample.csv', `\uFEFF${rows.map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\r\n')}\r\n`);
      const run = await startCli(['predict', at('test'), '--sample', at('sample.csv'), '--submission', at('out.csv'), ...QUICK], {
        onStderr: (text) => {
          if (text.includes('Reading the net')) rmSync(at('test', 'gone.png'), { force: true });
        },
      });
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).toMatch(/1 pictures are not in the sample file and are left out: stray/);
      expect(run.stderr).toMatch(/2 ids of the sample file have no readable picture.*: gone, torn/);
      const table = readFileSync(at('out.csv'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
      expect(table[0]).toEqual(['id', ...columns]);
      expect(table.slice(1).map(([id]) => id)).toEqual(ids);
      for (const [id, ...cells] of table.slice(1)) {
        const values = cells.map(Number);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
        expect(new Set(values).size === 1, id).toBe(id === 'gone' || id === 'torn');
      }
    },
    TIMEOUT_MS,
  );

  it(
    'refuses two pictures of one id and a sample of other classes, and writes nothing',
    async () => {
      expectRefusal(await startCli(['predict', at('twice'), '--submission', at('twice.csv'), ...QUICK]), /Two pictures have the id "x".*one file per id/);
      put('other.csv', 'id,pug,akita\none,0.5,0.5\n');
      const others = ['predict', at('test'), '--sample', at('other.csv'), '--submission', at('others.csv'), ...QUICK];
      expectRefusal(await startCli(others), /other\.csv and the model have different classes.*the model lacks pug, akita/);
      expect([existsSync(at('twice.csv')), existsSync(at('others.csv'))]).toEqual([false, false]);
    },
    TIMEOUT_MS,
  );
});
