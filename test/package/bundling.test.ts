/** What a page's bundler makes of the built library: nothing comes along that is not used, and tfjs comes once. */
import { rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Rolldown } from 'vite';
import { afterAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.cache', `bundling-${String(process.pid)}`);

afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Bundles a page's module that imports from the built library. */
async function bundle(name: string, code: string): Promise<Rolldown.OutputChunk[]> {
  mkdirSync(FOLDER, { recursive: true });
  const input = join(FOLDER, `${name}.js`);
  writeFileSync(input, code);
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { write: false, minify: false, target: 'es2022', assetsInlineLimit: 0, rolldownOptions: { input } },
  });
  const { output } = result as Rolldown.RolldownOutput;
  return output.filter((part) => part.type === 'chunk');
}

/** The first chunk and all that a page loads with it. */
function withImports(chunks: readonly Rolldown.OutputChunk[]): Rolldown.OutputChunk[] {
  const loaded = chunks.slice(0, 1);
  for (const { imports } of loaded) loaded.push(...chunks.filter((chunk) => imports.includes(chunk.fileName) && !loaded.includes(chunk)));
  return loaded;
}

const at = (path: string): string => JSON.stringify(join(ROOT, 'dist', path));

test('importing one function brings no kernel along', async () => {
  const chunks = await bundle('preset', `import { presetByName } from ${at('index.js')}; console.log(presetByName('nst-chapter').name);`);
  // What is loaded on demand, and by code that is not there any more, the bundler writes beside it; nothing leads there.
  const loaded = withImports(chunks);
  expect(loaded.flatMap(({ dynamicImports }) => dynamicImports)).toEqual([]);
  const code = loaded.map((chunk) => chunk.code).join('');
  expect(code).toContain('nst-chapter');
  expect(code).not.toContain('@compute');
  expect(code).not.toContain('new Worker');
  expect(code).not.toContain('tensorflow');
  expect(code.length).toBeLessThan(40_000);
  // The same build does keep a kernel that is asked for.
  const [asked] = await bundle('kernel', `import { KERNELS } from ${at('index.js')}; console.log(KERNELS);`);
  expect(asked?.code).toContain('@compute');
});

test('a page that uses tfjs itself has one copy of it', async () => {
  const chunks = await bundle(
    'tfjs',
    `import * as tf from '@tensorflow/tfjs-core';
import { Engine, accelerate } from ${at('index.js')};
import ${at('elements/index.js')};
console.log(tf.version_core, Engine, accelerate);`,
  );
  const copies = chunks.flatMap(({ moduleIds }) => moduleIds.filter((id) => id.endsWith('tfjs-core/dist/engine.js')));
  expect(copies).toHaveLength(1);
  // One global engine, whatever loads it: the code that makes it is there once.
  const makers = chunks.filter(({ code }) => code.includes('getOrMakeEngine()'));
  expect(makers).toHaveLength(1);
});

test('the elements bring no network along in their code', async () => {
  const chunks = await bundle('elements', `import ${at('elements/index.js')};`);
  for (const { code, fileName } of chunks) expect(code.length, fileName).toBeLessThan(3_000_000);
  expect(chunks.map(({ code }) => code).join('')).not.toContain('data:application');
});
