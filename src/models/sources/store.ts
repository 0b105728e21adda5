/** A place where fetched weights are kept: a folder on the command line, OPFS in a page. */
import type { ByteSource } from '../byte-source.js';
import type { Checksum } from './checksum.js';

/** What is kept of a file besides its bytes. */
export interface StoredRecord {
  /** What the user calls it. */
  readonly name: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Computed when it was stored; `verify` compares with it. */
  readonly checksum: Checksum;
  /** URL, or the path it was imported from. */
  readonly origin: string;
  readonly licence: string;
  readonly preprocess?: string;
  /** ISO 8601. */
  readonly storedAt: string;
}

/** A file on its way into the store. Exactly one of `commit`, `discard` and `close` ends it; `close` keeps what has arrived. */
export interface PartialFile {
  /** Bytes that are there already. */
  readonly sizeBytes: number;
  /** The version of the file at the origin that they belong to, as told to `restart`. */
  readonly validator: string | undefined;
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Throws away what is there and begins anew. */
  restart(validator: string | undefined): Promise<void>;
  /** What is there, to be checked before it is committed. */
  source(): Promise<ByteSource>;
  /** Puts the file in its place at once: from here on it is complete or absent, never half. */
  commit(record: StoredRecord): Promise<void>;
  discard(): Promise<void>;
  close(): Promise<void>;
}

/** The store. Names are letters, digits, `.`, `_` and `-`. */
export interface WeightsStore {
  /** Where it is, for messages. */
  readonly place: string;
  list(): Promise<StoredRecord[]>;
  find(name: string): Promise<StoredRecord | undefined>;
  /** The bytes of a complete file, with its preprocessing. */
  open(name: string): Promise<ByteSource | undefined>;
  /** Begins or goes on with a file. Throws `write-failed` when another page or process does the same. */
  begin(name: string): Promise<PartialFile>;
  /** Removes a file and what there is of one on its way; false where there was neither. */
  remove(name: string): Promise<boolean>;
}

/** Whether a name may be used in a store. */
export function isStoreName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
}

/** A stored record from JSON that may be damaged; undefined where it is none. */
export function parseRecord(value: unknown): StoredRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, fileName, sizeBytes, checksum, origin, licence, preprocess, storedAt } = value as Partial<Record<keyof StoredRecord, unknown>>;
  if (typeof name !== 'string' || !isStoreName(name) || typeof fileName !== 'string' || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes))
    return undefined;
  const { algorithm, hex } = (checksum ?? {}) as Partial<Record<keyof Checksum, unknown>>;
  if ((algorithm !== 'md5' && algorithm !== 'sha256') || typeof hex !== 'string') return undefined;
  return {
    name,
    fileName,
    sizeBytes,
    checksum: { algorithm, hex },
    origin: typeof origin === 'string' ? origin : '',
    licence: typeof licence === 'string' ? licence : '',
    ...(typeof preprocess === 'string' ? { preprocess } : {}),
    storedAt: typeof storedAt === 'string' ? storedAt : '',
  };
}
