import { describe, expect, it } from 'vitest';
import { pictureCopy } from '../../src/tasks/fine-tuning/augment.js';
import type { Augmentation } from '../../src/tasks/fine-tuning/settings.js';

const SIZE = 16;
const plain = (colour: readonly [number, number, number]): { height: number; width: number; data: Float32Array<ArrayBuffer> } => ({
  height: SIZE,
  width: SIZE,
  data: Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => colour[i % 3] ?? 0),
});
const settings = (colour: number) =>
  ({ seed: 3, size: SIZE, resize: 'squash', augmentation: { copies: 9, flip: true, zoom: 0.2, brightness: 0, colour } }) as const;

describe('changed copies of a picture', () => {
  it('leave grey grey, turn and scale colours about it, and change nothing where nothing is asked for', () => {
    const copies = (colour: readonly [number, number, number], amount: number) =>
      Array.from({ length: 9 }, (_, copy) => [...pictureCopy(plain(colour), settings(amount), 0, copy + 1).data.subarray(0, 3)] as [number, number, number]);
    for (const copy of copies([0.4, 0.4, 0.4], 0.5)) for (const value of copy) expect(value).toBeCloseTo(0.4, 6);
    for (const copy of copies([0.5, 0.3, 0.2], 0))
      [0.5, 0.3, 0.2].forEach((value, c) => {
        expect(copy[c]).toBeCloseTo(value, 6);
      });
    const chroma = ([red, green, blue]: readonly [number, number, number]): number => {
      const mean = (red + green + blue) / 3;
      return Math.hypot(red - mean, green - mean, blue - mean);
    };
    const changed = copies([0.5, 0.3, 0.2], 0.5);
    const before = chroma([0.5, 0.3, 0.2]);
    for (const copy of changed) {
      // The mean of the channels is the place on the grey axis.
      expect((copy[0] + copy[1] + copy[2]) / 3).toBeCloseTo(1 / 3, 5);
      expect(chroma(copy) / before).toBeGreaterThan(0.5 - 1e-5);
      expect(chroma(copy) / before).toBeLessThan(1.5 + 1e-5);
    }
    expect(new Set(changed.map((copy) => copy.map((value) => value.toFixed(3)).join())).size).toBe(9);
  });

  it('mirror, zoom and brighten within what is allowed, by seed, and leave the original alone', () => {
    // Red grows to the right, green downwards: a copy's colours tell where it was cut out.
    const ramp = {
      height: 64,
      width: 64,
      data: Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => [(Math.floor(i / 3) % 64) / 64, Math.floor(i / 192) / 64, 0.5][i % 3] ?? 0),
    };
    const copiesOf = (augmentation: Partial<Augmentation>, seed = 3): Float32Array[] => {
      const own = { ...settings(0), seed, augmentation: { copies: 16, flip: false, zoom: 0, brightness: 0, colour: 0, ...augmentation } };
      return Array.from({ length: 16 }, (_, copy) => pictureCopy(ramp, own, 5, copy + 1).data);
    };
    const original = pictureCopy(ramp, settings(0), 5, 0).data;
    const at = (data: Float32Array, y: number, x: number, c: number): number => data[(y * SIZE + x) * 3 + c] ?? NaN;
    const sameAs = (data: Float32Array, other: (y: number, x: number, c: number) => number): boolean =>
      data.every((value, i) => Math.abs(value - other(Math.floor(i / (3 * SIZE)), Math.floor(i / 3) % SIZE, i % 3)) < 1e-6);

    for (const copy of copiesOf({})) expect(sameAs(copy, (y, x, c) => at(original, y, x, c))).toBe(true);
    const mirrored = copiesOf({ flip: true }).map((copy) => sameAs(copy, (y, x, c) => at(original, y, SIZE - 1 - x, c)));
    const straight = copiesOf({ flip: true }).map((copy) => sameAs(copy, (y, x, c) => at(original, y, x, c)));
    expect(mirrored.every((is, index) => is !== straight[index])).toBe(true);
    expect([mirrored.includes(true), mirrored.includes(false)]).toEqual([true, true]);

    const whole = at(original, 8, SIZE - 1, 0) - at(original, 8, 0, 0);
    const shares = copiesOf({ zoom: 0.4 }).map((copy) => (at(copy, 8, SIZE - 1, 0) - at(copy, 8, 0, 0)) / whole);
    for (const share of shares) {
      expect(share).toBeGreaterThan(0.55);
      expect(share).toBeLessThan(1.01);
    }
    expect(Math.min(...shares)).toBeLessThan(0.8);
    const gains = copiesOf({ brightness: 0.1 }).map((copy) => at(copy, 8, 8, 2) / 0.5);
    for (const gain of gains) expect(Math.abs(gain - 1)).toBeLessThan(0.1 + 1e-6);
    expect(new Set(gains.map((gain) => gain.toFixed(4))).size).toBeGreaterThan(8);

    expect(copiesOf({ zoom: 0.4 })).toEqual(copiesOf({ zoom: 0.4 }));
    expect(copiesOf({ zoom: 0.4 }, 4)).not.toEqual(copiesOf({ zoom: 0.4 }));
  });
});
