/** `npm run test:long`: what takes too long for every change. Arguments are given to vitest. */
import { ensureTools, reportFailure, runNode } from './setup.mjs';

try {
  const env = { ...process.env, CHROME_PATH: ensureTools(), LONG_TESTS: '1' };
  runNode('scripts/build.mjs', [], { env });
  runNode('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)], { env });
} catch (error) {
  reportFailure(error);
}
