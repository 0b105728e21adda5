/** `gramarye evaluate` on generated folders: every count as the float64 reference gives it by hand, with and without a background class. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluateReport } from '../../src/cli/runner/protocol.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { startCli, temporaryFolder } from '../support/cli.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { mobileNetReference } from '../support/mobilenet-reference.js';
import { eightBits, writeNet, writePng } from '../support/net-files.js';
import { randomMobileNet } from '../support/random-mobilenet.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
afterAll(() => {
  folder.remove();
});

const SIZE = 32;
const TOP = 5;
/** Thirty class numbers, in an order that is neither theirs nor that of their names. */
const NUMBERS = [10, 999, 0, 2, ...Array.from({ length: 26 }, (_, index) => 20 + ((index * 37) % 26) * 31)];
const backbone = randomMobileNet(31);
const pictures = NUMBERS.map((_, index) => eightBits(drawnPicture(index, 100 + index, SIZE)));

/** Mean of the last feature map over its pixels, in float64. */
function pooled(index: number): Float64Array {
  const { data: values = new Float32Array() } = pictures[index] ?? {};
  const { features } = mobileNetReference(backbone, { height: SIZE, width: SIZE, values });
  const pixels = features.height * features.width;
  return Float64Array.from({ length: features.channels }, (_, channel) => {
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) sum += features.values[pixel * features.channels + channel] ?? NaN;
    return sum / pixels;
  });
}

let features: Float64Array[] = [];
beforeAll(() => {
  features = pictures.map((_, index) => pooled(index));
});

/** Picture `7` is taken for the background where there is one: then it belongs to nobody. */
const BACKGROUND_PICTURE = 7;

/**
 * A dense layer that knows every picture: output of class `NUMBERS[k]` is 10 for picture k and less for the others. All other
 * classes stay far below.
 */
function withClassifier(offset: 0 | 1): MobileNetWeights {
  const classes = 1_000 + offset;
  const channels = features[0]?.length ?? 0;
  const mean = Float64Array.from({ length: channels }, (_, channel) => features.reduce((sum, each) => sum + (each[channel] ?? 0) / features.length, 0));
  const weights = new Float32Array(channels * classes);
  const bias = Float32Array.from({ length: classes }, (_, index) => -40 - 0.01 * index);
  const know = (picture: number, output: number, height: number): void => {
    const direction = (features[picture] ?? new Float64Array()).map((value, channel) => value - (mean[channel] ?? 0));
    const square = direction.reduce((sum, value) => sum + value * value, 0);
    direction.forEach((value, channel) => (weights[channel * classes + output] = (height * value) / square));
    bias[output] = -direction.reduce((sum, value, channel) => sum + (height * value * (mean[channel] ?? 0)) / square, 0);
  };
  NUMBERS.forEach((number, picture) => {
    know(picture, number + offset, 10);
  });
  if (offset === 1) know(BACKGROUND_PICTURE, 0, 12);
  return { ...backbone, dense: { weights, bias, classes } };
}

/** Outputs from the most to the least probable, by float64. */
function ranking(net: MobileNetWeights, picture: number): { readonly outputs: readonly number[]; readonly margin: number } {
  const { weights, bias, classes } = net.dense ?? { weights: new Float32Array(), bias: new Float32Array(), classes: 0 };
  const logits = Float64Array.from(bias);
  features[picture]?.forEach((value, channel) => {
    for (let output = 0; output < classes; output++) logits[output] = (logits[output] ?? 0) + value * (weights[channel * classes + output] ?? 0);
  });
  const outputs = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
  // Between the places that the counts depend on: the first and the second, the fifth and the sixth.
  const gap = (place: number): number => (logits[outputs[place] ?? 0] ?? NaN) - (logits[outputs[place + 1] ?? 0] ?? NaN);
  return { outputs, margin: Math.min(gap(0), gap(TOP - 1)) };
}

/** Which pictures lie in a folder: the one its class was made for, a strange one, and in every third folder another. */
function contents(index: number): number[] {
  return [index, (index * 7 + 3) % NUMBERS.length, ...(index % 3 === 0 ? [(index + 1) % NUMBERS.length] : [])];
}

function makeFolders(): void {
  NUMBERS.forEach((number, index) => {
    mkdirSync(at('set', String(number)), { recursive: true });
    contents(index).forEach((picture, place) => {
      writePng(at('set', String(number), `${String(place)}.png`), pictures[picture] ?? { height: 0, width: 0, data: new Float32Array() });
    });
  });
  writeFileSync(at('set', '10', 'broken.png'), 'no picture');
  for (const stranger of ['1000', 'notes']) {
    mkdirSync(at('set', stranger));
    writePng(at('set', stranger, 'x.png'), pictures[0] ?? { height: 0, width: 0, data: new Float32Array() });
  }
}

interface HandCounts {
  readonly perClass: { classNumber: number; count: number; top1: number; top5: number }[];
  readonly confusion: Map<string, number>;
}

