/** A generated dog-breed competition in the layout of Kaggle's: labels.csv, train/, test/, sample_submission.csv. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import Papa from 'papaparse';
import { Philox } from '../../src/engine/random.js';

/** Names as they come in real tables: one with a comma, one with quotes. */
const BREEDS = ['affenpinscher', 'akita, red', 'basenji', 'beagle', 'borzoi', 'chow', 'dingo', 'kelpie', 'malinois', 'papillon', 'pug', 'terrier "wire"'];
/** Share of further pictures without labels, to be predicted. */
const TEST_SHARE = 0.2;

/** What lies in the folder, and what is known of it beside. */
export interface CompetitionSet {
  readonly labels: string;
  readonly train: string;
  readonly test: string;
  readonly sample: string;
  /** Breeds in the order of the sample's columns. */
  readonly columns: readonly string[];
  /** Ids in the order of the sample's rows. */
  readonly ids: readonly string[];
  /** Breeds of the test pictures by id, which no file holds. */
  readonly truth: ReadonlyMap<string, string>;
  /** The file of a test picture. */
  readonly testFile: (id: string) => string;
}

/** A picture of a breed: its own number of rings and its own hue, under noise, at a place and a scale of its own. */
function picture(path: string, label: number, seed: number, size: number): Promise<void> {
  const random = new Philox(seed, 3);
  const canvas = createCanvas(size, size);
  const context = canvas.getContext('2d');
  const image = context.createImageData(size, size);
  const [x0, y0, scale] = [0, 1, 2].map(() => random.nextUniform()) as [number, number, number];
  const [hue, rings] = [((label % 4) * Math.PI) / 2, 4 + 6 * Math.floor(label / 4)];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const radius = Math.hypot(x / size - x0, y / size - y0) * (0.8 + 0.4 * scale);
      const wave = 0.5 + 0.4 * Math.sin(rings * 2 * radius);
      for (let c = 0; c < 3; c++) {
        const tint = 0.6 + 0.4 * Math.cos(hue + (2 * Math.PI * c) / 3);
        image.data[(y * size + x) * 4 + c] = Math.round(255 * Math.min(1, Math.max(0, wave * tint + 0.3 * (random.nextUniform() - 0.5))));
      }
      image.data[(y * size + x) * 4 + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return writeFile(path, canvas.toBuffer('image/png'));
}

/** Writes the whole folder anew. */
export async function makeCompetition(folder: string, pictures: number, size: number): Promise<CompetitionSet> {
  const at = (...names: string[]): string => join(folder, ...names);
  await rm(folder, { recursive: true, force: true });
  await mkdir(at('train'), { recursive: true });
  await mkdir(at('test'));
  const truth = new Map<string, string>();
  const table: string[][] = [['id', 'breed']];
  for (let index = 0; index < pictures + Math.round(pictures * TEST_SHARE); index++) {
    const label = index % BREEDS.length;
    const id = index.toString(16).padStart(8, '0');
    await picture(at(index < pictures ? 'train' : 'test', `${id}.png`), label, index, size);
    if (index < pictures) table.push([id, BREEDS[label] ?? '']);
    else truth.set(id, BREEDS[label] ?? '');
  }
  await writeFile(at('labels.csv'), `${Papa.unparse(table)}\r\n`);
  // Neither columns nor rows are in an order that the program would choose by itself.
  const columns = [...BREEDS].reverse();
  const ids = [...truth.keys()].reverse();
  await writeFile(at('sample_submission.csv'), Papa.unparse([['id', ...columns], ...ids.map((id) => [id, ...columns.map(() => 1 / BREEDS.length)])]));
  return {
    ...{ labels: at('labels.csv'), train: at('train'), test: at('test'), sample: at('sample_submission.csv'), columns, ids, truth },
    testFile: (id) => at('test', `${id}.png`),
  };
}
