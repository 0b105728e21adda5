import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale } from '../../scripts/bench.mjs';
import { checkNode, missingDependencies } from '../../scripts/setup.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gramarye-'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { a: '^1.0.0' }, devDependencies: { '@s/b': '^2.0.0' } }));
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.2.0' }, 'node_modules/@s/b': { version: '2.0.0' } } }),
  );
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function install(name: string, version: string): void {
  mkdirSync(join(root, 'node_modules', name), { recursive: true });
  writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify({ version }));
}

describe('set-up', () => {
  it('finds what is missing or of another version than the lock file says', () => {
    expect(missingDependencies(root)).toEqual(['a', '@s/b']);
    install('a', '1.2.0');
    install('@s/b', '1.9.0');
    expect(missingDependencies(root)).toEqual(['@s/b']);
    install('@s/b', '2.0.0');
    expect(missingDependencies(root)).toEqual([]);
  });

  it('lets nobody measure what was built before the sources were changed', () => {
    const place = (path: string, atSeconds: number): void => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), '');
      utimesSync(join(root, path), atSeconds, atSeconds);
    };
    for (const path of ['src/gram/a.ts', 'shaders/a.wgsl', 'scripts/build.mjs', 'package.json']) place(path, 100);
    for (const folder of ['src', 'src/gram', 'shaders']) utimesSync(join(root, folder), 100, 100);
    expect(isStale(root)).toBe(true);
    place('dist/cli/gramarye.js', 200);
    expect(isStale(root)).toBe(false);
    place('src/gram/a.ts', 300);
    expect(isStale(root)).toBe(true);
    place('src/gram/a.ts', 100);
    expect(isStale(root)).toBe(false);
    rmSync(join(root, 'shaders/a.wgsl'));
    expect(isStale(root)).toBe(true);
  });

  it('takes Node from 20.19 on', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '100.1.0'])
      expect(() => {
        checkNode(version);
      }).not.toThrow();
    for (const version of ['20.18.9', '18.20.0'])
      expect(() => {
        checkNode(version);
      }).toThrow('too old');
  });
});
