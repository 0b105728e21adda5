/** What `gramarye bench compare` ends with, and what flags of `gramarye bench` ask for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planGroups } from '../../src/bench/request.js';
import type { BenchFile } from '../../src/bench/result.js';
import { benchCompare, requestOf, type BenchFlags, type CompareFlags } from '../../src/cli/bench.js';
import { fakeFile, simulatedGroups } from '../support/bench-files.js';

const folder = mkdtempSync(join(tmpdir(), 'gramarye-compare-'));
const write = (name: string, file: BenchFile): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(file));
  return path;
};
let before: string;
let same: string;
let slower: string;
let elsewhere: string;
beforeAll(() => {
  before = write('before.json', fakeFile(simulatedGroups(100, {})));
  same = write('same.json', fakeFile(simulatedGroups(300, {})));
  slower = write('slower.json', fakeFile(simulatedGroups(200, { planted: 3 })));
  elsewhere = write('elsewhere.json', fakeFile(simulatedGroups(100, {}), 'another gpu'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function compare(after: string, flags: Partial<CompareFlags> = {}): { readonly code: number; readonly text: string } {
  const lines: string[] = [];
  const code = benchCompare(before, after, { threshold: 0.05, otherDevices: false, ...flags }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

describe('gramarye bench compare', () => {
  it('ends with 1 when a variant became slower by more than the threshold, and names it', () => {
    const { code, text } = compare(slower);
    expect(code).toBe(1);
    expect(text).toMatch(/gram +case 3 +split-k .* slower$/m);
    expect(text).toMatch(/^1 slower, 0 faster, \d+ the same, \d+ unclear \(threshold 5%\)\.$/m);
  });

  it('ends with 0 for the same code, and where the threshold allows what happened', () => {
    expect(compare(same).code).toBe(0);
    expect(compare(slower, { threshold: 0.25 }).code).toBe(0);
  });

  it('refuses another device unless told, and writes Markdown', () => {
    expect(() => compare(elsewhere)).toThrow(/different devices .*another gpu.*--other-devices/);
    const out = join(folder, 'told.md');
    expect(compare(elsewhere, { otherDevices: true, out }).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toMatch(/Different devices[\s\S]*\| op \| shape \| variant \|/);
  });
});

describe('flags of gramarye bench', () => {
  const flags: BenchFlags = { shape: [], quick: false, adapter: 'auto', out: [], connect: [], all: false };
  const cases = (more: Partial<BenchFlags>): string[] => planGroups(requestOf({ ...flags, ...more })).map(({ op, shape }) => `${op.id} ${shape.name}`);

  it('choose ops, shapes with a pattern or by hand, and cases by text', () => {
    expect(cases({ op: ['gram'], shape: ['relu3_1@*'] })).toHaveLength(6);
    expect(cases({ op: ['gram'], shape: ['1000x24'] })).toEqual(['gram 1000x24']);
    expect(cases({ op: ['gram', 'adam'], filter: 'gram/relu1_1' })).toEqual(['gram relu1_1@128']);
    expect(requestOf({ ...flags, variant: ['winograd-*'], samples: 9, seconds: 2, peers: ['jax-js'] })).toEqual({
      ...{ quick: false, variants: ['winograd-*'], maximumSamples: 9, groupSeconds: 2, peers: ['jax-js'] },
    });
  });
});
