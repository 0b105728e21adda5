/**
 * The weights of a tfjs `model.json` (layers or graph model): a manifest of groups, each a run of shards whose bytes laid end
 * to end hold the group's tensors in order.
 */
import { GramaryeError } from '../engine/errors.js';
import type { ByteSource, ReadOptions } from './byte-source.js';
import { readWhole } from './byte-source.js';
import { arrayAt, isObject, numberAt, objectAt, parseJson, quoted, textAt, type JsonObject } from './json.js';
import { readRanges, type ByteRange } from './ranges.js';
import { decodeFileValues, FILE_DTYPE_BYTES, safeElementCount, shapeText, type FileDtype, type FileTensor } from './tensor.js';

/** Where a tensor of the manifest lies. */
export interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** How its bytes are stored. */
  readonly stored: FileDtype;
  /** `value = stored * scale + min`, where it is quantised. */
  readonly affine?: { readonly scale: number; readonly min: number };
  /** Which group, and the bytes within the group. */
  readonly group: number;
  readonly range: ByteRange;
}

interface Shard {
  readonly path: string;
  readonly source: ByteSource;
  readonly sizeBytes: number;
}

const JSON_LIMIT_BYTES = 64 * 1024 * 1024;
const STORED: Readonly<Record<string, FileDtype>> = { float32: 'F32', float16: 'F16', int32: 'I32', uint8: 'U8', uint16: 'U16', bool: 'BOOL' };

function bad(source: ByteSource, problem: string, remedy = 'The file is damaged or no tfjs model.json.'): GramaryeError {
  return new GramaryeError('bad-weights', `${source.name}: ${problem}.`, { remedy });
}

/** An opened model.json: the manifest is read and checked, shards are opened when a tensor is wanted. */
export class TfjsModelFile {
  readonly #shards = new Map<number, Promise<Shard[]>>();

  private constructor(
    readonly source: ByteSource,
    /** `modelTopology`, unchecked. */
    readonly topology: JsonObject | undefined,
    readonly entries: ReadonlyMap<string, ManifestEntry>,
    private readonly groups: readonly { readonly paths: readonly string[]; readonly sizeBytes: number }[],
  ) {}

  /** @throws GramaryeError `bad-weights` naming the file, and the tensor where it is one tensor's fault. */
  static async open(source: ByteSource, options: ReadOptions = {}): Promise<TfjsModelFile> {
    const json = parseJson(await readWhole(source, JSON_LIMIT_BYTES, options), source.name);
    const manifest = arrayAt(json, 'weightsManifest');
    if (manifest === undefined) throw bad(source, 'it has no weightsManifest', 'A tfjs model.json is wanted.');
    const entries = new Map<string, ManifestEntry>();
    const seen = new Set<string>();
    const groups = manifest.map((group, groupIndex) => {
      const paths = arrayAt(group, 'paths');
      const weights = arrayAt(group, 'weights');
      if (paths === undefined || weights === undefined) throw bad(source, `group ${String(groupIndex)} of its weightsManifest lacks paths or weights`);
      let position = 0;
      for (const weight of weights) {
        const entry = manifestEntry(source, weight, groupIndex, position);
        if (entries.has(entry.name)) throw bad(source, `tensor "${entry.name}" is listed twice`);
        entries.set(entry.name, entry);
        position = entry.range.end;
      }
      return { paths: paths.map((path) => checkedPath(source, path, seen)), sizeBytes: position };
    });
    return new TfjsModelFile(source, objectAt(json, 'modelTopology'), entries, groups);
  }

