/** `npm test`: sets up what is missing, then checks everything: types, lint, format, generated pages, build, tests. Arguments are given to vitest. */
import { spawn } from 'node:child_process';
import { ensureTools, reportFailure, ROOT, runNode } from './setup.mjs';

/** Lint takes about as long as the other checks together: it goes beside them. */
const LANES = [
  [['Lint', 'node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.']]],
  [
    ['Types', 'node_modules/typescript/bin/tsc', ['-p', '.']],
    ['Format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']],
    ['Kernel pages', 'scripts/docs-kernels.mjs', ['--check']],
    ['Performance page', 'scripts/docs-performance.mjs', ['--check']],
    ['Unused code', 'node_modules/knip/bin/knip.js', []],
    ['Bytes of a page', 'scripts/byte-budget.mjs', []],
    ['Build', 'scripts/build.mjs', []],
    ['Package', 'scripts/check-package.mjs', []],
  ],
];
const TESTS = ['Tests', 'node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)]];

function passed(name, start) {
  console.log(`${name}: passed in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Runs one check beside others; what it says is printed in one piece. */
function check([name, path, args], env) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data.toString()));
    child.stderr.on('data', (data) => (output += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      process.stdout.write(output);
      if (code !== 0) {
        reject(new Error(`${name} failed with code ${String(code)}.`));
        return;
      }
      passed(name, start);
      resolve();
    });
  });
}

async function runLane(lane, env) {
  for (const one of lane) await check(one, env);
}

try {
  const env = { ...process.env, CHROME_PATH: ensureTools() };
  const outcomes = await Promise.allSettled(LANES.map((lane) => runLane(lane, env)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  const [name, path, args] = TESTS;
  const start = performance.now();
  runNode(path, args, { env });
  passed(name, start);
} catch (error) {
  reportFailure(error);
}
