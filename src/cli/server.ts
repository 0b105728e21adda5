/** The server of the runner page: only on this machine, only under a random token, and only files that were put on its list. */
import { randomBytes } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../engine/errors.js';
import type { FolderRecords } from './folder-records.js';

/** Types of the files of a built page, by the ending of their names. */
export const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
};

/** No inline code, no code made at run time, nothing from elsewhere. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** A result is a picture or its float values: far below this. */
const MAX_UPLOAD_BYTES = 2 ** 31;

/** An inclusive byte range of a file of `size` bytes, or undefined where the header asks for nothing that is there. */
export function parseRange(header: string, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}

/** Records that a page may read and change. */
export type RecordStore = Pick<FolderRecords, 'save' | 'load' | 'remove' | 'clear'>;

/** Every file below a folder by its relative path with forward slashes, behind `prefix`. */
export function filesBelow(folder: string, prefix = ''): [string, string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, `${prefix}${entry.name}/`) : entry.isFile() ? [[`${prefix}${entry.name}`, path]] : [];
  });
}

/**
 * Serves a folder's files as they are at the start, and files and uploads that are added later. A request is answered by looking its whole
 * path up in a table, so no path can lead anywhere else.
 */
export class RunnerServer {
  readonly #files = new Map<string, string>();
  readonly #uploads = new Map<string, Buffer | undefined>();
  readonly #stores = new Map<string, RecordStore>();
  readonly #token = randomBytes(24).toString('base64url');
  readonly #server: Server;
  #origin = '';
  #nextId = 0;
  #hasWebAssembly = false;

  private constructor(pageFolder: string) {
    for (const [relative, path] of filesBelow(pageFolder)) this.#files.set(`/${this.#token}/${relative}`, path);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        response.destroy();
      });
    });
  }

  /** Listens on 127.0.0.1 at a free port. */
  static async start(pageFolder: string): Promise<RunnerServer> {
    const server = new RunnerServer(pageFolder);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    server.#origin = `http://127.0.0.1:${String((server.#server.address() as AddressInfo).port)}`;
    return server;
  }

  /** The URL of a page of the folder. */
  pageUrl(name: string): string {
    return `${this.#origin}/${this.#token}/${name}`;
  }

  /** Lets the page compile WebAssembly, which other engines run on; scripts stay those of the page. */
  allowWebAssembly(): void {
    this.#hasWebAssembly = true;
  }

  /** Makes one file readable under the token; gives its URL. */
  addFile(path: string): string {
    const url = `/${this.#token}/files/${String(this.#nextId++)}${extname(path).toLowerCase()}`;
    this.#files.set(url, path);
    return this.#origin + url;
  }

  /** Opens a place for one upload; gives its URL. */
  addUpload(): string {
    const url = `/${this.#token}/results/${String(this.#nextId++)}`;
    this.#uploads.set(url, undefined);
    return this.#origin + url;
  }

  /** Opens a folder of records to the page: GET, PUT and DELETE of `URL/key`, DELETE of the URL alone removes them all. */
  addStore(records: RecordStore): string {
    const url = `/${this.#token}/stores/${String(this.#nextId++)}`;
    this.#stores.set(url, records);
    return this.#origin + url;
  }

  /** What was uploaded to a URL of {@link addUpload}. */
  uploaded(url: string): Buffer | undefined {
    return this.#uploads.get(url.slice(this.#origin.length));
  }

  /** Stops at once. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      response.setHeader(name, this.#hasWebAssembly ? value.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'") : value);
    // A page of another site could reach this port under a name of its own that resolves here.
    if (`http://${request.headers.host ?? ''}` !== this.#origin) {
      response.writeHead(403).end();
      return;
    }
    const url = request.url ?? '';
    const path = this.#files.get(url);
    const [, storeUrl = '', key] = /^(.*\/stores\/\d+)(?:\/([a-z0-9-]+))?$/.exec(url) ?? [];
    const store = this.#stores.get(storeUrl);
    if (store !== undefined) {
      await this.#keep(store, key, request, response);
      return;
    }
    if (request.method === 'POST' && this.#uploads.has(url)) await this.#receive(url, request, response);
    else if ((request.method === 'GET' || request.method === 'HEAD') && path !== undefined) await this.#send(path, request, response);
    else response.writeHead(404).end();
  }

  async #keep(store: RecordStore, key: string | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'DELETE') {
      await (key === undefined ? store.clear() : store.remove(key));
      response.writeHead(204).end();
    } else if (request.method === 'PUT' && key !== undefined) {
      const bytes = await bodyOf(request);
      const problem = bytes === undefined ? 'It is too large.' : await store.save(key, bytes).then(() => undefined, messageOf);
      response.writeHead(problem === undefined ? 204 : 507, { 'Content-Type': 'text/plain; charset=utf-8' }).end(problem);
    } else if (request.method === 'GET' && key !== undefined) {
      const bytes = await store.load(key);
      if (bytes === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Length': String(bytes.byteLength) }).end(bytes);
    } else response.writeHead(405).end();
  }

  async #send(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const stats = statSync(path, { throwIfNoEntry: false });
    // A file may vanish while a job works on its folder.
    if (stats?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    const { size } = stats;
    response.setHeader('Content-Type', CONTENT_TYPES[extname(path)] ?? 'application/octet-stream');
    response.setHeader('Accept-Ranges', 'bytes');
    const wanted = request.headers.range;
    const range = wanted === undefined ? { start: 0, end: size - 1 } : parseRange(wanted, size);
    if (range === undefined) {
      response.writeHead(416, { 'Content-Range': `bytes */${String(size)}` }).end();
      return;
    }
    const headers: Record<string, string> = { 'Content-Length': String(range.end - range.start + 1) };
    if (wanted !== undefined) headers['Content-Range'] = `bytes ${String(range.start)}-${String(range.end)}/${String(size)}`;
    response.writeHead(wanted === undefined ? 200 : 206, headers);
    if (request.method === 'HEAD' || size === 0) response.end();
    else await pipeline(createReadStream(path, range), response);
  }

  async #receive(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bodyOf(request);
    if (bytes !== undefined) this.#uploads.set(url, bytes);
    response.writeHead(bytes === undefined ? 413 : 204).end();
  }
}

/** What a request carries, or undefined beyond what any result needs. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    total += part.byteLength;
    if (total > MAX_UPLOAD_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
