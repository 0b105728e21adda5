/** `npm run demo`: sets up what is missing, stylises a sample photograph and says where the picture is. */
import { join } from 'node:path';
import { ensureTools, reportFailure, ROOT, runNode } from './setup.mjs';

try {
  const browser = ensureTools();
  console.error('Building …');
  runNode('scripts/build.mjs');
  const out = join('out', 'demo.png');
  const pictures = ['--content', 'assets/photographs/chelsea.jpg', '--style', 'assets/styles/flow-field.jpg'];
  runNode('dist/cli/gramarye.js', ['stylize', ...pictures, '--out', out, ...process.argv.slice(2)], {
    env: { ...process.env, CHROME_PATH: browser },
  });
  console.log(`The picture is in ${join(ROOT, out)}`);
} catch (error) {
  reportFailure(error);
}
