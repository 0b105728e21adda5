/** Results for a terminal and as Markdown. */
import type { BenchFile, BenchRun } from '../result.js';
import { verdictLines } from './verdict.js';
import { bestCase, cells, figure, HEADINGS, runHeading, shownRows, TEXT_COLUMNS, WIDE_COLUMNS } from './rows.js';

/** Rows of text in columns; columns that are empty throughout are left out. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isText: (column: number) => boolean,
  isWanted: (column: number) => boolean = () => true,
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const isShown = widths.map((width, column) => width > 0 && isWanted(column) && rows.slice(1).some((row) => (row[column] ?? '') !== ''));
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .filter((_, column) => isShown[column])
      .join('  ')
      .trimEnd(),
  );
}

function table(run: BenchRun, withSkipped: boolean): string[][] {
  const best = new Set(run.groups.map(bestCase));
  return [[...HEADINGS], ...shownRows([run], withSkipped).map((row) => cells(row, best.has(row.case)))];
}

/** ISA rows of a run, the headings first: what a compiler made of each pass. Empty where nothing was compiled so. */
export function isaTable(run: BenchRun): string[][] {
  const rows = run.groups.flatMap((group) =>
    group.cases.flatMap((one) =>
      (one.isa ?? []).map((isa) => [
        isa.gpu,
        group.op,
        group.shape,
        one.variant,
        isa.pass,
        String(isa.registers),
        String(isa.wavesPerSimd),
        String(isa.spilledRegisters),
        String(isa.workgroupBytes),
        figure(isa.multiplyAddShare),
      ]),
    ),
  );
  return rows.length === 0 ? [] : [['GPU', 'op', 'shape', 'variant', 'pass', 'registers', 'waves', 'spills', 'workgroup bytes', 'multiply-add share'], ...rows];
}

/** Which of their columns are text. */
export const isIsaText = (column: number): boolean => column < 5;

function paragraph(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Tables for a terminal, the answer last. `*` marks the fastest of its group. */
export function formatTerminal({ runs }: BenchFile, withSkipped = false): string {
  return runs
    .map((run) => {
      const isa = isaTable(run);
      const rows = table(run, withSkipped);
      const skipped = run.groups.flatMap(({ cases }) => cases).filter(({ status }) => status === 'skipped').length;
      return [
        ...runHeading(run),
        '',
        ...(isa.length === 0
          ? alignColumns(
              rows,
              (column) => TEXT_COLUMNS.has(column),
              (column) => !WIDE_COLUMNS.has(column),
            )
          : alignColumns(isa, isIsaText)),
        ...(skipped === 0 || withSkipped ? [] : ['', `${String(skipped)} variants were not measured; the results file says why.`]),
        ...paragraph(verdictLines(run)),
      ].join('\n');
    })
    .join('\n\n');
}

/** One Markdown table. */
export function markdownTable(rows: readonly (readonly string[])[], isText: (column: number) => boolean): string[] {
  const [head = [], ...body] = rows;
  const shown = head.map((_, column) => body.some((row) => (row[column] ?? '') !== ''));
  const line = (row: readonly string[]): string =>
    `| ${row
      .filter((_, column) => shown[column])
      .map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '))
      .join(' | ')} |`;
  return [line(head), `|${head.flatMap((_, column) => (shown[column] === true ? [isText(column) ? '---' : '---:'] : [])).join('|')}|`, ...body.map(line)];
}

/** The results as Markdown. */
export function formatMarkdown({ runs }: BenchFile): string {
  return `${runs
    .map((run) => {
      const [title = '', ...rest] = runHeading(run);
      const isa = isaTable(run);
      return [
        `## ${title}`,
        '',
        ...rest.map((line) => `${line}  `),
        '',
        ...(isa.length === 0 ? markdownTable(table(run, false), (column) => TEXT_COLUMNS.has(column)) : markdownTable(isa, isIsaText)),
        ...paragraph(verdictLines(run).map((line) => `${line}  `)),
      ].join('\n');
    })
    .join('\n\n')}\n`;
}
