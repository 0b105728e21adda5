import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { Classifier, softmax, topPredictions, type Classified } from '../../src/tasks/classification/classifier.js';
import { evaluate, evaluationCsv, evaluationItems, type EvaluationItem } from '../../src/tasks/classification/evaluate.js';
import { classNames, parseClassNames } from '../../src/tasks/classification/labels.js';
import { CLASSIFIER_PRESETS, netInputOptions } from '../../src/tasks/classification/settings.js';
import { wilson } from '../../src/tasks/mobilenet/metrics.js';
import { resample, toNetInput } from '../../src/tasks/mobilenet/net-input.js';
import { expectCode } from '../support/expect-code.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { mobileNetReference } from '../support/mobilenet-reference.js';
import { nodeEngine } from '../support/node-gpu.js';
import { randomMobileNet } from '../support/random-mobilenet.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

describe('class names', () => {
  it('reads lists and class indices', () => {
    expect(parseClassNames('a.txt', '\uFEFFtench\r\ngoldfish\r\n')).toEqual(['tench', 'goldfish']);
    expect(parseClassNames('a.txt', '0  background\n1  tench')).toEqual(['background', 'tench']);
    expect(parseClassNames('a.json', '{"1":["n1","goldfish"],"0":["n0","tench"]}')).toEqual(['tench', 'goldfish']);
    expect(() => parseClassNames('a.json', '{"1":')).toThrow(/no valid JSON/);
  });
  it('lines up lists and models with and without the background', () => {
    const thousand = Array.from({ length: 1_000 }, (_, index) => `name ${String(index)}`);
    expect(classNames(thousand, 1_001)).toMatchObject({ offset: 1, names: { 0: 'background', 1: 'name 0' } });
    expect(classNames(['background', ...thousand], 1_001)).toMatchObject({ offset: 1, names: { 1: 'name 0' } });
    expect(classNames(['background', ...thousand], 1_000)).toMatchObject({ offset: 0, names: { 0: 'name 0' } });
    expect(classNames(thousand, 1_000)).toMatchObject({ offset: 0, names: { 0: 'name 0' } });
    expect(() => classNames(thousand, 12)).toThrow(/1000 names; the model has 12/);
  });
});

describe('evaluation', () => {
  it.each([0, 1] as const)('of 30 folders equals counts by hand, background offset %i', async (offset) => {
    const labels = classNames(undefined, 1_000 + offset);
    const numbers = [0, 2, 10, 999, ...Array.from({ length: 26 }, (_, index) => 20 + 7 * index)];
    const files = numbers.flatMap((number) =>
      [0, 1, 2].map((index) => ({ path: `set/${String(number)}/${String(index)}.png`, read: () => Promise.resolve(new Blob()) })),
    );
    const strays = ['set/1000/x.png', 'set/cats/y.png'].map((path) => ({ path, read: () => Promise.resolve(new Blob()) }));
    const { items, notices } = evaluationItems([...files, ...strays], labels, () => Promise.reject(new Error('unused')));
    expect([...new Set(items.map(({ classNumber }) => classNumber))].slice(0, 3)).toEqual([0, 2, 10]);
    expect(items.at(-1)?.classNumber).toBe(999);
    expect(notices[0]).toMatch(/1000, cats/);
    // By hand: of each class the first picture is right at once, the second in third place, the third not at all; one file is broken.
    const stream = async function* (): AsyncGenerator<Classified<EvaluationItem>> {
      for (const [index, item] of items.entries()) {
        await Promise.resolve();
        const right = item.classNumber + offset;
        const guesses =
          [
            [right, 400, 401, 402, 403, 404],
            [400, 401, right, 402, 403],
            [400, 401, 402, 403, 404, right],
          ][index % 3] ?? [];
        if (index === 5) yield { item, problem: 'broken' };
        else yield { item, predictions: guesses.map((guess) => ({ index: guess, name: '', probability: 0.1 })) };
      }
    };
    const result = await evaluate(stream(), labels, { notices });
    expect(result).toMatchObject({ count: 89, skippedCount: 1, offset, skipped: [{ problem: 'broken' }] });
    expect(result.top1).toMatchObject({ hits: 30, count: 89 });
    expect(result.top5).toMatchObject({ hits: 60, count: 89 });
    expect(result.perClass.find(({ classNumber }) => classNumber === 999)).toMatchObject({ count: 3, top1: 1, top5: 2 });
    expect(result.confusion.filter(({ classNumber }) => classNumber === 0)).toEqual([
      { classNumber: 0, predicted: 0, predictedName: 'class 0', count: 1 },
      { classNumber: 0, predicted: 400 - offset, predictedName: `class ${String(400 - offset)}`, count: 2 },
    ]);
    expect(evaluationCsv(result).split('\n')[4]).toBe('20,class 20,3,1,2,0.333333,0.666667');
  });
  it('has the intervals of Wilson’s formula', () => {
    // Values of the closed formula worked out by hand for 8 of 10 and 0 of 10.
    expect(wilson(8, 10).low).toBeCloseTo(0.4902, 4);
    expect(wilson(8, 10).high).toBeCloseTo(0.9433, 4);
    expect(wilson(0, 10)).toMatchObject({ low: 0 });
    expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
  });
});

