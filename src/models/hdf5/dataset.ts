/** Datasets of HDF5 files: contiguous, compact or chunked, the chunks perhaps shuffled and deflated. */
import { unzlibSync } from 'fflate';
import { readExactly, type ReadOptions } from '../byte-source.js';
import { readRanges } from '../ranges.js';
import { decodeFileValues, safeElementCount, shapeText, type FileTensor } from '../tensor.js';
import { MESSAGE, type Message } from './objects.js';
import { Cursor, type PagedReader } from './pages.js';
import { parseDataspace, parseDatatype, type Datatype } from './types.js';

/** Where a dataset's bytes are. */
export type Storage =
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'inline'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'chunks'; readonly tree: number; readonly chunkShape: readonly number[]; readonly filters: readonly number[] };

/** A dataset's description. */
export interface Dataset {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: Datatype & { readonly kind: 'number' };
  readonly storage: Storage;
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
/** Deflate never packs more than this into a byte. */
const DEFLATE_RATIO = 1032;
/** Addresses from here on mean "none". */
const UNDEFINED_ADDRESS = 2 ** 63;

/** Describes the dataset whose header has these messages. */
export function describeDataset(reader: PagedReader, name: string, messages: readonly Message[]): Dataset {
  const fail = (problem: string): Error => reader.fail(`tensor "${name}" ${problem}`);
  const cursorOf = (type: number): Cursor | undefined => {
    const message = messages.find((candidate) => candidate.type === type);
    return message === undefined ? undefined : new Cursor(message.body, (problem) => reader.fail(problem));
  };
  const [space, typeCursor, layout] = [cursorOf(MESSAGE.dataspace), cursorOf(MESSAGE.datatype), cursorOf(MESSAGE.layout)];
  if (space === undefined || typeCursor === undefined || layout === undefined) throw fail('is no dataset');
  const shape = parseDataspace(space);
  const count = safeElementCount(shape);
  const type = parseDatatype(typeCursor);
  if (type?.kind !== 'number') throw fail('does not hold numbers of a kind that is read here');
  if (count === undefined || !Number.isSafeInteger(count * type.sizeBytes)) throw fail(`has the shape ${shapeText(shape)}, which is too large`);
  const filters = cursorOf(MESSAGE.filters);
  const storage = readLayout(layout, count * type.sizeBytes, filters === undefined ? [] : readFilters(filters), fail);
  if (storage.kind === 'range' && storage.end > reader.sizeBytes)
    throw fail(`claims bytes ${String(storage.start)} to ${String(storage.end)}, but the file has ${String(reader.sizeBytes)}`);
  return { name, shape, type, storage };
}

function readLayout(cursor: Cursor, byteCount: number, filters: readonly number[], fail: (problem: string) => Error): Storage {
  const version = cursor.u8();
  let rank = 0;
  if (version <= 2) rank = cursor.u8();
  const layoutClass = cursor.u8();
  if (version <= 2) cursor.skip(5);
  else if (version > 4 || (version === 4 && layoutClass > 1)) throw fail("has a layout of libver='latest', which is not read; save it again without it");
  if (layoutClass === 0) {
    if (version <= 2) cursor.skip(rank * 4);
    const bytes = cursor.take(version <= 2 ? cursor.u32() : cursor.u16());
    if (bytes.byteLength < byteCount) throw fail(`needs ${String(byteCount)} bytes and has ${String(bytes.byteLength)}`);
    return { kind: 'inline', bytes: bytes.subarray(0, byteCount) };
  }
  if (layoutClass === 1) {
    const start = cursor.u64();
    const stored = version <= 2 ? byteCount : cursor.u64();
    if (byteCount === 0) return { kind: 'inline', bytes: new Uint8Array(0) };
    if (start >= UNDEFINED_ADDRESS || stored < byteCount)
      throw fail(`needs ${String(byteCount)} bytes and has ${start >= UNDEFINED_ADDRESS ? 'none' : String(stored)}`);
    return { kind: 'range', start, end: start + byteCount };
  }
  if (layoutClass !== 2) throw fail(`has the unknown layout class ${String(layoutClass)}`);
  if (version > 2) rank = cursor.u8();
  const tree = cursor.u64();
  if (tree >= UNDEFINED_ADDRESS && byteCount > 0) throw fail('has no data');
  // The last dimension is the element's size.
  const chunkShape = Array.from({ length: rank }, () => cursor.u32()).slice(0, version > 2 ? -1 : undefined);
  const unknown = filters.find((filter) => ![DEFLATE, SHUFFLE, FLETCHER32].includes(filter));
  if (unknown !== undefined) throw fail(`is packed with filter ${String(unknown)}; only deflate and shuffle are read`);
  return { kind: 'chunks', tree, chunkShape, filters };
}

function readFilters(cursor: Cursor): number[] {
  const version = cursor.u8();
  const count = cursor.u8();
  if (version === 1) cursor.skip(6);
  return Array.from({ length: count }, () => {
    const id = cursor.u16();
    const nameBytes = version === 1 || id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const values = cursor.u16();
    cursor.skip(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    cursor.skip(values * 4 + (version === 1 && values % 2 === 1 ? 4 : 0));
    return id;
  });
}

/** Reads datasets; contiguous neighbours come in one request. */
export async function readDatasets(reader: PagedReader, datasets: readonly Dataset[], options: ReadOptions): Promise<Map<string, FileTensor>> {
  const ranges = datasets.flatMap(({ name, storage }) =>
    storage.kind === 'range' ? [{ name, start: storage.start, end: storage.end, what: `tensor "${name}"` }] : [],
  );
  const parts = await readRanges(reader.source, ranges, options);
  const bytesOf = new Map(ranges.map(({ name }, index) => [name, parts[index] ?? new Uint8Array(0)]));
  const tensors = new Map<string, FileTensor>();
  for (const dataset of datasets) {
    const { name, shape, type, storage } = dataset;
    const bytes =
      storage.kind === 'range'
        ? (bytesOf.get(name) ?? new Uint8Array(0))
        : storage.kind === 'inline'
          ? storage.bytes
          : await readChunks(reader, dataset, storage, options);
    tensors.set(name, { shape, dtype: type.dtype, values: decodeFileValues(type.bigEndian ? swapped(bytes, type.sizeBytes) : bytes, type.dtype) });
  }
  return tensors;
}

function swapped(bytes: Uint8Array<ArrayBuffer>, elementBytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (_, index) => bytes[index - (index % elementBytes) + elementBytes - 1 - (index % elementBytes)] ?? 0);
}

interface Chunk {
  readonly origin: readonly number[];
  readonly address: number;
  readonly storedBytes: number;
  readonly skippedFilters: number;
}

async function readChunks(
  reader: PagedReader,
  { name, shape, type }: Dataset,
  storage: Storage & { kind: 'chunks' },
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const fail = (problem: string): Error => reader.fail(`tensor "${name}" ${problem}`);
  const { chunkShape, filters } = storage;
  const chunkBytes = chunkShape.reduce((product, dimension) => product * dimension, type.sizeBytes);
  const totalBytes = shape.reduce((product, dimension) => product * dimension, type.sizeBytes);
  if (totalBytes === 0) return new Uint8Array(0);
  if (chunkShape.length !== shape.length || chunkBytes === 0) throw fail(`has chunks of shape ${shapeText(chunkShape)} for ${shapeText(shape)}`);
  const chunks = await chunkList(reader, storage.tree, shape.length);
  const storedBytes = chunks.reduce((sum, chunk) => sum + chunk.storedBytes, 0);
  if (storedBytes > reader.sizeBytes) throw fail(`has chunks of ${String(storedBytes)} bytes together, but the file has ${String(reader.sizeBytes)}`);
  const ratio = filters.includes(DEFLATE) ? DEFLATE_RATIO : 1;
  if (totalBytes > storedBytes * ratio || chunkBytes > Math.max(reader.sizeBytes, totalBytes) * ratio)
    throw fail(`claims ${String(totalBytes)} bytes, which its ${String(chunks.length)} chunks of ${String(storedBytes)} bytes do not hold`);
  const result = new Uint8Array(totalBytes);
  for (const { origin, address, storedBytes: stored, skippedFilters } of chunks) {
    if (address + stored > reader.sizeBytes) throw fail('has a chunk outside the file');
    const packed = await readExactly(reader.source, address, address + stored, `a chunk of tensor "${name}"`, options);
    const bytes = unpack(packed, filters, skippedFilters, chunkBytes, type.sizeBytes, fail);
    if (bytes.byteLength < chunkBytes) throw fail(`has a chunk of ${String(bytes.byteLength)} bytes where ${String(chunkBytes)} are wanted`);
    placeChunk(result, shape, bytes, chunkShape, origin, type.sizeBytes);
  }
  return result;
}

async function chunkList(reader: PagedReader, tree: number, rank: number): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const seen = new Set<number>();
  const pending = [{ address: tree, level: 255 }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node.address)) throw reader.fail('a chunk tree contains itself');
    seen.add(node.address);
    const head = await reader.at(node.address, 24);
    head.signature('TREE');
    if (head.u8() !== 1) throw reader.fail('a chunk tree is of another kind');
    const level = head.u8();
    if (level >= node.level) throw reader.fail('a chunk tree is not ordered by level');
    const count = head.u16();
    const entries = await reader.at(node.address + 24, count * (8 + (rank + 1) * 8 + 8));
    for (let entry = 0; entry < count; entry++) {
      const [storedBytes, skippedFilters] = [entries.u32(), entries.u32()];
      const origin = Array.from({ length: rank + 1 }, () => entries.u64()).slice(0, rank);
      const address = entries.u64();
      if (level > 0) pending.push({ address, level });
      else chunks.push({ origin, address, storedBytes, skippedFilters });
    }
  }
  return chunks;
}

