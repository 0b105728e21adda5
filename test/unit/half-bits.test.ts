/** Half precision in integer arithmetic is the same as in numbers. */
import { expect, it } from 'vitest';
import { Philox } from '../../src/engine/random.js';
import { halfOfBits, toHalf } from '../../src/engine/values.js';

function same(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer);
  const got = Uint16Array.from(bits, halfOfBits);
  const wanted = Uint16Array.from(values, toHalf);
  const wrong = got.findIndex((half, index) => half !== wanted[index]);
  expect(wrong === -1 ? 'all the same' : `${String(values[wrong])}: ${String(got[wrong])}, not ${String(wanted[wrong])}`).toBe('all the same');
}

it('for random numbers of every magnitude that half precision holds, and of none', () => {
  const random = new Philox(7);
  const magnitudes = Array.from({ length: 200_000 }, () => (random.nextUniform() - 0.5) * 2 ** (random.nextUniform() * 46 - 29));
  same(Float32Array.from(magnitudes));
});

it('at every number of half precision, half way to the next, and beside that', () => {
  const values: number[] = [];
  for (let exponent = -26; exponent <= 15; exponent++) {
    const unit = 2 ** (Math.max(exponent, -14) - 10);
    for (let step = 0; step < 64; step++) {
      const value = 2 ** exponent + step * 16 * unit;
      for (const nudge of [0, 0.5, 0.5 - 2 ** -12, 0.5 + 2 ** -12, 1]) values.push(value + nudge * unit, -(value + nudge * unit));
    }
  }
  same(Float32Array.from(values.filter((value) => Math.abs(value) <= 65_504)));
  same(Float32Array.from([0, -0, 65_504, -65_504, 2 ** -24, 2 ** -25, 2 ** -14, 2 ** -14 - 2 ** -25]));
});
