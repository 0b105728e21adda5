/** `submission.csv`: an id and a probability per class, as Kaggle's competitions want it. */
import { GramaryeError } from '../../engine/errors.js';
import { csvText } from '../datasets/csv-text.js';
import { compareNatural } from '../datasets/dataset.js';
import { parseTable } from '../datasets/labels-csv.js';

/** Probabilities of one picture, in the model's class order. */
export interface Prediction {
  readonly id: string;
  readonly probabilities: ArrayLike<number>;
}

/** Columns of a sample submission file. Throws `bad-option` unless they are an id and exactly the model's classes. */
export function submissionColumns(name: string, text: string, classes: readonly string[]): string[] {
  const [id = 'id', ...columns] = parseTable(name, text).header;
  const missing = classes.filter((each) => !columns.includes(each));
  const unknown = columns.filter((each) => !classes.includes(each));
  if (missing.length > 0 || unknown.length > 0) {
    throw new GramaryeError(
      'bad-option',
      `${name} and the model have different classes: ${missing.length > 0 ? `the file lacks ${missing.slice(0, 5).join(', ')}` : ''}${missing.length > 0 && unknown.length > 0 ? '; ' : ''}${unknown.length > 0 ? `the model lacks ${unknown.slice(0, 5).join(', ')}` : ''}.`,
      { remedy: 'Use the sample file that belongs to the data the model was trained on.' },
    );
  }
  return [id, ...columns];
}

/** The ids of a sample submission file, in its order. Throws `bad-option` for an id that comes twice. */
export function submissionIds(name: string, text: string): string[] {
  const ids = parseTable(name, text).rows.map(([id = '']) => id);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new GramaryeError('bad-option', `${name} has the id "${id}" twice.`, { remedy: 'Keep one of the rows.' });
    seen.add(id);
  }
  return ids;
}

/** The file's text: the sample's columns in its order, else `id` and the classes in alphabetical order. */
export function submissionText(predictions: readonly Prediction[], classes: readonly string[], columns?: readonly string[]): string {
  const [id = 'id', ...order] = columns ?? ['id', ...[...classes].sort(compareNatural)];
  const places = order.map((name) => classes.indexOf(name));
  const rows = predictions.map((prediction) => [prediction.id, ...places.map((place) => (prediction.probabilities[place] ?? 0).toPrecision(8))]);
  return csvText([[id, ...order], ...rows]);
}
