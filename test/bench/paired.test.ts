import { describe, expect, it } from 'vitest';
import { mcNemar, pairedDifference } from '../../bench/emoji/paired.js';

const hits = (text: string): boolean[] => Array.from(text, (letter) => letter === '1');

describe('two methods on the same pictures', () => {
  it('McNemar’s exact probability is that of an even coin', () => {
    // Ten to two: 2 · (1 + 12 + 66) / 2^12.
    expect(mcNemar(hits('111111111100011'), hits('000000000011011'))).toEqual({ onlyA: 10, onlyB: 2, p: (2 * 79) / 4096 });
    expect(mcNemar(hits('1100'), hits('1100'))).toEqual({ onlyA: 0, onlyB: 0, p: 1 });
    expect(mcNemar(hits('10'), hits('01')).p).toBe(1);
  });

  it('the interval holds the difference, and is as wide as the clusters are few', () => {
    const a = [hits('1111011101'), hits('1111111101')];
    const b = [hits('1010010101'), hits('1010110101')];
    const single = pairedDifference({ a, b, clusters: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(single.difference).toBeCloseTo((3 + 3) / 20, 12);
    expect(single.low).toBeLessThanOrEqual(single.difference);
    expect(single.high).toBeGreaterThanOrEqual(single.difference);
    const same = pairedDifference({ a, b: a, clusters: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4] });
    expect(same).toEqual({ difference: 0, low: 0, high: 0 });
    // One cluster alone cannot vary, whatever is drawn; the seeds still do, and are alike here.
    expect(pairedDifference({ a: [a[0] ?? []], b: [b[0] ?? []], clusters: a[0]?.map(() => 0) ?? [] })).toEqual({ difference: 0.3, low: 0.3, high: 0.3 });
  });
});
