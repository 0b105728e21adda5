/**
 * The site. `node scripts/site.mjs build` writes it to out/site, `preview` serves what was built, without arguments it does both.
 * `--port N` and `--base PATH` are taken by the server.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview, runnerImport } from 'vite';
import { apiPage } from '../site/generate/api.mjs';
import { embedPage } from '../site/generate/embed.mjs';
import { kernelsPage } from '../site/generate/kernels.mjs';
import { libraryPage } from '../site/generate/library.mjs';
import { elementsManifest } from './elements-manifest.mjs';
import { leanKernels } from './lean-kernels.mjs';
import { smallShaders } from './wgsl-plugin.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SITE = join(ROOT, 'site');
const OUT = join(ROOT, 'out', 'site');
/** Names of the pages. */
export const PAGES = ['index', 'texture', 'classify', 'fine-tune', 'spectrum', 'device', 'bench', 'embed', 'api', 'library', 'kernels'];
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Fills the pages: parts that all have, and those that are made from the sources. */
function pages() {
  const part = (name) => readFileSync(join(SITE, 'parts', `${name}.html`), 'utf8').trim();
  let made;
  const make = async () => ({
    head: part('head'),
    header: part('header'),
    footer: part('footer'),
    embed: embedPage(),
    api: apiPage(elementsManifest()),
    library: libraryPage(join(ROOT, 'src/index.ts')),
    kernels: kernelsPage((await runnerImport(join(ROOT, 'src/kernels/index.ts'), { configFile: false })).module.KERNELS),
  });
  return {
    name: 'gramarye-pages',
    transformIndexHtml: {
      order: 'pre',
      async handler(html) {
        made ??= make();
        const parts = await made;
        return html.replace(/<!-- (\w+) -->/g, (whole, name) => parts[name] ?? whole);
      },
    },
  };
}

/** Writes the service worker with the list of all files. */
function offline() {
  return {
    name: 'gramarye-offline',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const files = [...Object.keys(bundle), 'seal.svg'].filter((file) => !file.endsWith('.map')).sort();
        const hash = createHash('sha256');
        for (const file of files) {
          const { code, source = '' } = bundle[file] ?? {};
          hash.update(file).update(code ?? source);
        }
        const source = readFileSync(join(SITE, 'service-worker.js'), 'utf8')
          .replace('__VERSION__', hash.digest('hex').slice(0, 16))
          .replace('/* __FILES__ */', files.map((file) => JSON.stringify(file)).join(', '));
        this.emitFile({ type: 'asset', fileName: 'sw.js', source });
      },
    },
  };
}

const shared = { configFile: false, root: SITE, base: './', logLevel: 'warn' };

/** Builds the site into a folder, for visitors whatever this process runs for: a test runner asks for Lit's development mode, and no page would be kept. `isReadable` leaves functions their names, for a profile. */
export async function buildSite(outDir = OUT, { isReadable = false } = {}) {
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await buildPages(outDir, isReadable);
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function buildPages(outDir, isReadable) {
  await build({
    ...shared,
    define: { __GRAMARYE_VERSION__: JSON.stringify(version) },
    plugins: [smallShaders(), leanKernels(), pages(), offline()],
    worker: { format: 'es', plugins: () => [smallShaders(), leanKernels()] },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      minify: !isReadable,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: PAGES.map((page) => join(SITE, `${page}.html`)) },
    },
  });
}

/** Serves the built site; returns the server and its address. */
export async function serveSite({ port = 4173, strictPort = false } = {}) {
  const server = await preview({ ...shared, build: { outDir: OUT }, preview: { port, strictPort, open: false } });
  return { server, url: server.resolvedUrls?.local[0] ?? '' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { port: { type: 'string' } } });
  const [what] = positionals;
  if (what !== 'preview') await buildSite();
  if (what !== 'build') {
    const { url } = await serveSite(values.port === undefined ? {} : { port: Number(values.port), strictPort: true });
    console.log(`Gramarye is at ${url}  (stop with Ctrl+C)`);
  }
}
