/**
 * Weights kept in the browser's origin-private file system. A file is a folder of segments and, once it is complete, a
 * record: segments are whole or absent, so that a page that is closed in the middle loses at most the last one, and going on
 * never copies what is there.
 */
import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { ByteSource } from '../byte-source.js';
import { joinPieces } from './http.js';
import { isStoreName, parseRecord, type PartialFile, type StoredRecord, type WeightsStore } from './store.js';

const SEGMENT_BYTES = 8 * 1024 * 1024;
const RECORD = 'record.json';
const VALIDATOR = 'validator.txt';
const FOLDER = 'gramarye-weights';

/** Segments by number. */
const segmentName = (index: number): string => `${String(index).padStart(5, '0')}.part`;

/**
 * The store of this page's origin.
 *
 * @throws GramaryeError `unsupported` where the browser has no such file system.
 */
export async function openOpfsStore(folder = FOLDER): Promise<WeightsStore> {
  if (typeof navigator === 'undefined' || !('storage' in navigator) || typeof navigator.storage.getDirectory !== 'function') {
    throw new GramaryeError('unsupported', 'This browser has no file system for pages, so that weights cannot be kept.', {
      remedy: 'Open the page over HTTPS or from localhost in a current browser.',
    });
  }
  try {
    const root = await navigator.storage.getDirectory();
    return new OpfsStore(await root.getDirectoryHandle(folder, { create: true }));
  } catch (error) {
    throw new GramaryeError('unsupported', `The browser does not let this page keep files: ${messageOf(error)}.`, {
      remedy: 'Leave private browsing, or allow the page to store data.',
      cause: error,
    });
  }
}

class OpfsStore implements WeightsStore {
  readonly place = "the browser's storage for this page";

  constructor(private readonly root: FileSystemDirectoryHandle) {}

  async list(): Promise<StoredRecord[]> {
    const records: StoredRecord[] = [];
    for await (const name of this.root.keys()) {
      const record = await this.find(name);
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => a.name.localeCompare(b.name));
  }

  async find(name: string): Promise<StoredRecord | undefined> {
    const folder = await this.#folder(name);
    const text = folder === undefined ? undefined : await readText(folder, RECORD);
    if (text === undefined) return undefined;
    try {
      return parseRecord(JSON.parse(text));
    } catch {
      // A damaged record counts as none: the file is fetched anew.
      return undefined;
    }
  }

  async open(name: string): Promise<ByteSource | undefined> {
    const record = await this.find(name);
    const folder = await this.#folder(name);
    if (record === undefined || folder === undefined) return undefined;
    const source = segmentSource(record.fileName, await readSegments(folder));
    return record.preprocess === undefined ? source : { ...source, preprocess: record.preprocess };
  }

  async begin(name: string): Promise<PartialFile> {
    if (!isStoreName(name))
      throw new GramaryeError('bad-option', `"${name}" is no name for stored weights.`, { remedy: 'Use letters, digits, dots, dashes and underscores.' });
    const release = await holdLock(`gramarye-weights/${name}`);
    try {
      const folder = await this.root.getDirectoryHandle(name, { create: true });
      // Beginning again with a complete file replaces it.
      if ((await readText(folder, RECORD)) !== undefined) await clear(folder);
      return await OpfsPartial.open(this.root, name, folder, release);
    } catch (error) {
      release();
      throw writeFailure(name, error);
    }
  }

  async remove(name: string): Promise<boolean> {
    if ((await this.#folder(name)) === undefined) return false;
    await this.root.removeEntry(name, { recursive: true });
    return true;
  }

  async #folder(name: string): Promise<FileSystemDirectoryHandle | undefined> {
    if (!isStoreName(name)) return undefined;
    return this.root.getDirectoryHandle(name).catch(() => undefined);
  }
}

class OpfsPartial implements PartialFile {
  #pending: Uint8Array<ArrayBuffer>[] = [];
  #pendingBytes = 0;

  private constructor(
    private readonly root: FileSystemDirectoryHandle,
    private readonly name: string,
    private readonly folder: FileSystemDirectoryHandle,
    private readonly release: () => void,
    private segments: number,
    public sizeBytes: number,
    public validator: string | undefined,
  ) {}

