/** `npm run bench -- FLAGS`: sets up what is missing, builds what has changed, then runs `gramarye bench FLAGS` and ends as it does. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, isMain, reportFailure, ROOT, runNode } from './setup.mjs';

/** What the built command line is made of. */
const SOURCES = ['src', 'shaders', 'scripts/build.mjs', 'package.json'];

/** When anything in a folder was last changed, added or removed; ms. */
function changedMs(path) {
  const stat = statSync(path);
  return stat.isDirectory() ? Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedMs(join(path, name)))) : stat.mtimeMs;
}

/** Whether what would be measured is older than the sources, or not there at all. */
export function isStale(root = ROOT) {
  const built = join(root, 'dist/cli/gramarye.js');
  return !existsSync(built) || SOURCES.some((name) => changedMs(join(root, name)) > statSync(built).mtimeMs);
}

if (isMain(import.meta.url)) {
  try {
    const browser = ensureTools();
    if (isStale()) {
      console.error('Building …');
      runNode('scripts/build.mjs');
    }
    const { status } = spawnSync(process.execPath, [join(ROOT, 'dist/cli/gramarye.js'), 'bench', ...process.argv.slice(2)], {
      stdio: 'inherit',
      env: { ...process.env, CHROME_PATH: browser },
    });
    process.exitCode = status ?? 1;
  } catch (error) {
    reportFailure(error);
  }
}
