/** Colours of a style brought to those of the content, by what defines them. */
import { describe, expect, it } from 'vitest';
import type { Picture } from '../../src/tasks/picture.js';
import { colourMoments, matchCovariance, matchHistogram } from '../../src/tasks/pictures/match-colours.js';
import { noisePicture } from '../../src/tasks/style-transfer.js';

/** Colours around a mean, mixed by a matrix, far enough from 0 and 1. */
function mixed(side: number, seed: number, mean: readonly number[], mix: readonly (readonly number[])[]): Picture {
  const { data } = noisePicture(side, side, seed);
  return {
    height: side,
    width: side,
    data: data.map((_, i) => {
      const [pixel, channel] = [i - (i % 3), i % 3];
      return (mean[channel] ?? 0) + [0, 1, 2].reduce((sum, k) => sum + (mix[channel]?.[k] ?? 0) * ((data[pixel + k] ?? 0) - 0.5), 0);
    }),
  };
}

const content = mixed(
  30,
  1,
  [0.4, 0.5, 0.6],
  [
    [0.2, 0.1, 0],
    [0.05, 0.3, 0.1],
    [0, -0.1, 0.2],
  ],
);
const style = mixed(
  25,
  2,
  [0.6, 0.4, 0.3],
  [
    [0.3, 0, 0],
    [0.2, 0.1, 0],
    [0.1, 0.1, 0.1],
  ],
);

/** Mean and covariance from their definitions. */
function moments({ data }: Picture): { mean: number[]; covariance: number[] } {
  const channel = (c: number): number[] => [...data].filter((_, i) => i % 3 === c);
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = [0, 1, 2].map((c) => average(channel(c)));
  const covariance = [0, 1, 2].flatMap((a) =>
    [0, 1, 2].map((b) => {
      const [left, right] = [channel(a), channel(b)];
      return average(left.map((value, i) => (value - (mean[a] ?? 0)) * ((right[i] ?? 0) - (mean[b] ?? 0))));
    }),
  );
  return { mean, covariance };
}

describe('covariance matching', () => {
  it('gives the style the content’s mean and covariance', () => {
    const [got, wanted] = [moments(matchCovariance(style, content)), moments(content)];
    got.mean.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted.mean[i] ?? NaN, 5);
    });
    const size = Math.max(...wanted.covariance);
    got.covariance.forEach((value, i) => {
      expect(Math.abs(value - (wanted.covariance[i] ?? NaN)) / size).toBeLessThan(0.03);
    });
    expect(Math.abs((moments(style).covariance[1] ?? 0) - (wanted.covariance[1] ?? 0)) / size).toBeGreaterThan(0.1);
    expect(colourMoments(content).covariance[1]).toBeCloseTo(wanted.covariance[1] ?? NaN, 6);
  });

  it('leaves a picture alone that has the colours already, and takes a grey one', () => {
    const same = matchCovariance(content, content);
    same.data.forEach((value, i) => {
      expect(Math.abs(value - (content.data[i] ?? 0))).toBeLessThan(5e-3);
    });
    const grey = { height: 20, width: 20, data: new Float32Array(1_200).fill(0.5) };
    const toned = moments(matchCovariance(grey, content));
    toned.mean.forEach((value, i) => {
      expect(value).toBeCloseTo(moments(content).mean[i] ?? NaN, 5);
    });
  });
});

describe('histogram matching', () => {
  it('gives every channel the content’s distribution and keeps the order of values', () => {
    const matched = matchHistogram(style, content);
    for (const channel of [0, 1, 2]) {
      const own = ({ data }: Picture): Float32Array => data.filter((_, i) => i % 3 === channel);
      const [got, wanted] = [own(matched).sort(), own(content).sort()];
      for (const share of [0, 0.1, 0.5, 0.9, 1]) {
        const at = (values: Float32Array): number => values[Math.round(share * (values.length - 1))] ?? NaN;
        expect(at(got)).toBeCloseTo(at(wanted), 2);
      }
      const order = [...own(style).keys()].sort((a, b) => (own(style)[a] ?? 0) - (own(style)[b] ?? 0));
      const values = order.map((index) => own(matched)[index] ?? 0);
      expect(values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0))).toBe(true);
    }
  });

  it('makes no noise of equal values', () => {
    const flat = { height: 16, width: 16, data: Float32Array.from({ length: 768 }, (_, i) => (i % 6 < 3 ? 0.2 : 0.8)) };
    expect(new Set(matchHistogram(flat, content).data.filter((_, i) => i % 3 === 0)).size).toBe(2);
  });
});
