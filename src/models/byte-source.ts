/**
 * Where a model file's bytes come from. Readers ask for ranges, so a source may be a file on disk, a picked file, bytes in
 * memory or a server that answers range requests; none of them has to be read whole.
 */
import { GramaryeError, throwIfAborted } from '../engine/errors.js';

/** How a read may be watched and stopped. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes that arrived since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** A named sequence of bytes that can be read in ranges. */
export interface ByteSource {
  /** The file's name, for error messages and for telling formats apart. */
  readonly name: string;
  /** The preprocessing that belongs to where the file comes from, where the file itself does not say it. */
  readonly preprocess?: string | undefined;
  /** Length in bytes, asked for once. */
  size(options?: ReadOptions): Promise<number>;
  /** The bytes from `start` (included) to `end` (not included). May give fewer only where the source ends. */
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A file beside this one by its relative path, or undefined where there is none. */
  sibling?(path: string): Promise<ByteSource | undefined>;
}

/** Opens a path or URL as a byte source: the caller's part, because only the caller knows what a path means. */
export type OpenSource = (path: string) => Promise<ByteSource>;

/** Reads a range and throws `bad-weights` when the source ends early; `what` names the thing that was wanted. */
export async function readExactly(source: ByteSource, start: number, end: number, what: string, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  throwIfAborted(options.signal);
  const bytes = await source.read(start, end, options);
  if (bytes.byteLength !== end - start) {
    throw new GramaryeError(
      'bad-weights',
      `${source.name}: ${what} needs bytes ${String(start)} to ${String(end)}, but the file ends after ${String(start + bytes.byteLength)}.`,
      {
        remedy: 'The file is cut short; fetch it again.',
      },
    );
  }
  return bytes;
}

/** Reads a whole source, refusing one larger than `limitBytes`. */
export async function readWhole(source: ByteSource, limitBytes: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const size = await source.size(options);
  if (size > limitBytes) {
    throw new GramaryeError('bad-weights', `${source.name} has ${String(size)} bytes; at most ${String(limitBytes)} are read of such a file.`, {
      remedy: 'Check that it is the right file.',
    });
  }
  return readExactly(source, 0, size, 'the file', options);
}

/** Bytes in memory. */
export function sourceFromBytes(name: string, bytes: ArrayBuffer | Uint8Array, siblings?: (path: string) => ByteSource | undefined): ByteSource {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return withSiblings(
    {
      name,
      size: () => Promise.resolve(view.byteLength),
      read: (start, end, options) => {
        const part = view.slice(start, end);
        options?.onBytes?.(part.byteLength);
        return Promise.resolve(part);
      },
    },
    siblings,
  );
}

/** A picked or dropped file, or any blob. */
export function sourceFromBlob(name: string, blob: Blob, siblings?: (path: string) => ByteSource | undefined): ByteSource {
  return withSiblings(
    {
      name,
      size: () => Promise.resolve(blob.size),
      read: async (start, end, options) => {
        const part = new Uint8Array(await blob.slice(start, end).arrayBuffer());
        options?.onBytes?.(part.byteLength);
        return part;
      },
    },
    siblings,
  );
}

/**
 * Files that were picked together, as sources which find each other by name: a `model.json` and its shards. Where two
 * files share a name the first one is taken.
 */
export function sourcesFromFiles(files: readonly File[]): ByteSource[] {
  const find = (path: string): ByteSource | undefined => {
    const wanted = path.split('/').at(-1);
    const file = files.find((candidate) => candidate.name === wanted);
    return file === undefined ? undefined : sourceFromBlob(file.name, file, find);
  };
  return files.map((file) => sourceFromBlob(file.name, file, find));
}

function withSiblings(source: ByteSource, siblings: ((path: string) => ByteSource | undefined) | undefined): ByteSource {
  return siblings === undefined ? source : { ...source, sibling: (path) => Promise.resolve(siblings(path)) };
}
