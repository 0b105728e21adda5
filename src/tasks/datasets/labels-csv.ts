/** Label tables: `labels.csv` with an id and a label per row, as Kaggle's dog breed competition has them. */
import Papa from 'papaparse';
import { GramaryeError } from '../../engine/errors.js';
import { checkDataset, compareNatural, idOf, isPicturePath, someOf, type Dataset, type LabelledFile, type PictureFile } from './dataset.js';

/** How classes are numbered: in alphabetical order, or by first appearance in the table, as the chapter does. */
export type ClassOrder = 'alphabetical' | 'first-appearance';

/** A row of a label table. */
export interface LabelRow {
  readonly id: string;
  readonly label: string;
}

/** Column names that stand for the id and for the label; else the first and the second column are taken. */
const ID_COLUMNS = ['id', 'image', 'image_id', 'file', 'filename', 'path'];
const LABEL_COLUMNS = ['breed', 'label', 'class', 'category', 'target'];

/** The header and rows of a CSV text: quotes, a byte order mark, CRLF and other delimiters are understood. Throws `bad-option`. */
export function parseTable(name: string, text: string): { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const broken = errors.find(({ type }) => type === 'Quotes');
  if (broken !== undefined) {
    throw new GramaryeError('bad-option', `${name}, row ${String((broken.row ?? 0) + 1)}: ${broken.message}.`, { remedy: 'Close every quote.' });
  }
  const [header, ...rows] = data.map((row) => row.map((cell) => cell.trim()));
  if (header === undefined) throw new GramaryeError('bad-option', `${name} is empty.`, { remedy: 'Its first row names the columns, e.g. "id,breed".' });
  return { header, rows };
}

/** Rows of a label table. Throws `bad-option` naming the row. */
export function parseLabels(name: string, text: string): LabelRow[] {
  const { header, rows } = parseTable(name, text);
  const column = (names: readonly string[], otherwise: number): number => {
    const found = header.findIndex((title) => names.includes(title.toLowerCase()));
    return found < 0 ? otherwise : found;
  };
  const idColumn = column(ID_COLUMNS, 0);
  const labelColumn = column(LABEL_COLUMNS, idColumn === 1 ? 0 : 1);
  if (header.length < 2)
    throw new GramaryeError('bad-option', `${name} has ${String(header.length)} column; wanted an id and a label.`, {
      remedy: 'Its first row names the columns, e.g. "id,breed".',
    });
  return rows.map((row, index) => {
    const [id = '', label = ''] = [row[idColumn], row[labelColumn]];
    if (id === '' || label === '') {
      throw new GramaryeError('bad-option', `${name}, row ${String(index + 2)} has no ${id === '' ? 'id' : 'label'}: "${row.join(',').slice(0, 60)}".`, {
        remedy: 'Fill it in or remove the row.',
      });
    }
    return { id, label };
  });
}

/**
 * Pictures labelled by a table; a picture belongs to the row whose id is its name without ending, or its path. Labels
 * without pictures and pictures without labels are counted and named. Throws `bad-option` for an id with two labels.
 */
export function datasetFromLabels(name: string, text: string, files: readonly PictureFile[], order: ClassOrder): Dataset {
  const notices: string[] = [];
  const labels = new Map<string, string>();
  const repeated = new Set<string>();
  for (const { id, label } of parseLabels(name, text)) {
    const before = labels.get(id);
    if (before !== undefined && before !== label) {
      throw new GramaryeError('bad-option', `${name} gives the id "${id}" two labels, "${before}" and "${label}".`, { remedy: 'Keep one of the rows.' });
    }
    if (before !== undefined) repeated.add(id);
    labels.set(id, label);
  }
  if (repeated.size > 0) notices.push(`${String(repeated.size)} ids appear more than once with the same label and count once: ${someOf([...repeated])}.`);
  const seen = [...new Set(labels.values())];
  const byId = new Map<string, PictureFile>();
  const unlabelled: string[] = [];
  const doubled: string[] = [];
  for (const file of files.filter(({ path }) => isPicturePath(path))) {
    const key = [idOf(file.path), file.path, file.path.split('/').at(-1) ?? ''].find((candidate) => labels.has(candidate));
    if (key === undefined) unlabelled.push(file.path);
    else if (byId.has(key)) doubled.push(file.path);
    else byId.set(key, file);
  }
  const missing = [...labels.keys()].filter((id) => !byId.has(id));
  if (missing.length > 0) notices.push(`${String(missing.length)} labels have no picture: ${someOf(missing)}.`);
  if (unlabelled.length > 0) notices.push(`${String(unlabelled.length)} pictures have no label and are left out: ${someOf(unlabelled)}.`);
  if (doubled.length > 0) notices.push(`${String(doubled.length)} pictures have the id of another one and are left out: ${someOf(doubled)}.`);
  const present = new Set([...byId.keys()].map((id) => labels.get(id)));
  const classes = seen.filter((label) => present.has(label));
  if (order === 'alphabetical') classes.sort(compareNatural);
  const examples = [...labels].flatMap(([id, label]): LabelledFile[] => {
    const file = byId.get(id);
    return file === undefined ? [] : [{ id, label: classes.indexOf(label), file }];
  });
  return checkDataset({ classes, examples, notices });
}