describe('pictures for a net', () => {
  it('keeps a constant and the mean, crops the middle, and swaps channels', () => {
    const picture = drawnPicture(1, 5, 64);
    const small = resample(picture, { height: 16, width: 16 }, { antialias: true });
    const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(small.data)).toBeCloseTo(mean(picture.data), 2);
    const wide = {
      height: 20,
      width: 40,
      data: Float32Array.from({ length: 20 * 40 * 3 }, (_, i) =>
        Math.floor(i / 3) % 40 < 10 || Math.floor(i / 3) % 40 >= 30 ? 1 : ([0.1, 0.2, 0.3][i % 3] ?? 0),
      ),
    };
    const bgr = toNetInput(wide, { size: 20, resize: 'crop', order: 'bgr', scale: 2, offset: 1, antialias: true });
    for (let i = 0; i < bgr.length; i++) expect(bgr[i]).toBeCloseTo(2 * ([0.3, 0.2, 0.1][i % 3] ?? 0) - 1, 5);
    const squashed = toNetInput(wide, { size: 20, resize: 'squash', order: 'rgb', scale: 1, offset: 0, antialias: true });
    expect(squashed[0]).toBeCloseTo(1, 5);
    expect(squashed[10 * 3]).toBeCloseTo(0.1, 5);
  });
});

describe('presets', () => {
  // Every pixel and channel has its own value.
  const side = 32;
  const picture = { height: side, width: side, data: Float32Array.from({ length: side * side * 3 }, (_, i) => i / 4096) };
  const value = (y: number, x: number, c: number): number => ((y * side + x) * 3 + c) / 4096;

  it('`chapter` squashes as OpenCV does, blue before red, pixels over 255, whatever the net wants', () => {
    const options = netInputOptions({ ...CLASSIFIER_PRESETS.chapter, size: side / 4 }, { input: { scale: 2, offset: 1 } });
    const input = toNetInput(picture, options);
    expect(CLASSIFIER_PRESETS.chapter.size).toBe(224);
    // cv2.resize to a quarter takes positions 1.5, 5.5 and so on: the mean of two neighbours in either direction, and no others.
    for (let y = 0; y < side / 4; y++)
      for (let x = 0; x < side / 4; x++)
        for (let c = 0; c < 3; c++) {
          const [top, left] = [4 * y + 1, 4 * x + 1];
          const mean = (value(top, left, 2 - c) + value(top, left + 1, 2 - c) + value(top + 1, left, 2 - c) + value(top + 1, left + 1, 2 - c)) / 4;
          expect(input[((y * side) / 4 + x) * 3 + c]).toBeCloseTo(mean, 5);
        }
  });
  it('`default` takes the middle, red before blue, and what the net wants', () => {
    const options = netInputOptions({ ...CLASSIFIER_PRESETS.default, size: side }, { input: { scale: 2, offset: 1 } });
    const input = toNetInput(picture, options);
    input.forEach((found, i) => {
      expect(found).toBeCloseTo((2 * i) / 4096 - 1, 5);
    });
  });
});

describe('classifier', () => {
  it('streams pictures in order with the probabilities of float64, and passes problems on', { timeout: 240_000 }, async () => {
    const net = randomMobileNet(9, 0.35, 7);
    const settings = { ...CLASSIFIER_PRESETS.default, size: 64 };
    const labels = classNames(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 7);
    const classifier = await Classifier.create(engine, net, labels, settings, { batch: 2 });
    const items = [0, 1, 2, 3, 4].map((index) => ({
      name: String(index),
      load: () => (index === 2 ? Promise.reject(new Error('no picture')) : Promise.resolve(drawnPicture(index, index, 64))),
    }));
    const results: Classified<(typeof items)[number]>[] = [];
    for await (const result of classifier.stream(items, { count: 7 })) results.push(result);
    expect(results.map(({ item }) => item.name)).toEqual(['0', '1', '2', '3', '4']);
    expect(results[2]).toMatchObject({ problem: 'no picture' });
    const { height, width, data } = drawnPicture(4, 4, 64);
    const { logits } = mobileNetReference(net, { height, width, values: data });
    const wanted = topPredictions(softmax(logits ?? []), labels.names, 7);
    const last = results[4];
    expect(last !== undefined && 'predictions' in last ? last.predictions.map(({ name }) => name) : []).toEqual(wanted.map(({ name }) => name));
    if (last !== undefined && 'predictions' in last)
      last.predictions.forEach(({ probability }, index) => {
        expect(probability).toBeCloseTo(wanted[index]?.probability ?? NaN, 4);
      });
    classifier.destroy();
    await expectCode('bad-weights', () => Classifier.create(engine, randomMobileNet(9), labels, settings));
  });
});
