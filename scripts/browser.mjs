/** Finds a Chrome or Chromium: CHROME_PATH, an installed one, or one that Puppeteer downloaded. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const INSTALLED = {
  linux: [
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/snap/bin/chromium',
    '/opt/google/chrome/chrome',
  ],
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) =>
    join(process.env[name] ?? 'C:\\', 'Google', 'Chrome', 'Application', 'chrome.exe'),
  ),
};

const DOWNLOADED_NAMES = [
  'chrome-linux64/chrome',
  'chrome-win64/chrome.exe',
  'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

/** The newest browser in Puppeteer's cache. */
function downloadedBrowser() {
  const folder = join(process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer'), 'chrome');
  if (!existsSync(folder)) return undefined;
  const builds = readdirSync(folder).sort().reverse();
  return builds.flatMap((build) => DOWNLOADED_NAMES.map((name) => join(folder, build, name))).find((path) => existsSync(path));
}

/** Path of a browser, or undefined. An existing CHROME_PATH wins. */
export function findBrowser(env = process.env) {
  const chosen = env.CHROME_PATH;
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? chosen : undefined;
  return (INSTALLED[process.platform] ?? []).find((path) => existsSync(path)) ?? downloadedBrowser();
}