  static async open(root: FileSystemDirectoryHandle, name: string, folder: FileSystemDirectoryHandle, release: () => void): Promise<OpfsPartial> {
    const segments = await readSegments(folder);
    return new OpfsPartial(
      root,
      name,
      folder,
      release,
      segments.length,
      segments.reduce((sum, segment) => sum + segment.size, 0),
      await readText(folder, VALIDATOR),
    );
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    this.sizeBytes += bytes.byteLength;
    if (this.#pendingBytes >= SEGMENT_BYTES) await this.#flush();
  }

  async restart(validator: string | undefined): Promise<void> {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.sizeBytes = 0;
    this.segments = 0;
    this.validator = validator;
    await clear(this.folder);
    if (validator !== undefined) await this.#write(VALIDATOR, new TextEncoder().encode(validator));
  }

  async source(): Promise<ByteSource> {
    await this.#flush();
    return segmentSource(this.name, await readSegments(this.folder));
  }

  async commit(record: StoredRecord): Promise<void> {
    await this.#flush();
    await this.#write(RECORD, new TextEncoder().encode(JSON.stringify(record)));
    this.release();
  }

  async discard(): Promise<void> {
    this.#pending = [];
    await this.root.removeEntry(this.name, { recursive: true });
    this.release();
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
      // Nothing arrived: leave no empty folder behind.
      if (this.sizeBytes === 0) await this.root.removeEntry(this.name, { recursive: true });
    } finally {
      this.release();
    }
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = joinPieces(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#write(segmentName(this.segments), bytes);
    this.segments++;
  }

  async #write(fileName: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const handle = await this.folder.getFileHandle(fileName, { create: true });
      const stream = await handle.createWritable();
      await stream.write(bytes);
      await stream.close();
    } catch (error) {
      throw writeFailure(this.name, error);
    }
  }
}

function writeFailure(name: string, error: unknown): GramaryeError {
  if (error instanceof GramaryeError) return error;
  const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
  return new GramaryeError(
    'write-failed',
    `The weights ${name} could not be kept: ${isFull ? "the browser's storage for this page is full" : messageOf(error)}.`,
    {
      remedy: 'Remove other weights, or free space on the disk.',
      cause: error,
    },
  );
}

/** Holds a lock that other pages of the origin see; gives what releases it. */
async function holdLock(name: string): Promise<() => void> {
  // Where there are no locks there is one page at a time to be hoped for.
  if (!('locks' in navigator)) return () => undefined;
  return new Promise((resolve, reject) => {
    const busy = (): void => {
      reject(new GramaryeError('write-failed', `Another page is fetching ${name.replace(/^.*\//, '')} right now.`, { remedy: 'Wait until it is done.' }));
    };
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          busy();
          return undefined;
        }
        return new Promise<void>((release) => {
          resolve(() => {
            release();
          });
        });
      })
      .catch(reject);
  });
}

async function clear(folder: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  // The record goes first: without it nothing counts as complete.
  for (const name of names.sort((a, b) => Number(b === RECORD) - Number(a === RECORD))) await folder.removeEntry(name);
}

async function readText(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  const handle = await folder.getFileHandle(name).catch(() => undefined);
  return handle === undefined ? undefined : (await handle.getFile()).text();
}

/** The segments in order, as far as they go without a hole. */
async function readSegments(folder: FileSystemDirectoryHandle): Promise<File[]> {
  const files: File[] = [];
  for (let index = 0; ; index++) {
    const handle = await folder.getFileHandle(segmentName(index)).catch(() => undefined);
    const file = await handle?.getFile();
    if (file === undefined || file.size === 0) return files;
    files.push(file);
  }
}

function segmentSource(name: string, segments: readonly File[]): ByteSource {
  const size = segments.reduce((sum, segment) => sum + segment.size, 0);
  return {
    name,
    size: () => Promise.resolve(size),
    read: async (start, end, options) => {
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      let at = 0;
      for (const segment of segments) {
        const part = segment.slice(Math.max(0, start - at), Math.max(0, end - at));
        if (part.size > 0 && start < at + segment.size) pieces.push(new Uint8Array(await part.arrayBuffer()));
        at += segment.size;
      }
      const bytes = joinPieces(pieces);
      options?.onBytes?.(bytes.byteLength);
      return bytes;
    },
  };
}
