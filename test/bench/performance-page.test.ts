/** The page of figures: from results files and notes. */
import { describe, expect, it } from 'vitest';
import { anchorOf, headingsOf, performancePage, reviewPage } from '../../bench/docs/performance-page.js';
import { fakeFile, simulatedGroups } from '../support/bench-files.js';

const step = {
  date: '2026-01-01',
  machine: 'linux',
  adapter: { kind: 'node', description: 'some adapter' },
  results: [
    { engine: 'gramarye', size: 64, medianMs: 10, samplesMs: [10, 10], ratio: 1, ratioInterval: [1, 1] },
    { engine: 'tfjs-wasm', size: 64, medianMs: 25, samplesMs: [25, 25], ratio: 2.5, ratioInterval: [2, 3] },
  ],
};
const planted = { kind: 'planted', date: '2026-01-01', device: 'some adapter', clock: 'processor', trials: 20, found: 19, quiet: 20 };
const file = (name: string, value: unknown): { name: string; text: string } => ({ name, text: JSON.stringify(value) });

describe('docs/performance.md', () => {
  it('has the tables of runs, of whole steps and of planted slow-downs, and names files of other kinds', () => {
    const page = performancePage(
      [file('a.json', fakeFile(simulatedGroups(1, {}))), file('b.json', step), file('c.json', planted), file('d.json', { other: true })],
      [],
    );
    expect(page).toContain('### mesa lavapipe (software adapter)');
    expect(page).toMatch(/\| 64² \| tfjs-wasm \| 25\.0 \| 2 \| 2\.50 \[2\.00, 3\.00\] \|/);
    expect(page).toContain('found in 19 of 20');
    expect(page).toContain('More in [d.json](../bench/results/d.json).');
  });

  it('indexes the notes by their headings, without those in code', () => {
    const text = '# Winograd, and why\n\n## What was *predicted*: F(4×4)\n\n```\n## no heading\n```\n\n### Deeper\n\n## End\n';
    expect(headingsOf(text).map(({ level }) => level)).toEqual([1, 2, 3, 2]);
    expect(anchorOf('What was *predicted*: F(4×4)')).toBe('what-was-predicted-f44');
    const page = performancePage([], [{ name: 'winograd.md', text }]);
    expect(page).toContain('- [Winograd, and why](performance/winograd.md)');
    expect(page).toContain('  - [End](performance/winograd.md#end)');
    expect(page).not.toContain('Deeper');
  });

  it('is held against its files: stale tables and broken links are mistakes, newer files are not', () => {
    const results = [file('a.json', fakeFile(simulatedGroups(1, {}))), file('b.json', step), file('d.json', { other: true })];
    const topics = [{ name: 'winograd.md', text: '# Winograd\n\n## Points\n' }];
    const page = performancePage(results, topics);
    expect(reviewPage(page, results, topics)).toEqual({ problems: [], unmentioned: [] });
    const later = { name: 'later.md', text: '# Later\n' };
    expect(reviewPage(page, [...results, file('c.json', planted)], [...topics, later])).toEqual({ problems: [], unmentioned: ['c.json', 'later.md'] });
    const slower = { ...step, results: step.results.map((one) => ({ ...one, medianMs: one.medianMs * 2 })) };
    expect(reviewPage(page, [...results.slice(0, 1), file('b.json', slower)], [{ name: 'winograd.md', text: '# Winograd\n' }]).problems).toEqual([
      'it shows d.json, which is gone',
      'it does not show what b.json says',
      'it links to "points" in winograd.md, which is gone',
    ]);
  });

  it('refuses a broken file of the suites', () => {
    expect(() => performancePage([file('broken.json', { schema: 'gramarye-bench', schemaVersion: 1, runs: [{}] })], [])).toThrow(/broken\.json/);
  });
});
