/**
 * Writes docs/performance.md from bench/results and docs/performance, and the JSON Schema of results files.
 * `node scripts/docs-performance.mjs` writes, `--check` only says what is out of date and fails then.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files of a folder with this ending, by name. */
function filesOf(folder, ending) {
  return readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({ name, text: readFileSync(`${root}${folder}/${name}`, 'utf8') }));
}

const server = await createServer({ root, configFile: false, appType: 'custom', logLevel: 'error', server: { middlewareMode: true, ws: false } });
try {
  const { performancePage } = await server.ssrLoadModule('/bench/docs/performance-page.ts');
  const { fileSchema } = await server.ssrLoadModule('/src/bench/result.ts');
  const files = {
    'docs/performance.md': performancePage(filesOf('bench/results', '.json'), filesOf('docs/performance', '.md')),
    'docs/benchmark-results.schema.json': `${JSON.stringify(toJsonSchema(fileSchema), null, 2)}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    const full = `${root}${path}`;
    if (!process.argv.includes('--check')) writeFileSync(full, text);
    else if (!existsSync(full) || readFileSync(full, 'utf8') !== text) {
      console.error(`${path} is out of date. Run "npm run docs:performance".`);
      process.exitCode = 1;
    }
  }
} finally {
  await server.close();
}
