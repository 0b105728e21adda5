/**
 * What a page downloads of our own code for `<gram-style-transfer>`: minified by the bundler, each file gzipped by itself, other packages left
 * out. Prints a table and fails above the budget (see docs/adr/0014-what-a-page-downloads.md). `--modules` also lists what the bytes are of.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { build } from 'vite';
import { ELEMENTS } from './elements.mjs';
import { leanKernels } from './lean-kernels.mjs';
import { smallShaders } from './wgsl-plugin.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Gzipped bytes: of the import of the element, and of that together with a run with the settings that it begins with. */
export const BUDGET = { load: 50_000, run: 125_000 };

/** What a run with the first settings loads besides: modules that are imported when they are wanted, and workers. */
export const RUN_MODULES = ['src/engine/engine.ts', 'src/ui/run/prepare.ts'];
export const RUN_WORKERS = ['default-net-worker', 'picture-worker'];

/** Builds one element as a page would, other packages left out; gives what the bundler wrote. */
async function bundle(element) {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const external = Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`));
  const plugins = () => [smallShaders(), leanKernels()];
  const { output } = await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'error',
    plugins: plugins(),
    worker: { format: 'es', plugins, rolldownOptions: { external } },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { external, input: join(ROOT, `src/ui/${ELEMENTS[element]}.ts`), preserveEntrySignatures: 'strict' },
    },
  });
  return output;
}

/** A file and all that it imports at once. */
function withImports(chunks, names, found = new Set()) {
  for (const name of names) {
    const chunk = chunks.get(name);
    if (chunk === undefined || found.has(name)) continue;
    found.add(name);
    withImports(chunks, chunk.imports, found);
  }
  return found;
}

const bytesOf = ({ code, source }) => gzipSync(code ?? source).length;
const nameOf = (fileName) => fileName.replace(/^assets\//, '').replace(/-[\w-]{8}(\.\w+)$/, '$1');

/**
 * Files of the load and of the first run, with their bytes.
 *
 * @returns {Promise<{ rows: { part: string, file: string, bytes: number, modules: object }[], load: number, run: number }>}
 */
export async function measureElement(element = 'style-transfer') {
  const output = await bundle(element);
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const entries = [...chunks.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName);
  const load = withImports(chunks, entries);
  const wanted = RUN_MODULES.map((path) => {
    const holder = [...chunks.values()].find(({ facadeModuleId, moduleIds }) => [facadeModuleId, ...moduleIds].includes(join(ROOT, path)));
    if (holder === undefined) throw new Error(`No file of the bundle holds ${path}.`);
    return holder.fileName;
  });
  const run = withImports(chunks, wanted);
  const workers = RUN_WORKERS.map((name) => {
    const worker = output.find(({ fileName }) => nameOf(fileName) === `${name}.js`);
    if (worker === undefined) throw new Error(`The bundle has no ${name}.`);
    return worker;
  });
  const row = (part, file) => ({ part, file: nameOf(file.fileName), bytes: bytesOf(file), modules: file.modules ?? {} });
  const rows = [
    ...[...load].map((name) => row('load', chunks.get(name))),
    ...[...run].filter((name) => !load.has(name)).map((name) => row('run', chunks.get(name))),
    ...workers.map((file) => row('run', file)),
  ];
  const sum = (parts) => rows.filter(({ part }) => parts.includes(part)).reduce((total, { bytes }) => total + bytes, 0);
  return { rows, load: sum(['load']), run: sum(['load', 'run']) };
}

function print({ rows, load, run }, listsModules) {
  const line = (...cells) => console.log(`${cells[0].padEnd(44)}${String(cells[1]).padStart(9)}`);
  for (const { part, file, bytes, modules } of rows) {
    line(`${part}  ${file}`, bytes);
    if (!listsModules) continue;
    const parts = Object.entries(modules).map(([id, { code }]) => [id.replace(ROOT, ''), gzipSync(code ?? '').length]);
    for (const [id, size] of parts.sort((a, b) => b[1] - a[1])) line(`      ${id}`, size);
  }
  line(`import 'gramarye/elements/style-transfer'`, load);
  line('and a run with the first settings', run);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const measured = await measureElement();
  print(measured, process.argv.includes('--modules'));
  for (const [what, limit] of Object.entries(BUDGET)) {
    if (measured[what] <= limit) continue;
    console.error(
      `${what}: ${String(measured[what])} bytes are more than the budget of ${String(limit)}. See what they are of: node scripts/byte-budget.mjs --modules`,
    );
    process.exitCode = 1;
  }
}