  /** The names of all tensors. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /**
   * Reads the named tensors.
   *
   * @throws GramaryeError `file-missing` or `bad-weights` naming the shard that is absent or short.
   */
  async readTensors(names: readonly string[], options: ReadOptions = {}): Promise<Map<string, FileTensor>> {
    const wanted = names.map((name) => {
      const entry = this.entries.get(name);
      if (entry === undefined) throw bad(this.source, `it has no tensor "${name}"`);
      return entry;
    });
    const tensors = new Map<string, FileTensor>();
    for (const group of new Set(wanted.map((entry) => entry.group))) {
      const entries = wanted.filter((entry) => entry.group === group);
      const parts = await readAcross(await this.#shardsOf(group, options), entries, options);
      entries.forEach((entry, index) => tensors.set(entry.name, decodeEntry(entry, parts[index] ?? new Uint8Array(0))));
    }
    return new Map(names.map((name) => [name, tensors.get(name) ?? { shape: [0], dtype: 'F32', values: new Float32Array(0) }]));
  }

  async #shardsOf(group: number, options: ReadOptions): Promise<Shard[]> {
    const known = this.#shards.get(group);
    if (known !== undefined) return known;
    const { paths, sizeBytes } = this.groups[group] ?? { paths: [], sizeBytes: 0 };
    const shards: Shard[] = [];
    for (const path of paths) {
      const shard = await this.source.sibling?.(path);
      if (shard === undefined)
        throw new GramaryeError('file-missing', `${this.source.name}: the shard ${path} is missing.`, { remedy: 'Give all shards beside the model.json.' });
      shards.push({ path, source: shard, sizeBytes: await shard.size(options) });
    }
    const total = shards.reduce((sum, shard) => sum + shard.sizeBytes, 0);
    if (total < sizeBytes) {
      throw bad(
        this.source,
        `the ${paths.length === 1 ? 'shard' : 'shards'} ${shards.map((shard) => `${shard.path} (${String(shard.sizeBytes)} bytes)`).join(', ')} hold ${String(total)} bytes; the manifest needs ${String(sizeBytes)}`,
        'A shard is cut short; fetch it again.',
      );
    }
    this.#shards.set(group, Promise.resolve(shards));
    return shards;
  }
}

function manifestEntry(source: ByteSource, weight: unknown, group: number, start: number): ManifestEntry {
  const name = textAt(weight, 'name');
  if (name === undefined) throw bad(source, `a weight of group ${String(group)} has no name`);
  const shape = arrayAt(weight, 'shape');
  const count = safeElementCount(shape);
  if (count === undefined) throw bad(source, `tensor "${name}" has no valid shape`);
  const quantization = objectAt(weight, 'quantization');
  const dtype = textAt(weight, 'dtype') ?? 'float32';
  const storedName = quantization === undefined ? dtype : (textAt(quantization, 'dtype') ?? '');
  const stored = Object.hasOwn(STORED, storedName) ? STORED[storedName] : undefined;
  if (stored === undefined) throw bad(source, `tensor "${name}" has the dtype "${storedName.slice(0, 40)}"; known are ${Object.keys(STORED).join(', ')}`);
  const end = start + count * FILE_DTYPE_BYTES[stored];
  if (!Number.isSafeInteger(end)) throw bad(source, `tensor "${name}" of shape ${shapeText(shape as number[])} is too large`);
  const entry: ManifestEntry = { name, shape: shape as number[], stored, group, range: { start, end } };
  const scale = isObject(quantization) ? numberAt(quantization, 'scale') : undefined;
  const min = isObject(quantization) ? numberAt(quantization, 'min') : undefined;
  if (quantization === undefined || stored === 'F16') return entry;
  if (scale === undefined || min === undefined) throw bad(source, `tensor "${name}" is quantised without scale and min`);
  return { ...entry, affine: { scale, min } };
}

function checkedPath(source: ByteSource, path: unknown, seen: Set<string>): string {
  if (typeof path !== 'string' || path === '' || /^[/\\]|^[a-z][a-z0-9+.-]*:|\\|\0/i.test(path) || path.split('/').includes('..')) {
    throw bad(source, `the shard path ${quoted(path)} leaves the model's folder`, 'Shards must lie beside the model.json.');
  }
  if (seen.has(path)) throw bad(source, `the shard ${path} is listed twice`);
  seen.add(path);
  return path;
}

/** Reads ranges of shards laid end to end; a range may cross from one shard into the next. */
async function readAcross(shards: readonly Shard[], entries: readonly ManifestEntry[], options: ReadOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  const pieces = entries.map((): Uint8Array<ArrayBuffer>[] => []);
  let shardStart = 0;
  for (const { path, source, sizeBytes } of shards) {
    const shardEnd = shardStart + sizeBytes;
    const inside = entries
      .map(({ name, range }, index) => ({
        index,
        what: `${path}: tensor "${name}"`,
        start: Math.max(range.start, shardStart) - shardStart,
        end: Math.min(range.end, shardEnd) - shardStart,
      }))
      .filter(({ start, end }) => end > start);
    const parts = await readRanges(source, inside, options);
    inside.forEach(({ index }, at) => pieces[index]?.push(parts[at] ?? new Uint8Array(0)));
    shardStart = shardEnd;
  }
  return pieces.map(joined);
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.byteLength;
  }
  return result;
}

function decodeEntry({ shape, stored, affine }: ManifestEntry, bytes: Uint8Array<ArrayBuffer>): FileTensor {
  const values = decodeFileValues(bytes, stored);
  if (affine === undefined) return { shape, dtype: stored, values };
  return { shape, dtype: 'F32', values: Float32Array.from(values, (value) => value * affine.scale + affine.min) };
}
