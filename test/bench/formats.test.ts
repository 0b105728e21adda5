/** Forms of the results: complete, self-contained, safe. */
import { describe, expect, it } from 'vitest';
import { comparisonMarkdown, formatComparison } from '../../src/bench/compare/format.js';
import { compareFiles } from '../../src/bench/compare/compare.js';
import { formatResults, resultExtension } from '../../src/bench/formats/files.js';
import { formatTerminal } from '../../src/bench/formats/text.js';
import { parseBenchFile } from '../../src/bench/result.js';
import { fakeFile, simulatedGroups } from '../support/bench-files.js';

const file = fakeFile(simulatedGroups(1, {}));

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
