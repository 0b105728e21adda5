/** `npm run bench -- FLAGS`: sets up and builds what is missing, then runs `gramarye bench FLAGS`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, reportFailure, ROOT, runNode } from './setup.mjs';

try {
  const browser = ensureTools();
  if (!existsSync(join(ROOT, 'dist/cli/gramarye.js'))) {
    console.error('Building …');
    runNode('scripts/build.mjs');
  }
  runNode('dist/cli/gramarye.js', ['bench', ...process.argv.slice(2)], { env: { ...process.env, CHROME_PATH: browser } });
} catch (error) {
  reportFailure(error);
}
