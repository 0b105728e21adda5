/**
 * Pictures in a zip archive, read one at a time: the directory at its end is parsed, then each entry is cut out and expanded
 * when it is wanted, so the archive never lies in memory twice. Format: PKWARE's APPNOTE, 4.3.
 */
import { Inflate } from 'fflate';
import { GramaryeError } from '../../engine/errors.js';
import type { PictureFile } from './dataset.js';

/** What an archive may hold at most; beyond it is refused as a bomb. */
export const ZIP_LIMITS = { entries: 200_000, entryBytes: 128 * 1024 * 1024, directoryBytes: 64 * 1024 * 1024, ratio: 200 } as const;

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const STORED = 0;
const DEFLATED = 8;
/** Small entries may shrink a lot without harm. */
const RATIO_FLOOR_BYTES = 1024 * 1024;

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly flags: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

function broken(name: string, what: string): GramaryeError {
  return new GramaryeError('bad-option', `${name} is no readable zip archive: ${what}.`, { remedy: 'Pack it again, or give the folder itself.' });
}

async function viewOf(blob: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await blob.slice(start, end).arrayBuffer());
}

/** The files of an archive. Throws `bad-option` for what is no archive or too large. */
export async function filesFromZip(name: string, archive: Blob): Promise<PictureFile[]> {
  const entries = await readDirectory(name, archive);
  return entries.map((entry) => ({ path: entry.path, read: () => readEntry(name, archive, entry) }));
}

async function readDirectory(name: string, archive: Blob): Promise<Entry[]> {
  const tailStart = Math.max(0, archive.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = await viewOf(archive, tailStart, archive.size);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== 0x0605_4b50) end--;
  if (end < 0) throw broken(name, 'its directory is missing');
  const count = tail.getUint16(end + 10, true);
  const sizeBytes = tail.getUint32(end + 12, true);
  const start = tail.getUint32(end + 16, true);
  if (count === 0xffff || start === 0xffff_ffff) throw broken(name, 'archives over 4 GB or 65,534 files are not supported');
  if (count > ZIP_LIMITS.entries || sizeBytes > ZIP_LIMITS.directoryBytes || start + sizeBytes > archive.size) throw broken(name, 'its directory is damaged');
  const view = await viewOf(archive, start, start + sizeBytes);
  const entries: Entry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x0201_4b50) throw broken(name, `entry ${String(index + 1)} of its directory is damaged`);
    const nameBytes = view.getUint16(at + 28, true);
    const next = at + 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > view.byteLength) throw broken(name, `entry ${String(index + 1)} of its directory is cut short`);
    const path = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, nameBytes)).replaceAll('\\', '/');
    const entry = {
      path,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      compressedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    at = next;
    if (path.endsWith('/')) continue;
    checkEntry(name, archive, entry);
    entries.push(entry);
  }
  checkOverlaps(name, entries);
  return entries;
}

function checkEntry(name: string, archive: Blob, { path, bytes, compressedBytes, offset }: Entry): void {
  if (offset + compressedBytes > archive.size) throw broken(name, `"${path}" lies beyond its end`);
  const isBomb = bytes > ZIP_LIMITS.entryBytes || (bytes > RATIO_FLOOR_BYTES && bytes > compressedBytes * ZIP_LIMITS.ratio);
  if (isBomb) {
    throw new GramaryeError('bad-option', `${name}: "${path}" would expand from ${String(compressedBytes)} to ${String(bytes)} bytes, which no picture does.`, {
      remedy: 'Remove it from the archive.',
    });
  }
}

/** Entries that share bytes are how a small archive pretends to hold much. */
function checkOverlaps(name: string, entries: readonly Entry[]): void {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  sorted.forEach((entry, index) => {
    const next = sorted[index + 1];
    if (next !== undefined && entry.offset + entry.compressedBytes > next.offset) throw broken(name, `"${entry.path}" and "${next.path}" overlap`);
  });
}

async function readEntry(name: string, archive: Blob, entry: Entry): Promise<Blob> {
  if ((entry.flags & 1) !== 0) throw broken(name, `"${entry.path}" is encrypted`);
  const header = await viewOf(archive, entry.offset, entry.offset + 30);
  if (header.byteLength < 30 || header.getUint32(0, true) !== 0x0403_4b50) throw broken(name, `"${entry.path}" does not begin where its directory says`);
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = archive.slice(start, start + entry.compressedBytes);
  if (entry.method === STORED) return packed;
  if (entry.method !== DEFLATED) throw broken(name, `"${entry.path}" is packed by method ${String(entry.method)}, which is not supported`);
  return new Blob([inflate(name, entry, new Uint8Array(await packed.arrayBuffer()))]);
}

/** Expands piece by piece, so that a lying header cannot make more than it declared. */
function inflate(name: string, { path, bytes }: Entry, packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > bytes) throw broken(name, `"${path}" expands to more than its directory says`);
    result.set(chunk, length);
    length += chunk.length;
  });
  try {
    const step = 65_536;
    for (let at = 0; at < packed.length; at += step) stream.push(packed.subarray(at, at + step), at + step >= packed.length);
  } catch (error) {
    if (error instanceof GramaryeError) throw error;
    throw broken(name, `"${path}" is damaged`);
  }
  if (length !== bytes) throw broken(name, `"${path}" is cut short`);
  return result;
}
