/** A comparison as text. */
import { caseName, figure } from '../formats/rows.js';
import { alignColumns, markdownTable } from '../formats/text.js';
import { regressions, type Comparison } from './compare.js';

const HEADINGS = ['op', 'shape', 'variant', 'before ms', 'after ms', 'ratio', '95% interval', 'p', 'verdict'];
const isText = (column: number): boolean => column < 3 || column === 8;

/** The cells of a comparison, the headings first. `names` are those of the two files. */
export function comparisonRows({ cases }: Comparison, [before, after] = ['before ms', 'after ms']): string[][] {
  return [
    HEADINGS.map((heading) => (heading === 'before ms' ? before : heading === 'after ms' ? after : heading)),
    ...cases.map(({ op, shape, variant, engine, beforeMs, afterMs, ratio, interval: [low, high], p, verdict }) => [
      op,
      shape,
      caseName({ engine, variant }),
      figure(beforeMs),
      figure(afterMs),
      ratio.toFixed(3),
      `[${low.toFixed(3)}, ${high.toFixed(3)}]`,
      p < 1e-4 ? '<0.0001' : p.toFixed(4),
      verdict,
    ]),
  ];
}

/** One line that sums up. */
function conclusion(comparison: Comparison): string {
  const slower = regressions(comparison);
  const count = (verdict: string): number => comparison.cases.filter((one) => one.verdict === verdict).length;
  const share = `${(comparison.threshold * 100).toFixed(0)}%`;
  return `${String(slower.length)} slower, ${String(count('faster'))} faster, ${String(count('same'))} the same, ${String(count('unclear'))} unclear (threshold ${share}).`;
}

/** For a terminal. */
export function formatComparison(comparison: Comparison): string {
  return [...comparison.notices, ...alignColumns(comparisonRows(comparison), isText), ...comparison.missing, conclusion(comparison)].join('\n');
}

/** As Markdown. */
export function comparisonMarkdown(comparison: Comparison): string {
  return `${[...comparison.notices, '', ...markdownTable(comparisonRows(comparison), isText), '', ...comparison.missing.map((line) => `- ${line}`), '', conclusion(comparison)].join('\n')}\n`;
}
