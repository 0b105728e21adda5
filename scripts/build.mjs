/** Builds dist/: the library and the command line as ES modules, the runner page, and the types. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { ELEMENTS } from './elements.mjs';
import { writeElementsManifest } from './elements-manifest.mjs';
import { leanKernels } from './lean-kernels.mjs';
import { modelFiles } from './model-files.mjs';
import { smallShaders } from './wgsl-plugin.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const STANDALONE = join(DIST, 'standalone');
const UI = join(ROOT, 'src/ui/');
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Packages stay imports in the library and the command line; the page has everything inside. */
const external = [/^node:/, /^webgpu$/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))];

const shared = {
  configFile: false,
  logLevel: 'warn',
  plugins: [smallShaders(), leanKernels()],
};
/** How long plugins take is nothing a user can act on. */
const checks = { pluginTimings: false };
/** The worker of the benchmarks holds tfjs, to compare with. */
const output = { emptyOutDir: false, target: 'es2022', sourcemap: true, minify: false, chunkSizeWarningLimit: 4_000 };

/** Files of the elements by the name of their entry, one by one: they share what they have in common. */
function elementEntries(folder) {
  return Object.fromEntries(Object.entries(ELEMENTS).map(([name, file]) => [`${folder}${name}`, join(ROOT, `src/ui/${file}.ts`)]));
}

/** The library and the elements. */
const entries = { index: join(ROOT, 'src/index.ts'), ...elementEntries('elements/') };

rmSync(DIST, { recursive: true, force: true });

/** A chunk that defines elements is kept for that by whoever bundles the library; the others go where nothing of them is used. */
function chunkName({ moduleIds }) {
  return moduleIds.some((id) => id.startsWith(UI)) ? 'elements/shared/[name]-[hash].js' : 'shared/[name]-[hash].js';
}

const plugins = (outDir) => [...shared.plugins, modelFiles(outDir)];
const library = plugins(DIST);
await build({
  ...shared,
  plugins: library,
  root: ROOT,
  base: './',
  // One file a worker: whoever bundles the library carries it along as it is.
  worker: { format: 'es', plugins: () => library, rolldownOptions: { checks, output: { codeSplitting: false } } },
  build: {
    ...output,
    outDir: DIST,
    lib: { entry: entries, formats: ['es'] },
    rolldownOptions: { checks, external, output: { chunkFileNames: chunkName } },
  },
});
writeElementsManifest(join(DIST, 'custom-elements.json'));
// An entry for its types alone (types/react.d.ts).
writeFileSync(join(DIST, 'react.js'), 'export {};\n');

// For pages without a bundler: the same elements with everything inside, to be named by a script tag.
await build({
  ...shared,
  plugins: plugins(STANDALONE),
  root: ROOT,
  base: './',
  worker: { format: 'es', plugins: () => plugins(STANDALONE), rolldownOptions: { checks, output: { codeSplitting: false } } },
  build: {
    ...output,
    sourcemap: false,
    minify: true,
    outDir: STANDALONE,
    lib: { entry: elementEntries(''), formats: ['es'] },
    rolldownOptions: { checks, output: { chunkFileNames: 'shared/[name]-[hash].js' } },
  },
});

await build({
  ...shared,
  root: ROOT,
  build: {
    ...output,
    ssr: true,
    outDir: join(DIST, 'cli'),
    rolldownOptions: {
      checks,
      input: {
        gramarye: join(ROOT, 'src/cli/gramarye.ts'),
        'bench-node': join(ROOT, 'src/cli/bench-node.ts'),
        'isa-spirv': join(ROOT, 'src/cli/isa-spirv.ts'),
      },
      external,
      // All in one folder: the code finds the page and its own files by where it lies.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
chmodSync(join(DIST, 'cli/gramarye.js'), 0o755);

await build({
  ...shared,
  root: join(ROOT, 'src/cli/runner'),
  base: './',
  worker: { format: 'es', plugins: () => shared.plugins, rolldownOptions: { checks } },
  build: { ...output, minify: true, sourcemap: false, outDir: join(DIST, 'runner'), modulePreload: { polyfill: false }, rolldownOptions: { checks } },
});

/** What git says in the project's folder; undefined where this is no checkout. */
function git(...args) {
  const { status: code, stdout } = spawnSync('git', ['-C', ROOT, ...args], { encoding: 'utf8' });
  return code === 0 ? stdout.trim() : undefined;
}

// Results of benchmarks name the code that was measured: that of this build, whatever is checked out later.
const commit = git('rev-parse', '--short', 'HEAD');
const changes = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'shaders');
if (commit !== undefined) writeFileSync(join(DIST, 'commit.txt'), `${commit}${changes === '' ? '' : ' with changes'}\n`);

const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
if (status !== 0) process.exitCode = 1;
