/** Where runs start, and the resizing that brings pictures there. */
import { describe, expect, it } from 'vitest';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import { resizeGently, resizePicture, resizeValues, coverPicture } from '../../src/tasks/pictures/resize.js';
import { presetByName } from '../../src/tasks/presets.js';
import { Philox } from '../../src/engine/random.js';
import { checkedStart, greyPicture, noisePicture } from '../../src/tasks/run-start.js';
import type { InitKind } from '../../src/tasks/settings.js';
import { expectCode } from '../support/expect-code.js';

const net = randomVgg19({ seed: 1, divisor: 16 });
const content = noisePicture(20, 30, 1);
const style = noisePicture(40, 40, 2);
const earlier = noisePicture(20, 30, 3);

function startOf(init: InitKind, seed = 5): Float32Array {
  const settings = { ...presetByName('default').settings, height: 20, width: 30, init, seed };
  return checkedStart(settings, { net, content, styles: [style], init: earlier }).data;
}

describe('a run starts', () => {
  it('from the content, from an earlier result, from seeded noise', () => {
    expect(startOf('content')).toEqual(content.data);
    expect(startOf('picture')).toEqual(earlier.data);
    expect(startOf('noise')).toEqual(noisePicture(20, 30, 5).data);
    expect(startOf('noise', 6)).not.toEqual(startOf('noise'));
    const random = new Philox(5);
    expect(startOf('noise')).toEqual(Float32Array.from({ length: 20 * 30 * 3 }, () => random.nextUniform()));
  });

  it('from grey that differs by less than a level of 8 bits, but differs', () => {
    const grey = startOf('grey');
    expect(grey).toEqual(greyPicture(20, 30, 5).data);
    expect(Math.max(...grey) - Math.min(...grey)).toBeLessThan(1 / 255);
    expect(new Set(grey).size).toBeGreaterThan(1_000);
  });

  it('from the middle of the style, not squashed', () => {
    // 20 × 30 of 40 × 40: the middle 27 rows, all columns.
    const middle = { height: 27, width: 40, data: style.data.slice(6 * 40 * 3, 33 * 40 * 3) };
    expect(startOf('style')).toEqual(resizePicture(middle, { height: 20, width: 30 }).data);
    expect(coverPicture(content, content).data).toEqual(content.data);
  });

  it('never from a picture that is not there or has another size', async () => {
    const settings = { ...presetByName('default').settings, height: 20, width: 30, init: 'picture' as const };
    await expectCode('bad-option', () => checkedStart(settings, { net, content, styles: [style] }));
    await expectCode('bad-picture', () => checkedStart(settings, { net, content, styles: [style], init: style }));
  });
});

describe('resizing', () => {
  const from = { height: 9, width: 7 };
  /** A polynomial of each coordinate; the cubic filter keeps second degree in the middle, the linear one first degree. */
  const surface = ({ height, width }: typeof from, degree: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: height * width }, (_, i) => {
      const [y, x] = [(Math.floor(i / width) + 0.5) / height, ((i % width) + 0.5) / width];
      return 0.2 + 0.5 * y ** degree + 0.3 * x ** degree;
    });

  it.each([
    ['cubic', 2],
    ['linear', 1],
  ] as const)('%s keeps a polynomial of degree %i away from the edges', (filter, degree) => {
    const to = { height: 27, width: 21 };
    const got = resizeValues(surface(from, degree), from, to, 1, filter);
    const wanted = surface(to, degree);
    for (let y = 6; y < 21; y++) for (let x = 6; x < 15; x++) expect(got[y * 21 + x]).toBeCloseTo(wanted[y * 21 + x] ?? NaN, 5);
  });

  it('keeps a constant everywhere and the mean when it shrinks, in pieces as in one go', async () => {
    const grey = new Float32Array(40 * 40 * 3).fill(0.25);
    expect(resizeValues(grey, style, { height: 13, width: 57 }, 3, 'cubic').every((value) => Math.abs(value - 0.25) < 1e-6)).toBe(true);
    const big = noisePicture(300, 200, 9);
    const small = resizeValues(big.data, big, { height: 75, width: 50 }, 3, 'linear');
    const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(small)).toBeCloseTo(mean(big.data), 2);
    // Averaged over what each pixel covers: less noise by far.
    expect(Math.max(...small)).toBeLessThan(0.85);
    expect(await resizeGently(big.data, big, { height: 75, width: 50 }, 3, 'linear')).toEqual(small);
  });

  it('never makes a second moment negative', () => {
    const spikes = Float32Array.from({ length: 63 }, (_, i) => (i % 11 === 0 ? 1 : 0));
    expect(resizeValues(spikes, from, { height: 13, width: 10 }, 1, 'linear').every((value) => value >= 0)).toBe(true);
    expect(resizeValues(spikes, from, { height: 13, width: 10 }, 1, 'cubic').some((value) => value < 0)).toBe(true);
  });
});
