/** A judgement as text and as tables. */
import type { Evaluation } from '../tasks/classification/evaluate.js';
import { csvText } from '../tasks/datasets/csv-text.js';
import type { Proportion } from '../tasks/mobilenet/metrics.js';
import type { EvaluateReport } from './runner/protocol.js';

/** A share in percent. */
export function shareText(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}%` : '–';
}

/** A share with its interval and the counts behind it. */
export function proportionText({ share, low, high, hits, count }: Proportion): string {
  return `${shareText(share)} (95% interval ${shareText(low)} to ${shareText(high)}; ${String(hits)} of ${String(count)})`;
}

/** Rows of equal columns; the first column is text, the others are figures. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join('  '))
    .join('\n');
}

/** Confusions in the report for people: the most frequent. */
const LISTED_CONFUSIONS = 10;

/** The judgement for people. */
export function evaluationText({ evaluation, net, settings, offset }: EvaluateReport): string {
  const { count, top, top1, top5, perClass, confusion, skippedCount, picturesPerSecond } = evaluation;
  const names = new Map(perClass.map(({ classNumber, name }) => [classNumber, name]));
  const mistakes = confusion
    .filter(({ classNumber, predicted }) => classNumber !== predicted)
    .sort((a, b) => b.count - a.count)
    .slice(0, LISTED_CONFUSIONS);
  const table = tableText([
    ['class', 'pictures', 'top-1', `top-${String(top)}`],
    ...perClass.map((each) => [
      `${String(each.classNumber)} ${each.name}`,
      String(each.count),
      shareText(each.top1 / each.count),
      shareText(each.top5 / each.count),
    ]),
  ]);
  const background = offset === 1 ? '; output 0 is the background, folder n is output n + 1' : '';
  return [
    table,
    '',
    `${net.name}: ${String(net.classes)} outputs${background}; ${String(settings.size)}², ${settings.resize}, ${settings.preprocess === 'chapter' ? 'BGR over 255' : "the model's own preprocessing"}`,
    `top-1 ${proportionText(top1)}`,
    `top-${String(top)} ${proportionText(top5)}`,
    ...(mistakes.length === 0
      ? []
      : [
          `Most frequent mistakes: ${mistakes.map((each) => `${names.get(each.classNumber) ?? ''} as ${each.predictedName} ${String(each.count)}×`).join(', ')}`,
        ]),
    `${String(count)} pictures, ${picturesPerSecond.toFixed(1)} a second${skippedCount === 0 ? '' : `; ${String(skippedCount)} could not be read`}`,
  ].join('\n');
}

/** Which classes are taken for which: one row per pair that occurred. */
export function confusionCsv({ confusion, perClass }: Evaluation): string {
  const names = new Map(perClass.map(({ classNumber, name }) => [classNumber, name]));
  const rows = confusion.map(({ classNumber, predicted, predictedName, count }) => [
    classNumber,
    names.get(classNumber) ?? '',
    predicted,
    predictedName,
    count,
  ]);
  return csvText([['class', 'name', 'predicted', 'predicted_name', 'count'], ...rows]);
}

/** A confusion matrix with the names of its rows and columns. */
export function matrixCsv(matrix: readonly (readonly number[])[], classes: readonly string[]): string {
  return csvText([['class', ...classes], ...matrix.map((row, index) => [classes[index] ?? '', ...row])]);
}
