/** A submission held against the sample file, against predictions computed elsewhere, and against the labels that no file held. */
import type { CompetitionSet } from './competition-set.js';

/** Probabilities by id and class. */
export type Known = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One column. */
export interface ColumnCheck {
  readonly name: string;
  readonly mean: number;
  /** Largest difference to the probabilities of tfjs-layers. */
  readonly fromTfjs: number;
  /** Cells whose text is not that of `classify --json` to the digits printed. */
  readonly unlikeJson: number;
}

/** What was found. */
export interface SubmissionCheck {
  /** Whether header and rows are those of the sample, in its order. */
  readonly hasHeader: boolean;
  readonly hasRows: boolean;
  /** Ids that are there not exactly once. */
  readonly wrongIds: number;
  /** Cells that are no number from 0 to 1. */
  readonly badCells: number;
  /** Largest distance of a row's sum from 1. */
  readonly sumError: number;
  readonly columns: readonly ColumnCheck[];
  /** Test pictures whose largest column is the right one; by the submission, by tfjs-layers, by classify. */
  readonly hits: { readonly submission: number; readonly tfjs: number; readonly json: number };
  readonly rows: number;
  readonly logLoss: number;
}

/** Digits that a submission prints. */
const DIGITS = 8;

function best(row: ReadonlyMap<string, number> | undefined): string | undefined {
  return [...(row ?? [])].reduce<readonly [string | undefined, number]>((top, each) => (each[1] > top[1] ? each : top), [undefined, -1])[0];
}

/** Checks every cell of a table, its header first. */
export function checkSubmission(table: readonly (readonly string[])[], set: CompetitionSet, tfjs: Known, json: Known): SubmissionCheck {
  const [header = [], ...rows] = table;
  const { columns, ids, truth } = set;
  const seen = new Map<string, number>();
  for (const [id = ''] of rows) seen.set(id, (seen.get(id) ?? 0) + 1);
  // By the header's own names, so that a column under a wrong name is seen as such.
  const values = new Map(rows.map(([id = '', ...cells]) => [id, new Map(cells.map((cell, index) => [header[index + 1] ?? '', Number(cell)]))]));
  const texts = new Map(rows.map(([id = '', ...cells]) => [id, new Map(cells.map((cell, index) => [header[index + 1] ?? '', cell]))]));
  const hits = (known: Known): number => ids.filter((id) => best(known.get(id)) === truth.get(id)).length;
  return {
    hasHeader: header.join('\n') === ['id', ...columns].join('\n'),
    hasRows: rows.map(([id]) => id).join('\n') === ids.join('\n') && rows.every(({ length }) => length === columns.length + 1),
    wrongIds: [...new Set([...ids, ...seen.keys()])].filter((id) => seen.get(id) !== 1 || !truth.has(id)).length,
    badCells: rows.flatMap(([, ...cells]) => cells).filter((cell) => cell === '' || !(Number(cell) >= 0 && Number(cell) <= 1)).length,
    sumError: Math.max(...rows.map(([, ...cells]) => Math.abs(cells.reduce((sum, cell) => sum + Number(cell), 0) - 1))),
    columns: columns.map((name) => {
      const column = ids.map((id) => values.get(id)?.get(name) ?? NaN);
      return {
        name,
        mean: column.reduce((sum, value) => sum + value, 0) / column.length,
        fromTfjs: Math.max(...ids.map((id, row) => Math.abs((column[row] ?? NaN) - (tfjs.get(id)?.get(name) ?? NaN)))),
        unlikeJson: ids.filter((id) => texts.get(id)?.get(name) !== json.get(id)?.get(name)?.toPrecision(DIGITS)).length,
      };
    }),
    hits: { submission: hits(values), tfjs: hits(tfjs), json: hits(json) },
    rows: rows.length,
    logLoss: ids.reduce((sum, id) => sum - Math.log(Math.max(1e-15, values.get(id)?.get(truth.get(id) ?? '') ?? NaN)), 0) / ids.length,
  };
}
