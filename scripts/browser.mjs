/** Finds a Chrome or Chromium, and gets one where there is none. Plain Node without dependencies: it runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where browsers are installed, by platform. */
const INSTALLED = {
  linux: [
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/snap/bin/chromium',
    '/opt/google/chrome/chrome',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    ['Google', 'Chrome', 'Application', 'chrome.exe'],
    ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
  ],
};

const WINDOWS_ROOTS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'];

/** Where the executable lies inside a build that Puppeteer downloaded. */
const DOWNLOADED_NAMES = [
  'chrome-linux64/chrome',
  'chrome-win64/chrome.exe',
  'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

/** How to get a browser, for error messages. */
export const BROWSER_REMEDY = 'Install Google Chrome or Chromium, run "npm run setup", or set CHROME_PATH to a browser.';

/**
 * What the search needs of the machine, so that tests can give another one.
 * @typedef {object} Machine
 * @property {string} platform `process.platform`.
 * @property {Readonly<Record<string, string | undefined>>} env Environment variables.
 * @property {string} home The user's folder.
 * @property {boolean} isRoot Whether packages can be installed.
 * @property {(path: string) => boolean} exists
 * @property {(folder: string) => string[]} list Names in a folder.
 * @property {(path: string) => boolean} starts Whether a browser starts at all; a stub that only asks to install one does not.
 * @property {(command: string, args: readonly string[]) => boolean} run Runs a command with its output shown; true when it succeeds.
 * @property {(line: string) => void} log
 */

/**
 * This machine.
 * @returns {Machine}
 */
export function thisMachine() {
  return {
    platform: process.platform,
    env: process.env,
    home: homedir(),
    isRoot: process.getuid?.() === 0,
    exists: existsSync,
    list: (folder) => readdirSync(folder),
    // On Windows `chrome.exe --version` opens a window instead of answering.
    starts: (path) => process.platform === 'win32' || spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0,
    run: (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status === 0,
    log: (line) => console.error(line),
  };
}

/**
 * Browsers that are there, the best first: CHROME_PATH alone when it is set, else installed ones, else Puppeteer's downloads, newest first.
 * @param {Machine} machine
 * @returns {string[]}
 */
export function browserCandidates(machine) {
  const chosen = machine.env.CHROME_PATH;
  if (chosen !== undefined && chosen !== '') return [chosen].filter(machine.exists);
  const roots = machine.platform === 'win32' ? WINDOWS_ROOTS.map((name) => machine.env[name]).filter((root) => root !== undefined) : [];
  const installed =
    machine.platform === 'win32' ? INSTALLED.win32.flatMap((parts) => roots.map((root) => join(root, ...parts))) : (INSTALLED[machine.platform] ?? []);
  const cache = join(machine.env.PUPPETEER_CACHE_DIR ?? join(machine.home, '.cache', 'puppeteer'), 'chrome');
  const builds = machine.exists(cache) ? [...machine.list(cache)].sort((a, b) => b.localeCompare(a, 'en', { numeric: true })) : [];
  const downloaded = builds.flatMap((build) => DOWNLOADED_NAMES.map((name) => join(cache, build, name)));
  return [...installed, ...downloaded].filter(machine.exists);
}

/**
 * The path of a browser, or undefined.
 * @param {Machine} machine
 * @returns {string | undefined}
 */
export function findBrowser(machine = thisMachine()) {
  return browserCandidates(machine)[0];
}

/**
 * A browser that starts: one that is there, else Puppeteer's download, else apt's chromium as root.
 * @param {Machine} machine
 * @returns {string}
 */
export function ensureBrowser(machine = thisMachine()) {
  const working = () => browserCandidates(machine).find((path) => machine.starts(path));
  const found = working();
  if (found !== undefined) return found;
  const chosen = machine.env.CHROME_PATH;
  if (chosen !== undefined && chosen !== '') {
    throw new Error(`CHROME_PATH names ${chosen}, which ${machine.exists(chosen) ? 'does not start' : 'does not exist'}. Correct it or unset it.`);
  }
  machine.log('No browser found: downloading Chrome through Puppeteer …');
  if (!machine.run(process.execPath, [PUPPETEER_CLI, 'browsers', 'install', 'chrome'])) machine.log('Puppeteer could not download a browser.');
  const downloaded = working();
  if (downloaded !== undefined) return downloaded;
  if (machine.platform === 'linux' && machine.isRoot && machine.exists('/usr/bin/apt-get')) {
    machine.log('Installing chromium through apt …');
    machine.run('apt-get', ['update']);
    machine.run('apt-get', ['install', '-y', 'chromium']);
    const installed = working();
    if (installed !== undefined) return installed;
  }
  throw new Error(`No browser that starts was found and none could be installed. ${BROWSER_REMEDY}`);
}

const PUPPETEER_CLI = fileURLToPath(new URL('../node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js', import.meta.url));
