/** Forms of the results: complete, self-contained, safe. */
import { describe, expect, it } from 'vitest';
import { comparisonMarkdown, formatComparison } from '../../src/bench/compare/format.js';
import { compareFiles } from '../../src/bench/compare/compare.js';
import { formatResults, resultExtension } from '../../src/bench/formats/files.js';
import { formatTerminal } from '../../src/bench/formats/text.js';
import { groupVerdict, verdictLines } from '../../src/bench/formats/verdict.js';
import { parseBenchFile, type BenchGroup } from '../../src/bench/result.js';
import { summarise } from '../../src/bench/statistics/summary.js';
import { fakeFile, simulatedGroups } from '../support/bench-files.js';

const file = fakeFile(simulatedGroups(1, {}));

/** One op at a shape whose variants take a multiple of the machine's course. */
function competition(shape: string, factors: Readonly<Record<string, number>>): BenchGroup {
  const [group] = simulatedGroups(1, {});
  if (group === undefined) throw new Error('there is no group');
  const course = group.yardstickMs;
  const cases = Object.entries(factors).map(([variant, factor], index) => {
    const samplesMs = course.map((ms, round) => ms * factor * (1 + 0.02 * Math.sin(7 * round + 2 * index)));
    return { variant, engine: 'gramarye', status: 'measured' as const, samplesMs, wallMs: samplesMs, summary: summarise(samplesMs, samplesMs, 0.03) };
  });
  return { ...group, shape, cases };
}

describe('the answer in words', () => {
  it('names the fastest with the factor to the one that comes nearest, by rounds, and says where none can be told', () => {
    const shown = groupVerdict(competition('a', { slow: 2, quick: 1, middle: 1.25 }));
    expect(shown).toMatchObject({ variant: 'quick', isShown: true, rival: { variant: 'middle' } });
    expect(Math.abs((shown?.rival?.ratio ?? 0) - 1.25)).toBeLessThan(0.02);
    const tied = groupVerdict(competition('b', { one: 1, other: 1.001 }));
    expect(tied?.isShown).toBe(false);
    const lines = (...groups: BenchGroup[]): string => fakeFile(groups).runs.flatMap(verdictLines).join('\n');
    expect(lines(competition('a', { slow: 2, quick: 1 }))).toMatch(
      /^On mesa lavapipe \(software adapter\):\ngram a: Fastest: quick, 2\.0\d \[1\.\d\d, 2\.\d\d\] times as fast as slow\.$/,
    );
    expect(lines(competition('b', { one: 1, other: 1.001 }))).toMatch(
      /No difference can be shown between (one and other|other and one): [01]\.\d\d \[0\.9\d, 1\.0\d\]\./,
    );
    const both = [competition('a', { x: 1, y: 1.5 }), competition('b', { x: 1.5, y: 1 }), competition('c', { x: 1, y: 1 })];
    expect(lines(...both)).toMatch(/gram: which is fastest depends on the shape: x at 1, y at 1 of 3 shapes, at 1 no difference can be shown\.$/);
    expect(lines(competition('a', { only: 1 }))).toBe('');
  });

  it('ends the output of the terminal, and stands in Markdown and HTML', async () => {
    const won = fakeFile([competition('a', { x: 1, y: 1.5 })]);
    expect(formatTerminal(won).split('\n').at(-1)).toMatch(/^gram a: Fastest: x, /);
    expect(await formatResults(won, '.md')).toContain('Fastest: x, ');
    expect(await formatResults(won, '.html')).toContain('Fastest: x, ');
  });
});

describe('formats', () => {
  it('say of a software adapter that it is one, everywhere', async () => {
    expect(formatTerminal(file)).toMatch(/software adapter/);
    expect(await formatResults(file, '.md')).toMatch(/software adapter/);
    expect(await formatResults(file, '.html')).toMatch(/Software adapter/);
    expect(await formatResults(file, '.csv')).toMatch(/software_adapter/);
    expect(formatComparison(compareFiles(file, file))).toMatch(/computes on the CPU/);
  });

  it('HTML needs nothing but itself, and its policy forbids everything else', async () => {
    const html = await formatResults(file, '.html');
    expect(html).toMatch(/default-src 'none'; style-src 'sha256-[^']+'/);
    expect(html).not.toMatch(/<script|src=|href=|url\(|@import|style="/);
    expect(html.match(/<svg /g)?.length).toBeGreaterThanOrEqual(8);
  });

  it('escapes what a foreign file brings', async () => {
    const [group] = simulatedGroups(1, {});
    const evil = fakeFile(group === undefined ? [] : [{ ...group, shape: '<img src=x onerror=alert(1)>', op: '=cmd()' }]);
    expect(await formatResults(evil, '.html')).not.toContain('<img');
    expect(await formatResults(evil, '.csv')).toContain("'=cmd()");
  });

  it('tables list every case; JSON comes back as it was', async () => {
    expect(formatTerminal(file).match(/split-k/g)).toHaveLength(8);
    expect((await formatResults(file, '.csv')).trim().split('\n')).toHaveLength(9);
    expect(parseBenchFile(await formatResults(file, '.json'), 'f')).toEqual(file);
    expect(comparisonMarkdown(compareFiles(file, file))).toMatch(/\| same \|/);
  });

  it('foreign files are refused by name, place and remedy', () => {
    expect(() => parseBenchFile('{', 'a.json')).toThrow(/a\.json is no JSON/);
    expect(() => parseBenchFile('{"schema":"gramarye-bench","schemaVersion":9,"runs":[]}', 'a.json')).toThrow(/format version 9/);
    expect(() => parseBenchFile('{"schema":"gramarye-bench","schemaVersion":1,"runs":[{}]}', 'a.json')).toThrow(/a\.json is no results file.*runs\.0/);
    expect(() => resultExtension('a.txt')).toThrow(/\.json, \.csv, \.md, \.html/);
  });
});