function handCounts(net: MobileNetWeights, offset: 0 | 1): HandCounts {
  const confusion = new Map<string, number>();
  const perClass = NUMBERS.map((classNumber, index) => {
    let [count, top1, top5] = [0, 0, 0];
    for (const picture of contents(index)) {
      const { outputs, margin } = ranking(net, picture);
      expect(margin, `picture ${String(picture)} is no tie`).toBeGreaterThan(1e-3);
      const guesses = outputs.slice(0, TOP).map((output) => output - offset);
      count++;
      if (guesses[0] === classNumber) top1++;
      if (guesses.includes(classNumber)) top5++;
      const cell = `${String(classNumber)} ${String(guesses[0])}`;
      confusion.set(cell, (confusion.get(cell) ?? 0) + 1);
    }
    return { classNumber, count, top1, top5 };
  });
  return { perClass: perClass.sort((a, b) => a.classNumber - b.classNumber), confusion };
}

const total = (rows: HandCounts['perClass'], what: 'count' | 'top1' | 'top5'): number => rows.reduce((sum, row) => sum + row[what], 0);

describe('evaluate on thirty folders', () => {
  it.each([
    { what: 'without a background, names from a list that has one', offset: 0 as const },
    { what: 'with a background, names from a list that has none', offset: 1 as const },
  ])('equals counts by hand $what', async ({ offset }) => {
    rmSync(at('set'), { recursive: true, force: true });
    makeFolders();
    writePng(at('set', '999', 'vanishes.png'), pictures[0] ?? { height: 0, width: 0, data: new Float32Array() });
    const net = withClassifier(offset);
    const path = writeNet(at(`net${String(offset)}`), net, SIZE);
    const names = Array.from({ length: 1_000 }, (_, index) => (index === 2 ? 'shark, "great"' : `name ${String(index)}`));
    writeFileSync(at('names.txt'), `${(offset === 0 ? ['background', ...names] : names).join('\r\n')}\r\n`);
    const args = ['evaluate', at('set'), '--net', path, '--labels', at('names.txt'), '--csv', at('classes.csv'), '--json', '--adapter', 'software'];
    const run = await startCli(args, {
      onStderr: (text) => {
        // The folder is listed by now, and nothing in it is read before the net.
        if (text.includes('Reading the net')) rmSync(at('set', '999', 'vanishes.png'), { force: true });
      },
    });
    expect(run.code, run.stderr).toBe(0);
    const { evaluation, offset: shown, notices } = JSON.parse(run.stdout) as EvaluateReport;
    const wanted = handCounts(net, offset);
    // The set is of use only if it is neither all right nor all wrong.
    expect(total(wanted.perClass, 'top1')).toBeGreaterThanOrEqual(25);
    expect(total(wanted.perClass, 'top5')).toBeGreaterThan(total(wanted.perClass, 'top1'));
    expect(total(wanted.perClass, 'top5')).toBeLessThan(total(wanted.perClass, 'count'));

    expect(shown).toBe(offset);
    expect(evaluation.perClass.map(({ classNumber, count, top1, top5 }) => ({ classNumber, count, top1, top5 }))).toEqual(wanted.perClass);
    expect(new Map(evaluation.confusion.map(({ classNumber, predicted, count }) => [`${String(classNumber)} ${String(predicted)}`, count]))).toEqual(
      wanted.confusion,
    );
    expect(evaluation).toMatchObject({ count: total(wanted.perClass, 'count'), top: TOP, skippedCount: 2 });
    expect(evaluation.top1).toMatchObject({ hits: total(wanted.perClass, 'top1'), count: evaluation.count });
    expect(evaluation.top5).toMatchObject({ hits: total(wanted.perClass, 'top5'), count: evaluation.count });
    expect(evaluation.skipped.map(({ name }) => name).sort()).toEqual(['10/broken.png', '999/vanishes.png']);
    expect(evaluation.perClass.find(({ classNumber }) => classNumber === 2)?.name).toBe('shark, "great"');
    expect(evaluation.confusion.some(({ predicted }) => predicted === -1)).toBe(offset === 1);
    expect(run.stderr).toMatch(/no class numbers from 0 to 999 and no class names are left out: 1000, notes/);
    expect(notices.some((text) => text.includes('background'))).toBe(offset === 1);
    const [, ...rows] = readFileSync(at('classes.csv'), 'utf8').trimEnd().split('\n');
    expect(rows).toHaveLength(NUMBERS.length);
    expect(rows[1]).toBe(`2,"shark, ""great""",${csvCells(wanted.perClass[1])}`);
  });
});

function csvCells(row: HandCounts['perClass'][number] | undefined): string {
  const { count = NaN, top1 = NaN, top5 = NaN } = row ?? {};
  return `${String(count)},${String(top1)},${String(top5)},${(top1 / count).toFixed(6)},${(top5 / count).toFixed(6)}`;
}
