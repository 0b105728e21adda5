/**
 * Reading of safetensors (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON header, then the
 * tensors' bytes. Everything the header says is checked against the file before anything of its size is allocated.
 */
import { GramaryeError } from '../engine/errors.js';
import { readExactly, type ByteSource, type ReadOptions } from './byte-source.js';
import { isObject, parseJson, quoted } from './json.js';
import { readRanges } from './ranges.js';
import { decodeFileValues, FILE_DTYPE_BYTES, safeElementCount, shapeText, type FileDtype, type FileTensor } from './tensor.js';

/** What a header says of one tensor. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  /** Absolute byte positions in the file. */
  readonly start: number;
  readonly end: number;
}

/** The largest header the format allows. */
const HEADER_LIMIT_BYTES = 100_000_000;

function bad(source: ByteSource, problem: string): GramaryeError {
  return new GramaryeError('bad-weights', `${source.name}: ${problem}.`, { remedy: 'The file is damaged or no safetensors file.' });
}

/** An opened safetensors file: its header is read and checked, its tensors are read on demand. */
export class SafetensorsFile {
  private constructor(
    readonly source: ByteSource,
    /** Tensors by name, in the header's order. */
    readonly entries: ReadonlyMap<string, TensorEntry>,
    /** The header's `__metadata__`. */
    readonly metadata: Readonly<Record<string, string>>,
  ) {}

  /**
   * Reads and checks the header.
   *
   * @throws GramaryeError `bad-weights` naming the file, and the tensor where it is one tensor's fault.
   */
  static async open(source: ByteSource, options: ReadOptions = {}): Promise<SafetensorsFile> {
    const size = await source.size(options);
    if (size < 8) throw bad(source, `it has only ${String(size)} bytes, fewer than the header's length takes`);
    const lengthBytes = await readExactly(source, 0, 8, 'the header length', options);
    const headerBytes = Number(new DataView(lengthBytes.buffer, lengthBytes.byteOffset, 8).getBigUint64(0, true));
    if (headerBytes > HEADER_LIMIT_BYTES || headerBytes + 8 > size) {
      throw bad(source, `its header claims ${String(headerBytes)} bytes, but the file has ${String(size)}`);
    }
    const header = parseJson(await readExactly(source, 8, 8 + headerBytes, 'the header', options), `${source.name}: the header`);
    if (!isObject(header)) throw bad(source, 'its header is no object');
    const dataStart = 8 + headerBytes;
    const entries = new Map<string, TensorEntry>();
    let metadata: Record<string, string> = {};
    for (const [name, value] of Object.entries(header)) {
      if (name === '__metadata__') metadata = checkMetadata(source, value);
      else entries.set(name, checkEntry(source, name, value, dataStart, size));
    }
    checkOverlaps(source, [...entries.values()]);
    return new SafetensorsFile(source, entries, metadata);
  }

  /** The names of all tensors. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /**
   * Reads the named tensors, neighbours in one request.
   *
   * @throws GramaryeError `bad-weights` for a name the file does not have.
   */
  async readTensors(names: readonly string[], options: ReadOptions = {}): Promise<Map<string, FileTensor>> {
    const entries = names.map((name) => {
      const entry = this.entries.get(name);
      if (entry === undefined) {
        throw new GramaryeError('bad-weights', `${this.source.name} has no tensor "${name}"; it has ${listed(this.names)}.`, { remedy: 'Name one of them.' });
      }
      return entry;
    });
    const parts = await readRanges(
      this.source,
      entries.map(({ name, start, end }) => ({ start, end, what: `tensor "${name}"` })),
      options,
    );
    return new Map(
      entries.map(({ name, dtype, shape }, index) => [name, { shape, dtype, values: decodeFileValues(parts[index] ?? new Uint8Array(0), dtype) }]),
    );
  }

  /** Reads one tensor. */
  async readTensor(name: string, options: ReadOptions = {}): Promise<FileTensor> {
    const tensor = (await this.readTensors([name], options)).get(name);
    if (tensor === undefined) throw new GramaryeError('internal', `Tensor "${name}" was read and is not there.`);
    return tensor;
  }
}

/** At most eight names and how many there are beyond. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${String(names.length - 8)} more` : '');
}

function checkMetadata(source: ByteSource, value: unknown): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((text) => typeof text !== 'string')) throw bad(source, 'its __metadata__ is no object of texts');
  return { ...(value as Record<string, string>) };
}

function checkEntry(source: ByteSource, name: string, value: unknown, dataStart: number, size: number): TensorEntry {
  const tensor = `tensor "${name.slice(0, 200)}"`;
  if (!isObject(value)) throw bad(source, `${tensor} is described by no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(FILE_DTYPE_BYTES, dtype))
    throw bad(source, `${tensor} has the dtype ${quoted(dtype)}; known are ${Object.keys(FILE_DTYPE_BYTES).join(', ')}`);
  const count = safeElementCount(shape);
  if (count === undefined) throw bad(source, `${tensor} has the shape ${quoted(shape)}, which is no list of sizes`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (typeof begin !== 'number' || typeof end !== 'number') throw bad(source, `${tensor} has no pair of data_offsets`);
  if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || begin > end || dataStart + end > size) {
    throw bad(source, `${tensor} claims data bytes ${String(begin)} to ${String(end)}, but the file has ${String(size - dataStart)} of them`);
  }
  const wanted = count * FILE_DTYPE_BYTES[dtype as FileDtype];
  if (end - begin !== wanted)
    throw bad(
      source,
      `${tensor} of shape ${shapeText(shape as number[])} and dtype ${dtype} needs ${String(wanted)} bytes, but its offsets span ${String(end - begin)}`,
    );
  return { name, dtype: dtype as FileDtype, shape: shape as number[], start: dataStart + begin, end: dataStart + end };
}

function checkOverlaps(source: ByteSource, entries: readonly TensorEntry[]): void {
  const sorted = entries.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  for (let index = 1; index < sorted.length; index++) {
    const [before, after] = [sorted[index - 1], sorted[index]];
    if (before !== undefined && after !== undefined && after.start < before.end) throw bad(source, `tensors "${before.name}" and "${after.name}" overlap`);
  }
}
