/** `npm test`: sets up what is missing, then checks everything: types, lint, format, generated pages, build, tests. Arguments are given to vitest. */
import { ensureTools, reportFailure, runNode } from './setup.mjs';

const CHECKS = [
  ['Types', 'node_modules/typescript/bin/tsc', ['-p', '.']],
  ['Lint', 'node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.']],
  ['Format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']],
  ['Kernel pages', 'scripts/docs-kernels.mjs', ['--check']],
  ['Performance page', 'scripts/docs-performance.mjs', ['--check']],
  ['Build', 'scripts/build.mjs', []],
  ['Tests', 'node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)]],
];

try {
  const browser = ensureTools();
  for (const [name, path, args] of CHECKS) {
    const start = performance.now();
    runNode(path, args, { env: { ...process.env, CHROME_PATH: browser } });
    console.log(`${name}: passed in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  reportFailure(error);
}
