import type { Evaluation } from '../../tasks/classification/evaluate.js';
import type { DataFile } from '../labelled/data-files.js';

/** The last judgement and what is needed to show its pictures. */
export interface EvaluationRecord {
  readonly evaluation: Evaluation;
  /** Names by a folder's number. */
  readonly names: readonly string[];
  readonly files: readonly (DataFile | undefined)[];
  /** Positions in `files` by `cellKey`. */
  readonly byCell: ReadonlyMap<string, readonly number[]>;
}

/** The cell of a class that is taken for another. */
export function cellKey(label: number, predicted: number): string {
  return `${String(label)} ${String(predicted)}`;
}
