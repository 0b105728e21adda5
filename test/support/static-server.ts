/** A plain file server, as simple as web space is: no server-side code, no special headers. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** A running server. */
export interface StaticServer {
  /** Address of the folder, with a slash at its end. */
  readonly url: string;
  /** Files that were asked for, by their paths in the folder, each once. */
  readonly asked: Set<string>;
  /** Paths below the address that were asked for and are not there. */
  readonly missing: string[];
  close(): Promise<void>;
}

/** Serves a folder below a path. */
export async function serveFolder(folder: string, base = '/'): Promise<StaticServer> {
  const missing: string[] = [];
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(pathname);
    const inside = path.startsWith(base) ? normalize(path.slice(base.length)) : '..';
    const file = join(folder, inside === '.' || inside.endsWith('/') ? join(inside, 'index.html') : inside);
    const refuse = (): void => {
      missing.push(path);
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not there');
    };
    if (inside.startsWith('..')) {
      refuse();
      return;
    }
    asked.add(inside);
    readFile(file).then((body) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body), refuse);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${base}`,
    asked,
    missing,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
