import { describe, expect, it } from 'vitest';
import { pictureCopy } from '../../src/tasks/fine-tuning/augment.js';

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
});
