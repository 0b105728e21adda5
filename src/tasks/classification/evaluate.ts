/** Judging a classifier by a folder whose subfolders are class numbers, as ImageNetV2 has them, or class names. */
import { GramaryeError } from '../../engine/errors.js';
import { csvText } from '../datasets/csv-text.js';
import { compareNatural, isPicturePath, someOf, type PictureFile } from '../datasets/dataset.js';
import { wilson, type Proportion } from '../mobilenet/metrics.js';
import type { Picture } from '../picture.js';
import type { Classified, ClassifierItem } from './classifier.js';
import type { ClassNames } from './labels.js';

/** A picture with the number of its folder. */
export interface EvaluationItem extends ClassifierItem {
  readonly classNumber: number;
}

/** How the pictures of one class fared. */
export interface ClassResult {
  readonly classNumber: number;
  readonly name: string;
  readonly count: number;
  readonly top1: number;
  readonly top5: number;
}

/** One cell of the confusion matrix that is not empty. */
export interface ConfusionCell {
  readonly classNumber: number;
  /** Number in the folders' counting; -1 is the background. */
  readonly predicted: number;
  /** Its name, which has no row of its own where no folder is of this class. */
  readonly predictedName: string;
  readonly count: number;
}

/** The whole judgement. */
export interface Evaluation {
  readonly count: number;
  readonly top1: Proportion;
  /** Right within the first `top` guesses. */
  readonly top5: Proportion;
  /** How many guesses `top5` counts: 5 unless asked otherwise. */
  readonly top: number;
  /** What is added to a folder's number to get the model's output. */
  readonly offset: 0 | 1;
  readonly perClass: readonly ClassResult[];
  readonly confusion: readonly ConfusionCell[];
  readonly skippedCount: number;
  /** The first of them. */
  readonly skipped: readonly { readonly name: string; readonly problem: string }[];
  readonly picturesPerSecond: number;
  readonly notices: readonly string[];
}

/** Skipped pictures that are named; the rest is only counted, so that memory does not grow with the folder. */
const NAMED_SKIPS = 100;

/** The class number of a folder: its name where that is a number below the limit, else the class it names. */
function classNumberOf(folder: string, labels: ClassNames, limit: number): number | undefined {
  if (/^\d+$/.test(folder)) return Number(folder) < limit ? Number(folder) : undefined;
  const index = labels.names.findIndex((name, position) => position >= labels.offset && name.toLowerCase() === folder.toLowerCase());
  return index < 0 ? undefined : index - labels.offset;
}

/** Pictures by the number of their folder, in the order of the numbers. Throws `bad-option`. */
export function evaluationItems(
  files: readonly PictureFile[],
  labels: ClassNames,
  decode: (file: Blob, name: string) => Promise<Picture>,
): { readonly items: readonly EvaluationItem[]; readonly notices: readonly string[] } {
  const limit = labels.names.length - labels.offset;
  const strangers = new Set<string>();
  const known = new Map<string, number | undefined>();
  const items: EvaluationItem[] = [];
  for (const file of files.filter(({ path }) => isPicturePath(path))) {
    const folder = file.path.split('/').at(-2) ?? '';
    if (!known.has(folder)) known.set(folder, classNumberOf(folder, labels, limit));
    const classNumber = known.get(folder);
    if (classNumber === undefined) strangers.add(folder === '' ? '(no folder)' : folder);
    else items.push({ name: file.path, classNumber, load: async () => decode(await file.read(), file.path) });
  }
  const notices: string[] = [];
  if (strangers.size > 0)
    notices.push(
      `Folders that are no class numbers from 0 to ${String(limit - 1)} and no class names are left out: ${someOf([...strangers].sort(compareNatural))}.`,
    );
  if (labels.offset === 1) notices.push('Output 0 of the model is the background: folder n is judged by output n + 1.');
  if (items.length === 0) {
    throw new GramaryeError('bad-option', `No pictures were found in folders named by class numbers.${notices.length === 0 ? '' : ` ${notices.join(' ')}`}`, {
      remedy: 'Give a folder whose subfolders are named 0, 1, 2, … by class, or by the names of the classes.',
    });
  }
  items.sort((a, b) => a.classNumber - b.classNumber || compareNatural(a.name, b.name));
  return { items, notices };
}

/** Counts a stream of classified pictures. */
export async function evaluate(
  stream: AsyncIterable<Classified<EvaluationItem>>,
  labels: ClassNames,
  options: {
    readonly notices?: readonly string[];
    /** Guesses that `top5` counts; the stream must give as many. */
    readonly top?: number;
    readonly onProgress?: (done: number, top1: number, top5: number) => void;
  } = {},
): Promise<Evaluation> {
  const top = options.top ?? 5;
  const perClass = new Map<number, { count: number; top1: number; top5: number }>();
  const confusion = new Map<number, Map<number, number>>();
  const skipped: { name: string; problem: string }[] = [];
  let [skippedCount, count, top1, top5] = [0, 0, 0, 0];
  const started = performance.now();
  for await (const result of stream) {
    const { classNumber, name } = result.item;
    if ('problem' in result) {
      skippedCount++;
      if (skipped.length < NAMED_SKIPS) skipped.push({ name, problem: result.problem });
    } else {
      const guesses = result.predictions.slice(0, top).map(({ index }) => index - labels.offset);
      const [first = NaN] = guesses;
      const own = perClass.get(classNumber) ?? { count: 0, top1: 0, top5: 0 };
      const hit1 = first === classNumber ? 1 : 0;
      const hit5 = guesses.includes(classNumber) ? 1 : 0;
      perClass.set(classNumber, { count: own.count + 1, top1: own.top1 + hit1, top5: own.top5 + hit5 });
      const row = confusion.get(classNumber) ?? new Map<number, number>();
      row.set(first, (row.get(first) ?? 0) + 1);
      confusion.set(classNumber, row);
      count++;
      top1 += hit1;
      top5 += hit5;
    }
    options.onProgress?.(count + skippedCount, top1 / count, top5 / count);
  }
  const numbers = [...perClass.keys()].sort((a, b) => a - b);
  return {
    count,
    top1: wilson(top1, count),
    top5: wilson(top5, count),
    top,
    offset: labels.offset,
    perClass: numbers.map((classNumber) => ({
      classNumber,
      name: labels.names[classNumber + labels.offset] ?? '',
      ...(perClass.get(classNumber) ?? { count: 0, top1: 0, top5: 0 }),
    })),
    confusion: numbers.flatMap((classNumber) =>
      [...(confusion.get(classNumber) ?? [])]
        .sort(([a], [b]) => a - b)
        .map(([predicted, times]) => ({
          ...{ classNumber, predicted, predictedName: labels.names[predicted + labels.offset] ?? '', count: times },
        })),
    ),
    skippedCount,
    skipped,
    picturesPerSecond: count / ((performance.now() - started) / 1_000),
    notices: options.notices ?? [],
  };
}

/** The per-class table as CSV. */
export function evaluationCsv({ perClass }: Evaluation): string {
  const rows = perClass.map(({ classNumber, name, count, top1, top5 }) => [
    classNumber,
    name,
    count,
    top1,
    top5,
    (top1 / count).toFixed(6),
    (top5 / count).toFixed(6),
  ]);
  return csvText([['class', 'name', 'count', 'top1', 'top5', 'top1_share', 'top5_share'], ...rows]);
}
