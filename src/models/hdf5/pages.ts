/**
 * Scattered small reads of a byte source through a cache of pages, with a budget. HDF5 is a web of addresses; a hostile file
 * can send its reader in circles, so that every read counts and the count is bounded by what a file of that size can need.
 */
import { GramaryeError } from '../../engine/errors.js';
import { readExactly, type ByteSource, type ReadOptions } from '../byte-source.js';

const PAGE_BYTES = 32 * 1024;
/** Structures of all kinds that may be read from one file; a Keras model has some thousands. */
const READ_LIMIT = 200_000;
/** Bytes of structures that may be read besides four times the file; a sum, where the next limit is one read's. */
const BYTES_LIMIT = 64 * 1024 * 1024;
/** The largest single structure; attributes and heaps stay far below. */
const STRUCTURE_LIMIT_BYTES = 16 * 1024 * 1024;

/** Little-endian fields of a structure, read one after the other. */
export class Cursor {
  readonly #view: DataView;
  position = 0;

  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly fail: (problem: string) => GramaryeError,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.byteLength - this.position;
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (!(count >= 0 && count <= this.left)) throw this.fail('a structure is shorter than it says');
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }

  skip(count: number): void {
    this.take(count);
  }

  /** Skips to the next multiple of `multiple`. */
  align(multiple: number): void {
    this.skip(Math.min((multiple - (this.position % multiple)) % multiple, this.left));
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    this.skip(2);
    return this.#view.getUint16(this.position - 2, true);
  }

  u32(): number {
    this.skip(4);
    return this.#view.getUint32(this.position - 4, true);
  }

  /** A 64-bit number; above 2^53 it is rounded, which no valid address or size reaches. */
  u64(): number {
    this.skip(8);
    return Number(this.#view.getBigUint64(this.position - 8, true));
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  unsigned(byteCount: number): number {
    return byteCount === 1 ? this.u8() : byteCount === 2 ? this.u16() : byteCount === 4 ? this.u32() : this.u64();
  }

  /** Throws unless the next four bytes are `signature`. */
  signature(signature: string): void {
    const found = String.fromCharCode(...this.take(4));
    if (found !== signature) throw this.fail(`a ${signature} structure was wanted where something else is`);
  }
}

/** The paged reader. */
export class PagedReader {
  readonly #pages = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  #reads = 0;
  #bytes = 0;

  constructor(
    readonly source: ByteSource,
    readonly sizeBytes: number,
    private readonly options: ReadOptions,
  ) {}

  fail(problem: string): GramaryeError {
    return new GramaryeError('bad-weights', `${this.source.name}: ${problem}.`, {
      remedy: 'The file is damaged, or HDF5 of a kind that Keras does not write.',
    });
  }

  /** A structure of `byteCount` bytes at an address. */
  async at(address: number, byteCount: number): Promise<Cursor> {
    if (byteCount > STRUCTURE_LIMIT_BYTES) throw this.fail(`a structure claims ${String(byteCount)} bytes`);
    if (!(address >= 0 && address + byteCount <= this.sizeBytes)) {
      throw this.fail(`an address points to byte ${String(address)}, but the file has ${String(this.sizeBytes)}`);
    }
    this.#reads++;
    this.#bytes += byteCount;
    if (this.#reads > READ_LIMIT || this.#bytes > BYTES_LIMIT + 4 * this.sizeBytes) throw this.fail('its structures go in circles');
    const result = new Uint8Array(byteCount);
    for (let page = Math.floor(address / PAGE_BYTES); page * PAGE_BYTES < address + byteCount; page++) {
      const start = page * PAGE_BYTES;
      const bytes = await this.#page(page);
      const from = Math.max(address, start);
      const to = Math.min(address + byteCount, start + bytes.byteLength);
      result.set(bytes.subarray(from - start, to - start), from - address);
    }
    return new Cursor(result, (problem) => this.fail(problem));
  }

  /** A structure of at most `byteCount` bytes, fewer where the file ends. */
  async upTo(address: number, byteCount: number): Promise<Cursor> {
    return this.at(address, Math.max(0, Math.min(byteCount, this.sizeBytes - address)));
  }

  #page(page: number): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const start = page * PAGE_BYTES;
    const bytes = readExactly(this.source, start, Math.min(start + PAGE_BYTES, this.sizeBytes), 'a structure', this.options);
    this.#pages.set(page, bytes);
    return bytes;
  }
}
