import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNELS } from '../../src/kernels/index.js';

/** Rows of the table of docs/performance/variants.md: kernels between commas, variant, mark, where it wins, why. */
function rows(): { kernels: string[]; variant: string; mark: string; where: string; why: string }[] {
  const text = readFileSync(new URL('../../docs/performance/variants.md', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| kernels'))
    .map((line) => line.slice(1, -1).split('|'))
    .filter((cells) => cells.length === 5)
    .map(([kernels = '', variant = '', mark = '', where = '', why = '']) => ({
      kernels: kernels.split(',').map((name) => name.trim()),
      variant: variant.trim(),
      mark: mark.trim(),
      where: where.trim(),
      why: why.trim(),
    }));
}

describe('every variant beside another has a reason to be there', () => {
  const marked = new Map(rows().flatMap(({ kernels, variant, ...row }) => kernels.map((kernel) => [`${kernel} ${variant}`, row] as const)));

  it('named in the table, measured, predicted for a GPU, or needed', () => {
    const variants = KERNELS.filter((kernel) => kernel.variants.length > 1).flatMap(({ name, variants: all }) => all.map(({ id }) => `${name} ${id}`));
    expect(variants.length).toBeGreaterThan(50);
    expect([...marked.keys()].sort()).toEqual([...variants].sort());
    for (const [name, { mark, where, why }] of marked) {
      expect(['measured', 'predicted', 'needed'], name).toContain(mark);
      expect(where.length, name).toBeGreaterThan(2);
      expect(why.length, name).toBeGreaterThan(10);
    }
  });
});
