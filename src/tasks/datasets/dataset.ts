/** Labelled pictures, wherever they come from. */
import { GramaryeError } from '../../engine/errors.js';

/** A picture file that is read only when it is needed. */
export interface PictureFile {
  /** Path with forward slashes, relative to what the user gave. */
  readonly path: string;
  read(): Promise<Blob>;
}

/** A picture and its class. */
export interface LabelledFile {
  /** The file's name without folder and ending, or the id of a label table. */
  readonly id: string;
  /** Index into the classes. */
  readonly label: number;
  readonly file: PictureFile;
}

/** What was found. */
export interface Dataset {
  readonly classes: readonly string[];
  readonly examples: readonly LabelledFile[];
  /** One-line remarks for the user: what was left out and why. */
  readonly notices: readonly string[];
}

const PICTURE_ENDINGS = /\.(?:png|jpe?g|webp|gif|bmp|avif)$/i;

/** Whether a path looks like a picture; hidden files and those that archivers add do not. */
export function isPicturePath(path: string): boolean {
  return PICTURE_ENDINGS.test(path) && !path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/** A file's name without folder and ending. */
export function idOf(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.[^.]*$/, '');
}

/** A few names, and how many more there are. */
export function someOf(names: readonly string[], limit = 5): string {
  return names.length <= limit ? names.join(', ') : `${names.slice(0, limit).join(', ')} and ${String(names.length - limit)} more`;
}

let collator: Intl.Collator | undefined;

/** Order in which a person expects names with numbers: 2 before 10. */
export function compareNatural(a: string, b: string): number {
  // Made when it is first needed, and once: a folder of thousands is sorted by it.
  collator ??= new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The files in subfolders, each subfolder a class. A folder around all of them is left away. Throws `bad-option`. */
export function datasetFromFolders(files: readonly PictureFile[]): Dataset {
  const pictures = files.filter(({ path }) => isPicturePath(path));
  const notices = otherFiles(files.length - pictures.length);
  const parts = pictures.map(({ path }) => path.split('/'));
  let depth = 0;
  while (parts.length > 0 && parts.every((each) => each.length > depth + 2 && each[depth] === parts[0]?.[depth])) depth++;
  const classOf = (path: string): string | undefined => {
    const rest = path.split('/').slice(depth);
    return rest.length >= 2 ? rest[0] : undefined;
  };
  const loose = pictures.filter(({ path }) => classOf(path) === undefined);
  if (loose.length > 0) notices.push(`${String(loose.length)} pictures lie in no class folder and are left out: ${someOf(loose.map(({ path }) => path))}.`);
  const classes = [...new Set(pictures.map(({ path }) => classOf(path)).filter((name) => name !== undefined))].sort(compareNatural);
  const examples = pictures
    .filter(({ path }) => classOf(path) !== undefined)
    .sort((a, b) => compareNatural(a.path, b.path))
    .map((file): LabelledFile => ({ id: idOf(file.path), label: classes.indexOf(classOf(file.path) ?? ''), file }));
  return checkDataset({ classes, examples, notices });
}

function otherFiles(count: number): string[] {
  return count === 0 ? [] : [`${String(count)} files are no pictures and are left out.`];
}

/** Throws `bad-option` for what cannot be trained on. */
export function checkDataset(dataset: Dataset): Dataset {
  const { classes, examples } = dataset;
  if (examples.length === 0) {
    throw new GramaryeError('bad-option', 'No labelled pictures were found.', {
      remedy: 'Give a folder with one subfolder of pictures per class, or labels.csv (id and label) with a folder of pictures named by id.',
    });
  }
  if (classes.length < 2) {
    throw new GramaryeError('bad-option', `All ${String(examples.length)} pictures belong to one class, "${classes[0] ?? ''}".`, {
      remedy: 'At least two classes are needed: one subfolder per class.',
    });
  }
  return dataset;
}
