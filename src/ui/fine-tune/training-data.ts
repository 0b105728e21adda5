/** Labelled pictures out of whatever a visitor gives. */
import { GramaryeError } from '../../engine/errors.js';
import { checkDataset, datasetFromFolders, idOf, type Dataset, type LabelledFile } from '../../tasks/datasets/dataset.js';
import { datasetFromLabels, type ClassOrder } from '../../tasks/datasets/labels-csv.js';
import { picturesOf, type DataFile, type FileSet } from '../labelled/data-files.js';

/** What was given, and what it holds. */
export interface TrainingData {
  readonly source: 'examples' | 'files' | 'camera';
  /** What it goes by. */
  readonly name: string;
  readonly dataset: Dataset;
  /** Pictures without labels in a folder `test`, for predictions. */
  readonly test: readonly DataFile[];
  /** A sample submission, where there is one. */
  readonly sample: DataFile | undefined;
}

const TABLE = /(?:^|\/)labels\.(?:csv|tsv)$/i;
const SAMPLE = /(?:^|\/)sample[_-]?submission\.(?:csv|tsv)$/i;
const IS_TEST = /(?:^|\/)test\/[^/]+$/i;

/** Throws `bad-option`. */
export async function trainingData(set: FileSet, order: ClassOrder, source: TrainingData['source']): Promise<TrainingData> {
  const table = set.files.find(({ path }) => TABLE.test(path)) ?? onlyTable(set.files);
  const sample = set.files.find(({ path }) => SAMPLE.test(path));
  const pictures = picturesOf(set.files);
  if (table === undefined) {
    const test = pictures.filter(({ path }) => IS_TEST.test(path));
    const rest = set.files.filter(({ path }) => path !== sample?.path && !(IS_TEST.test(path) && picturesOf([{ path, read: noRead }]).length > 0));
    return { source, name: set.name, dataset: datasetFromFolders(rest), test, sample };
  }
  const labelled = pictures.filter(({ path }) => !IS_TEST.test(path));
  const dataset = datasetFromLabels(table.path, await (await table.read()).text(), labelled, order);
  return { source, name: set.name === '' ? table.path : set.name, dataset, test: pictures.filter(({ path }) => IS_TEST.test(path)), sample };
}

/** The one table that is no sample submission. */
function onlyTable(files: readonly DataFile[]): DataFile | undefined {
  const tables = files.filter(({ path }) => /\.(?:csv|tsv)$/i.test(path) && !SAMPLE.test(path));
  return tables.length === 1 ? tables[0] : undefined;
}

function noRead(): Promise<Blob> {
  return Promise.reject(new GramaryeError('internal', 'Only the path was asked for.'));
}

/** Photographs of the camera by class. Throws `bad-option` for fewer than two classes. */
export function cameraData(name: string, shots: ReadonlyMap<string, readonly DataFile[]>): TrainingData {
  const classes = [...shots.keys()].filter((each) => (shots.get(each)?.length ?? 0) > 0);
  const examples = classes.flatMap((each, label) => (shots.get(each) ?? []).map((file): LabelledFile => ({ id: idOf(file.path), label, file })));
  return { source: 'camera', name, dataset: checkDataset({ classes, examples, notices: [] }), test: [], sample: undefined };
}

/** The reverse of `cameraData`. */
export function photographsOf({ dataset }: TrainingData): ReadonlyMap<string, readonly DataFile[]> {
  return new Map(dataset.classes.map((name, index) => [name, dataset.examples.filter(({ label }) => label === index).map(({ file }) => file)]));
}

/** Pictures of each class. */
export function countByClass({
  classes,
  examples,
}: Dataset): readonly { readonly name: string; readonly count: number; readonly first: DataFile | undefined }[] {
  const counts = classes.map((name) => ({ name, count: 0, first: undefined as DataFile | undefined }));
  for (const { label, file } of examples) {
    const own = counts[label];
    if (own === undefined) continue;
    own.count++;
    own.first ??= file;
  }
  return counts;
}
