import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRange, RunnerServer } from '../../src/cli/server.js';

let folder = '';
let server: RunnerServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gramarye-'));
  mkdirSync(join(folder, 'page', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'page', 'index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'page', 'assets', 'main.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'net.safetensors'), '0123456789');
  writeFileSync(join(folder, 'empty.png'), '');
  server = await RunnerServer.start(join(folder, 'page'));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A request whose path is sent as it stands: fetch would clean it up. */
function raw(path: string, options: { method?: string; host?: string } = {}): Promise<number> {
  const { hostname, port, host } = new URL(server.pageUrl(''));
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method: options.method ?? 'GET', headers: { host: options.host ?? host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the server', () => {
  it('listens on this machine only and serves the page with strict headers', async () => {
    expect(new URL(server.pageUrl('index.html')).hostname).toBe('127.0.0.1');
    const response = await fetch(server.pageUrl('index.html'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await (await fetch(server.pageUrl('assets/main.js'))).text()).toBe('export {};');
  });

  it('lets the page compile WebAssembly only when told to', async () => {
    const policy = async (): Promise<string | null> => (await fetch(server.pageUrl('index.html'))).headers.get('content-security-policy');
    expect(await policy()).not.toContain('wasm');
    server.allowWebAssembly();
    expect(await policy()).toMatch(/script-src 'self' 'wasm-unsafe-eval';/);
  });

  it('answers nothing without the token', async () => {
    expect(await raw('/')).toBe(404);
    expect(await raw('/index.html')).toBe(404);
    expect(await raw(`/${'A'.repeat(32)}/index.html`)).toBe(404);
  });

  it.each([
    '../secret.txt',
    '..%2fsecret.txt',
    'assets/../../secret.txt',
    '%2e%2e/secret.txt',
    'assets/..%5c..%5csecret.txt',
    '/etc/passwd',
    'index.html%00.png',
    'index.html?x',
  ])('does not leave its list: %s', async (path) => {
    expect(await raw(new URL(server.pageUrl('')).pathname + path)).toBe(404);
  });

  it('refuses another host name', async () => {
    expect(await raw(new URL(server.pageUrl('index.html')).pathname, { host: 'evil.example' })).toBe(403);
  });

  it('serves an added file whole, in ranges and as a length', async () => {
    const url = server.addFile(join(folder, 'net.safetensors'));
    expect(await (await fetch(url)).text()).toBe('0123456789');
    const part = await fetch(url, { headers: { Range: 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await fetch(url, { headers: { Range: 'bytes=20-30' } })).status).toBe(416);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe('10');
    expect(await (await fetch(server.addFile(join(folder, 'empty.png')))).text()).toBe('');
  });

  it('takes an upload only where one is awaited', async () => {
    const url = server.addUpload();
    expect(server.uploaded(url)).toBeUndefined();
    expect((await fetch(url)).status).toBe(404);
    const bytes = new Uint8Array(3_000_000).fill(7);
    expect((await fetch(url, { method: 'POST', body: bytes })).status).toBe(204);
    expect(server.uploaded(url)?.equals(bytes)).toBe(true);
    expect((await fetch(server.pageUrl('index.html'), { method: 'POST', body: 'x' })).status).toBe(404);
    expect((await fetch(`${url}9`, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  it('has another token each time', async () => {
    const other = await RunnerServer.start(join(folder, 'page'));
    expect(new URL(other.pageUrl('')).pathname).not.toBe(new URL(server.pageUrl('')).pathname);
    await other.close();
  });
});

describe('parseRange', () => {
  it.each([
    ['bytes=0-3', { start: 0, end: 3 }],
    ['bytes=4-', { start: 4, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=8-99', { start: 8, end: 9 }],
    ['bytes=-', undefined],
    ['bytes=10-12', undefined],
    ['bytes=5-4', undefined],
    ['items=0-1', undefined],
  ])('%s', (header, wanted) => {
    expect(parseRange(header, 10)).toEqual(wanted);
  });
});
