import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file whose bytes are made when they are asked for, so that it may be large. */
export interface VirtualFile {
  readonly sizeBytes: number;
  /** Fresh bytes every time. */
  read(start: number, end: number): Uint8Array;
}

/** What the server does wrong, for the first `times` requests of each kind; without `times` always. */
export interface Faults {
  readonly status?: { readonly code: number; readonly times?: number };
  /** Sends so many bytes and then nothing, the connection open. */
  readonly stallAfter?: { readonly bytes: number; readonly times?: number };
  /** Sends so many bytes and then cuts the connection. */
  readonly cutAfter?: { readonly bytes: number; readonly times?: number };
  /** Flips the byte at this position. */
  readonly corruptAt?: { readonly position: number; readonly times?: number };
  readonly ignoresRanges?: boolean;
  /** Answers ranges with bytes from elsewhere and says so. */
  readonly wrongRange?: boolean;
  readonly hidesContentRange?: boolean;
  /** A new version of the file at every request. */
  readonly changes?: boolean;
  /** Answers so late, in milliseconds, piece by piece. */
  readonly slowMs?: number;
}

/** A server on this machine that misbehaves as it is told. */
export class HostileServer {
  readonly requests: { readonly range: string | undefined }[] = [];
  sentBytes = 0;
  #counts = new Map<string, number>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(
    public file: VirtualFile,
    public faults: Faults,
  ) {}

  static async start(file: VirtualFile, faults: Faults = {}): Promise<HostileServer> {
    const server = new HostileServer(file, faults);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  url(path = 'weights.safetensors'): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/${path}`;
  }

  /** Forgets what was counted and behaves as told from now on. */
  behave(faults: Faults): void {
    this.faults = faults;
    this.#counts = new Map();
    this.requests.length = 0;
    this.sentBytes = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #happens(name: string, fault: { readonly times?: number } | undefined): boolean {
    if (fault === undefined) return false;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count < (fault.times ?? Infinity);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, file } = this;
    // Pages of other origins may read everything.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Range');
    response.setHeader('Access-Control-Expose-Headers', faults.hidesContentRange === true ? 'ETag' : 'ETag, Content-Range');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const range = request.headers.range;
    this.requests.push({ range });
    if (faults.status !== undefined && this.#happens('status', faults.status)) {
      response.writeHead(faults.status.code).end('no');
      return;
    }
    const match = faults.ignoresRanges === true ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
    const start = match === null ? 0 : Number(match[1]) + (faults.wrongRange === true ? 7 : 0);
    const end = match === null || match[2] === '' ? file.sizeBytes : Math.min(Number(match[2]) + 1, file.sizeBytes);
    const version = faults.changes === true ? String(this.requests.length) : '1';
    if (match !== null && start >= file.sizeBytes) {
      response.writeHead(416, { 'Content-Range': `bytes */${String(file.sizeBytes)}` }).end();
      return;
    }
    response.writeHead(match === null ? 200 : 206, {
      'Content-Length': String(end - start),
      ETag: `"${version}"`,
      ...(match === null || faults.hidesContentRange === true
        ? {}
        : { 'Content-Range': `bytes ${String(start)}-${String(end - 1)}/${String(file.sizeBytes)}` }),
    });
    const stall = faults.stallAfter !== undefined && this.#happens('stall', faults.stallAfter) ? faults.stallAfter.bytes : Infinity;
    const cut = faults.cutAfter !== undefined && this.#happens('cut', faults.cutAfter) ? faults.cutAfter.bytes : Infinity;
    const corrupt = faults.corruptAt !== undefined && this.#happens('corrupt', faults.corruptAt) ? faults.corruptAt.position : -1;
    for (let at = start; at < end; at += 65_536) {
      const stop = Math.min(at + 65_536, end, start + stall, start + cut);
      const bytes = file.read(at, Math.max(at, stop));
      if (corrupt >= at && corrupt < stop) bytes[corrupt - at] = (bytes[corrupt - at] ?? 0) ^ 0xff;
      this.sentBytes += bytes.byteLength;
      if (!response.write(bytes) && !response.destroyed) await drained(response);
      if (faults.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
      if (response.destroyed) return;
      if (stop === start + stall) return;
      if (stop === start + cut) {
        // Let what was written leave before the connection ends.
        setTimeout(() => response.destroy(), 5);
        return;
      }
    }
    response.end();
  }
}

/** A file of bytes that follow from their position. */
export function countingFile(sizeBytes: number): VirtualFile {
  return { sizeBytes, read: (start, end) => Uint8Array.from({ length: end - start }, (_, index) => byteAt(start + index)) };
}

/** The byte of a counting file at a position. */
export function byteAt(position: number): number {
  return (position * 31 + (position >>> 8) * 17) & 0xff;
}

/** A safetensors file of the given tensors, all zero. */
export function sparseSafetensors(shapes: Readonly<Record<string, readonly number[]>>): VirtualFile {
  const header: Record<string, unknown> = {};
  let position = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = shape.reduce((product, dimension) => product * dimension, 4);
    header[name] = { dtype: 'F32', shape, data_offsets: [position, position + bytes] };
    position += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + text.byteLength);
  new DataView(head.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  head.set(text, 8);
  return {
    sizeBytes: head.byteLength + position,
    read: (start, end) => {
      const bytes = new Uint8Array(end - start);
      bytes.set(head.subarray(start, end));
      return bytes;
    },
  };
}

/** Waits until a response takes more, or is gone. */
async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}