function unpack(
  packed: Uint8Array<ArrayBuffer>,
  filters: readonly number[],
  skipped: number,
  chunkBytes: number,
  elementBytes: number,
  fail: (problem: string) => Error,
): Uint8Array<ArrayBuffer> {
  let bytes = packed;
  for (let index = filters.length - 1; index >= 0; index--) {
    if ((skipped & (1 << index)) !== 0) continue;
    const filter = filters[index];
    if (filter === FLETCHER32) bytes = bytes.subarray(0, Math.max(0, bytes.byteLength - 4));
    else if (filter === SHUFFLE) bytes = unshuffled(bytes, elementBytes);
    else {
      if (chunkBytes > bytes.byteLength * DEFLATE_RATIO) throw fail(`has a chunk of ${String(bytes.byteLength)} bytes which claims ${String(chunkBytes)}`);
      // A checksum may lie inside the packed bytes when it was added first.
      const room = new Uint8Array(chunkBytes + 4);
      try {
        bytes = new Uint8Array(unzlibSync(bytes, { out: room }));
      } catch (error) {
        throw fail(`has a chunk that cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
      }
    }
  }
  return bytes;
}

/** Undoes HDF5's shuffle: all first bytes of the elements, then all second bytes, … */
function unshuffled(bytes: Uint8Array<ArrayBuffer>, elementBytes: number): Uint8Array<ArrayBuffer> {
  const count = Math.floor(bytes.byteLength / elementBytes);
  const result = bytes.slice();
  for (let byte = 0; byte < elementBytes; byte++) {
    for (let element = 0; element < count; element++) result[element * elementBytes + byte] = bytes[byte * count + element] ?? 0;
  }
  return result;
}

/** Copies a chunk into its place, row by row; what sticks out beyond the dataset is dropped. */
function placeChunk(
  result: Uint8Array,
  shape: readonly number[],
  chunk: Uint8Array,
  chunkShape: readonly number[],
  origin: readonly number[],
  elementBytes: number,
): void {
  const last = shape.length - 1;
  const rows = chunkShape.slice(0, last).reduce((product, dimension) => product * dimension, 1);
  const columns = Math.min(chunkShape[last] ?? 1, (shape[last] ?? 1) - (origin[last] ?? 0));
  if (columns <= 0) return;
  for (let row = 0; row < rows; row++) {
    let rest = row;
    let position = origin[last] ?? 0;
    let stride = shape[last] ?? 1;
    let inside = true;
    for (let axis = last - 1; axis >= 0; axis--) {
      const size = chunkShape[axis] ?? 1;
      const at = (origin[axis] ?? 0) + (rest % size);
      rest = Math.floor(rest / size);
      inside &&= at < (shape[axis] ?? 1);
      position += at * stride;
      stride *= shape[axis] ?? 1;
    }
    if (!inside) continue;
    const from = row * (chunkShape[last] ?? 1) * elementBytes;
    result.set(chunk.subarray(from, from + columns * elementBytes), position * elementBytes);
  }
}
