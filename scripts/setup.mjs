/**
 * Makes a fresh clone ready: dependencies, a browser, the build. Plain Node without dependencies. Does only what is missing, so it may be
 * called again at any time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBrowser } from './browser.mjs';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const MINIMUM_NODE = [20, 19];

/** Runs a command in the project's folder with its output shown; throws an error that names it when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (status !== 0) throw new Error(`"${[command, ...args].join(' ')}" failed${error === undefined ? ` with code ${String(status)}` : `: ${error.message}`}.`);
}

/** Runs a script of the project or a dependency's command-line program with this Node. */
export function runNode(path, args = [], options = {}) {
  run(process.execPath, [path, ...args], options);
}

/** Throws unless Node is new enough. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    throw new Error(`Node ${version} is too old. Install Node ${MINIMUM_NODE.join('.')} or newer from https://nodejs.org.`);
  }
}

/** Direct dependencies that are missing from node_modules or have another version than the lock file says. */
export function missingDependencies(root = ROOT) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => {
    const manifest = join(root, 'node_modules', name, 'package.json');
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== packages[`node_modules/${name}`]?.version;
  });
}

/** Installs dependencies exactly as locked, when some are missing. */
export function ensureDependencies() {
  const missing = missingDependencies();
  if (missing.length === 0) return;
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(`node_modules is a link and lacks ${missing.join(', ')}. Install them where it points to.`);
  }
  console.error('Installing dependencies …');
  // The browser is found or fetched by ensureBrowser: a failing download must not undo the whole installation.
  const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' };
  // Not `npm ci`: it insists on the optional packages of every platform, also those a registry does not have. The lock file is kept to and kept.
  const args = ['install', '--no-save', '--no-audit', '--no-fund'];
  if (process.env.npm_execpath === undefined) run('npm', args, { env, shell: process.platform === 'win32' });
  else runNode(process.env.npm_execpath, args, { env });
}

/** Dependencies and a browser. Returns the browser's path. */
export function ensureTools() {
  checkNode();
  ensureDependencies();
  return ensureBrowser();
}

/** Prints an error's message without a stack and sets the exit code. */
export function reportFailure(error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** True when the module is the script that Node was started with. */
export function isMain(url) {
  return process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === url;
}

if (isMain(import.meta.url)) {
  try {
    const browser = ensureTools();
    console.error('Building …');
    runNode('scripts/build.mjs');
    console.error(`Ready. Browser: ${browser}. Try "npx gramarye --help".`);
  } catch (error) {
    reportFailure(error);
  }
}
