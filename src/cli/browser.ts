/** Starts the browser that does the work. */
import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer';
import { BROWSER_REMEDY, findBrowser, thisMachine } from '../../scripts/browser.mjs';
import { GramaryeError, messageOf } from '../engine/errors.js';

/** A browser with its own choice of adapter, or one that computes on the CPU. */
export type BrowserKind = 'hardware' | 'software';

const COMMON_FLAGS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
];

/** Chromium's flags. WebGPU on Linux still needs Vulkan to be switched on; the sandbox cannot work as root. */
export function browserFlags(kind: BrowserKind, machine: { platform: string; isRoot: boolean } = thisMachine()): string[] {
  return [
    ...COMMON_FLAGS,
    ...(machine.isRoot ? ['--no-sandbox'] : []),
    ...(kind === 'software'
      ? ['--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader']
      : machine.platform === 'linux'
        ? ['--enable-features=Vulkan']
        : []),
  ];
}

/** The path of the browser to use. Throws `browser-missing`. */
export function browserPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = env.CHROME_PATH;
  if (chosen !== undefined && chosen !== '' && !existsSync(chosen)) {
    throw new GramaryeError('browser-missing', `CHROME_PATH names ${chosen}, which does not exist.`, { remedy: 'Correct it or unset it.' });
  }
  const path = findBrowser({ ...thisMachine(), env });
  if (path === undefined) throw new GramaryeError('browser-missing', 'No Chrome or Chromium was found.', { remedy: BROWSER_REMEDY });
  return path;
}

/** Starts a headless browser, with further flags where a job needs them. Throws `browser-missing`. */
export async function launchBrowser(kind: BrowserKind, extraFlags: readonly string[] = []): Promise<Browser> {
  const executablePath = browserPath();
  try {
    return await puppeteer.launch({
      executablePath,
      headless: true,
      // The browser ends when its pipe closes, so that it does not outlive a killed command line.
      pipe: true,
      args: [...browserFlags(kind), ...extraFlags],
      // A job may take an hour; signals are handled by the command line, which cleans up first.
      protocolTimeout: 0,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    const firstLine = messageOf(error).split('\n', 1)[0] ?? '';
    throw new GramaryeError('browser-missing', `${executablePath} does not start: ${firstLine}.`, { remedy: BROWSER_REMEDY, cause: error });
  }
}
