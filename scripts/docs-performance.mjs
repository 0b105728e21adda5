/**
 * Writes docs/performance.md from bench/results and docs/performance, and the JSON Schema of results files.
 * `node scripts/docs-performance.mjs` writes, `--check` only says what is wrong or out of date, and fails then; files that came after the
 * page are named.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = 'docs/performance.md';
const SCHEMA = 'docs/benchmark-results.schema.json';

/** Files of a folder with this ending, by name. */
function filesOf(folder, ending) {
  return readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({ name, text: readFileSync(`${root}${folder}/${name}`, 'utf8') }));
}

const server = await createServer({
  root,
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true, include: [] },
  server: { middlewareMode: true, ws: false },
});
try {
  const { performancePage, reviewPage } = await server.ssrLoadModule('/bench/docs/performance-page.ts');
  const { fileSchema } = await server.ssrLoadModule('/src/bench/result.ts');
  const sources = [filesOf('bench/results', '.json'), filesOf('docs/performance', '.md')];
  const schema = `${JSON.stringify(toJsonSchema(fileSchema), null, 2)}\n`;
  if (process.argv.includes('--check')) {
    const read = (path) => (existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8') : '');
    const { problems, unmentioned } = reviewPage(read(PAGE), ...sources);
    const all = [...problems.map((problem) => `${PAGE}: ${problem}`), ...(read(SCHEMA) === schema ? [] : [`${SCHEMA} is out of date`])];
    if (unmentioned.length > 0) console.log(`${PAGE} does not have ${unmentioned.join(', ')} yet; "npm run docs:performance" adds them.`);
    if (all.length > 0) {
      console.error(`${all.join('\n')}\nRun "npm run docs:performance".`);
      process.exitCode = 1;
    }
  } else {
    writeFileSync(`${root}${PAGE}`, performancePage(...sources));
    writeFileSync(`${root}${SCHEMA}`, schema);
  }
} finally {
  await server.close();
}
