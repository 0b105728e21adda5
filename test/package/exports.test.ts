/** What the package says it has: entries, their types, and an entry for every element that is described. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ELEMENTS } from '../../scripts/elements.mjs';

const ROOT = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}
interface ElementsManifest {
  readonly modules: readonly { readonly path: string; readonly declarations: readonly { readonly tagName: string }[] }[];
}

const entries: Readonly<Record<string, string>> = ELEMENTS;
const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const { exports } = read('package.json') as Manifest;

test('every entry is a file with types', () => {
  for (const [name, target] of Object.entries(exports)) {
    const files = typeof target === 'string' ? [target] : [target.types, target.default];
    for (const file of files) expect(existsSync(join(ROOT, file)), `${name}: ${file}`).toBe(true);
  }
});

test('every described element has an entry of its own', () => {
  const { modules } = read('dist/custom-elements.json') as ElementsManifest;
  const described = modules.flatMap(({ path, declarations }) => declarations.map(({ tagName }) => ({ path, tagName })));
  expect(described.length).toBeGreaterThanOrEqual(10);
  for (const { path, tagName } of described) {
    const name = tagName.replace(/^gram-/, '');
    expect(`src/ui/${entries[name] ?? ''}.ts`, tagName).toBe(path);
    expect(exports[`./elements/${name}`], tagName).toEqual({ types: `./dist/types/ui/${entries[name] ?? ''}.d.ts`, default: `./dist/elements/${name}.js` });
    expect(existsSync(join(ROOT, 'dist/standalone', `${name}.js`)), tagName).toBe(true);
  }
  expect(Object.keys(ELEMENTS).sort()).toEqual(['index', ...described.map(({ tagName }) => tagName.replace(/^gram-/, ''))].sort());
});
