/** Builds dist/: the library and the command line as ES modules, the runner page, and the types. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { writeElementsManifest } from './elements-manifest.mjs';
import { shadersWithoutComments } from './wgsl-plugin.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Packages stay imports in the library and the command line; the page has everything inside. */
const external = [/^node:/, /^webgpu$/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))];

const shared = {
  configFile: false,
  logLevel: 'warn',
  plugins: [shadersWithoutComments()],
};
/** How long plugins take is nothing a user can act on. */
const checks = { pluginTimings: false };
const output = { emptyOutDir: false, target: 'es2022', sourcemap: true, minify: false };

/** The library, and the elements one by one: they share what they have in common. */
const ELEMENTS = {
  index: 'index',
  'style-transfer': 'style-transfer/style-transfer',
  'texture-synthesis': 'texture-synthesis/texture-synthesis',
  'loss-chart': 'charts/loss-chart',
  spectrum: 'spectrum/spectrum',
  classifier: 'classifier/classifier',
  'fine-tune': 'fine-tune/fine-tune',
  device: 'device/device',
  bench: 'bench/bench',
  'picture-well': 'pictures/picture-well',
};
const entries = {
  index: join(ROOT, 'src/index.ts'),
  ...Object.fromEntries(Object.entries(ELEMENTS).map(([name, file]) => [`elements/${name}`, join(ROOT, `src/ui/${file}.ts`)])),
};

rmSync(DIST, { recursive: true, force: true });

await build({
  ...shared,
  root: ROOT,
  base: './',
  // One file a worker: whoever bundles the library carries it along as it is.
  worker: { format: 'es', rolldownOptions: { output: { codeSplitting: false } } },
  build: { ...output, outDir: DIST, lib: { entry: entries, formats: ['es'] }, rolldownOptions: { checks, external } },
});
writeElementsManifest(join(DIST, 'custom-elements.json'));

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
  worker: { format: 'es' },
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
