/** A file on a server as a byte source: only what is read is fetched, where the server answers range requests. */
import type { ByteSource, ReadOptions } from '../byte-source.js';
import { joinPieces, streamBytes, type HttpOptions } from './http.js';

/** The first request's length: enough for the header of most weight files, so that it is often the only small one. */
const HEAD_BYTES = 64 * 1024;

/**
 * A URL as a byte source. The first read asks for the head of the file and learns its length and whether ranges are
 * answered; where they are not, the whole file is fetched once and kept in memory. Siblings are relative URLs.
 */
export function sourceFromUrl(url: string, http: HttpOptions = {}, name: string = nameOf(url)): ByteSource {
  const file = new HttpFile(url, http);
  return {
    name,
    size: (options) => file.size(options),
    read: (start, end, options) => file.read(start, end, options),
    sibling: (path) => Promise.resolve(sourceFromUrl(new URL(path, url).href, http, path)),
  };
}

/** The last part of a URL's path. */
function nameOf(url: string): string {
  return decodeURIComponent(/([^/?#]+)(?:[?#]|$)/.exec(url.replace(/^\w+:\/\/[^/]*/, ''))?.[1] ?? url);
}

class HttpFile {
  #totalBytes = 0;
  #head = new Uint8Array(0);
  #whole: Uint8Array<ArrayBuffer> | undefined;
  #opened: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly http: HttpOptions,
  ) {}

  async size(options: ReadOptions = {}): Promise<number> {
    await this.#open(options);
    return this.#totalBytes;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    await this.#open(options);
    const stop = Math.min(end, this.#totalBytes);
    if (stop <= start) return new Uint8Array(0);
    if (this.#whole !== undefined) return this.#whole.slice(start, stop);
    if (stop <= this.#head.byteLength) return this.#head.slice(start, stop);
    return this.#fetch(start, stop, options);
  }

  async #fetch(start: number, end: number | undefined, options: ReadOptions, onHead?: Parameters<typeof streamBytes>[4]): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of streamBytes(this.url, start, end, { ...this.http, signal: options.signal ?? this.http.signal }, onHead)) {
      pieces.push(piece);
      options.onBytes?.(piece.byteLength);
    }
    return joinPieces(pieces);
  }

  async #open(options: ReadOptions): Promise<void> {
    this.#opened ??= this.#openOnce(options).catch((error: unknown) => {
      // A cancelled or failed start must not stick to the source.
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
  }

  async #openOnce(options: ReadOptions): Promise<void> {
    let answersRanges = true;
    let totalBytes: number | undefined;
    class RangesIgnored extends Error {}
    try {
      const head = await this.#fetch(0, HEAD_BYTES, options, (transfer) => {
        totalBytes = transfer.totalBytes;
        if (!transfer.answersRange || totalBytes === undefined) throw new RangesIgnored();
      });
      this.#head = head;
    } catch (error) {
      if (!(error instanceof RangesIgnored)) throw error;
      answersRanges = false;
    }
    if (!answersRanges) {
      this.#whole = await this.#fetch(0, undefined, options);
      totalBytes = this.#whole.byteLength;
    }
    this.#totalBytes = totalBytes ?? 0;
  }
}
