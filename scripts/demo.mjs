/** `npm run demo`: sets up what is missing, stylises a sample photograph and says where the picture is. */
import { join } from 'node:path';
import { ensureTools, reportFailure, ROOT, runNode } from './setup.mjs';

try {
  const browser = ensureTools();
  console.error('Building …');
  runNode('scripts/build.mjs');
  const out = join('out', 'demo.png');
  const args = ['--content', 'assets/photographs/chelsea.jpg', '--style', 'assets/styles/stained-glass.jpg', '--out', out, ...process.argv.slice(2)];
  runNode('dist/cli/gramarye.js', ['stylize', ...args], { env: { ...process.env, CHROME_PATH: browser } });
  console.log(`The picture is in ${join(ROOT, out)}`);
} catch (error) {
  reportFailure(error);
}
