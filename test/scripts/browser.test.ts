import { describe, expect, it } from 'vitest';
import { browserCandidates, ensureBrowser, type Machine } from '../../scripts/browser.mjs';
import { browserFlags } from '../../src/cli/browser.js';

const CACHE = '/home/u/.cache/puppeteer/chrome';
const downloaded = (build: string): string => `${CACHE}/${build}/chrome-linux64/chrome`;

/** A made-up Linux machine with these files; `installs` appear when a command that contains the key is run. */
function machine(files: string[], options: Partial<Machine> & { installs?: Record<string, string>; broken?: string[] } = {}): Machine & { commands: string[] } {
  const present = new Set(files);
  const commands: string[] = [];
  const { installs = {}, broken = [], ...rest } = options;
  return {
    platform: 'linux',
    env: {},
    home: '/home/u',
    isRoot: false,
    exists: (path) => [...present].some((file) => file === path || file.startsWith(`${path}/`)),
    list: (folder) => [
      ...new Set([...present].filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1).split('/')[0] ?? '')),
    ],
    starts: (path) => !broken.includes(path),
    run: (command, args) => {
      const line = [command, ...args].join(' ');
      commands.push(line);
      const found = Object.entries(installs).filter(([key]) => line.includes(key));
      for (const [, file] of found) present.add(file);
      return found.length > 0;
    },
    log: () => undefined,
    commands,
    ...rest,
  };
}

describe('which browser', () => {
  it('is the one CHROME_PATH names, and no other', () => {
    expect(browserCandidates(machine(['/usr/bin/chromium', '/opt/mine'], { env: { CHROME_PATH: '/opt/mine' } }))).toEqual(['/opt/mine']);
    expect(browserCandidates(machine(['/usr/bin/chromium'], { env: { CHROME_PATH: '/opt/mine' } }))).toEqual([]);
    expect(() => ensureBrowser(machine(['/usr/bin/chromium'], { env: { CHROME_PATH: '/opt/mine' } }))).toThrow(
      'CHROME_PATH names /opt/mine, which does not exist',
    );
    expect(() => ensureBrowser(machine(['/opt/mine'], { env: { CHROME_PATH: '/opt/mine' }, broken: ['/opt/mine'] }))).toThrow('does not start');
  });

  it('is an installed one before a downloaded one, and the newest download', () => {
    const files = [downloaded('linux-99.0.1'), downloaded('linux-140.0.1'), '/usr/bin/chromium'];
    expect(browserCandidates(machine(files))).toEqual(['/usr/bin/chromium', downloaded('linux-140.0.1'), downloaded('linux-99.0.1')]);
    expect(browserCandidates(machine(files, { env: { PUPPETEER_CACHE_DIR: '/elsewhere' } }))).toEqual(['/usr/bin/chromium']);
  });

  it('passes over one that does not start', () => {
    expect(ensureBrowser(machine(['/usr/bin/chromium', downloaded('linux-1.0')], { broken: ['/usr/bin/chromium'] }))).toBe(downloaded('linux-1.0'));
  });

  it('installs nothing where one is there', () => {
    const here = machine(['/usr/bin/google-chrome']);
    expect(ensureBrowser(here)).toBe('/usr/bin/google-chrome');
    expect(here.commands).toEqual([]);
  });

  it('is downloaded by Puppeteer where none is installed', () => {
    const bare = machine([], { installs: { 'browsers install chrome': downloaded('linux-150.0') } });
    expect(ensureBrowser(bare)).toBe(downloaded('linux-150.0'));
    expect(bare.commands).toHaveLength(1);
  });

  it('comes from apt as root where the download fails or does not start', () => {
    const apt = { 'install -y chromium': '/usr/bin/chromium' };
    expect(ensureBrowser(machine(['/usr/bin/apt-get'], { isRoot: true, installs: apt }))).toBe('/usr/bin/chromium');
    const broken = machine(['/usr/bin/apt-get'], {
      isRoot: true,
      installs: { ...apt, 'browsers install': downloaded('linux-1.0') },
      broken: [downloaded('linux-1.0')],
    });
    expect(ensureBrowser(broken)).toBe('/usr/bin/chromium');
    expect(broken.commands.slice(1)).toEqual(['apt-get update', 'apt-get install -y chromium']);
  });

  it('is an error with a remedy where nothing works, and apt is not tried without being root', () => {
    const bare = machine(['/usr/bin/apt-get']);
    expect(() => ensureBrowser(bare)).toThrow(/Install Google Chrome or Chromium/);
    expect(bare.commands.some((line) => line.startsWith('apt-get'))).toBe(false);
  });

  it('is found on macOS and Windows', () => {
    const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    expect(browserCandidates(machine([mac], { platform: 'darwin' }))).toEqual([mac]);
    const windows = machine(['C:/Programs/Google/Chrome/Application/chrome.exe'], { platform: 'win32', env: { PROGRAMFILES: 'C:/Programs' } });
    expect(browserCandidates(windows)).toEqual(['C:/Programs/Google/Chrome/Application/chrome.exe']);
  });
});

describe('browser flags', () => {
  it('switch the sandbox off only as root', () => {
    expect(browserFlags('hardware', { platform: 'linux', isRoot: true })).toContain('--no-sandbox');
    expect(browserFlags('software', { platform: 'linux', isRoot: false })).not.toContain('--no-sandbox');
  });

  it('force the software adapter only when it is asked for', () => {
    expect(browserFlags('hardware', { platform: 'darwin', isRoot: false }).join()).not.toContain('swiftshader');
    expect(browserFlags('software', { platform: 'darwin', isRoot: false })).toContain('--use-webgpu-adapter=swiftshader');
  });
});
