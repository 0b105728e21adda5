/** The page of the library names what the library exports, with the words of its sources. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { libraryPage } from '../../site/generate/library.mjs';

const INDEX = resolve(import.meta.dirname, '../../src/index.ts');

it('has a section for every export, and only for those', () => {
  const names = [...readFileSync(INDEX, 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, list = '']) => list.split(','))
    .map(
      (item) =>
        item
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1)
          ?.trim() ?? '',
    )
    .filter((name) => name !== '');
  const page = libraryPage(INDEX);
  const titles = [...page.matchAll(/<h2 id="(\w+)">/g)].map(([, name]) => name);
  expect(titles).toEqual([...names].sort());
  expect(names.length).toBeGreaterThan(50);
});

it('shows calls without their bodies, members with their meaning, and no private ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gramarye-library-'));
  writeFileSync(join(folder, 'index.ts'), "export { Box, grow as growBox, type Side } from './box.js';\n");
  writeFileSync(
    join(folder, 'box.ts'),
    `/** A box of \`height\` px. */
export class Box {
  #secret = 1;
  /** In px. */
  readonly height: number = 2;
  private hidden = 3;
  /** Opens it. @throws GramaryeError when it is locked. */
  open(key: string): void { this.#secret += this.hidden + key.length; }
}
/** Makes it larger. */
export function grow(box: Box, by = 2): Box { return box; }
/** Where. */
export type Side = 'left' | 'right';
/** Nobody exports this. */
export const inside = 1;
`,
  );
  const page = libraryPage(join(folder, 'index.ts'));
  expect(page).toContain('A box of <code>height</code> px.');
  expect(page).toContain('<code>open(key: string): void</code>');
  expect(page).toContain('Opens it. Throws');
  expect(page).toContain('<code>growBox(box: Box, by = 2): Box</code>');
  expect(page).toContain('left');
  expect(page).not.toMatch(/secret|hidden|inside|return box/);
  writeFileSync(join(folder, 'other.ts'), "export { bare } from './bare.js';\n");
  writeFileSync(join(folder, 'bare.ts'), 'export const bare = 1;\n');
  expect(() => libraryPage(join(folder, 'other.ts'))).toThrow('Without TSDoc: bare.');
  rmSync(folder, { recursive: true });
});
