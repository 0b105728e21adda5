/** Builds dist/: the library and the command line as ES modules, the runner page, and the types. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const { dependencies, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Packages stay imports in the library and the command line; the page has everything inside. */
const external = [/^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))];

const shared = {
  configFile: false,
  logLevel: 'warn',
  define: { __GRAMARYE_VERSION__: JSON.stringify(version) },
};
const output = { emptyOutDir: false, target: 'es2022', sourcemap: true, minify: false };

rmSync(DIST, { recursive: true, force: true });

await build({
  ...shared,
  root: ROOT,
  base: './',
  build: { ...output, outDir: DIST, lib: { entry: { index: join(ROOT, 'src/index.ts') }, formats: ['es'] }, rolldownOptions: { external } },
});

await build({
  ...shared,
  root: ROOT,
  build: {
    ...output,
    ssr: true,
    outDir: join(DIST, 'cli'),
    rolldownOptions: { input: join(ROOT, 'src/cli/gramarye.ts'), external, output: { entryFileNames: 'gramarye.js' } },
  },
});
chmodSync(join(DIST, 'cli/gramarye.js'), 0o755);

await build({
  ...shared,
  root: join(ROOT, 'src/cli/runner'),
  base: './',
  worker: { format: 'es' },
  build: { ...output, minify: true, sourcemap: false, outDir: join(DIST, 'runner'), modulePreload: { polyfill: false } },
});

const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
if (status !== 0) process.exitCode = 1;
