/** The frozen part's outputs per example, in memory up to a budget and beyond it in a store. */
import { GramaryeError } from '../../engine/errors.js';

/** Where features go that do not fit into memory: one record per example and copy. */
export interface FeatureStore {
  write(key: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  read(key: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Removes everything. */
  clear(): Promise<void>;
}

/** Features of one example: one array per crossing layer. */
export type Features = readonly (Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[];

/** Keeps features of equal size. */
export class FeatureCache {
  readonly #lengths: readonly number[];
  readonly #dtype: 'f16' | 'f32';
  readonly #budgetBytes: number;
  readonly #store: FeatureStore | undefined;
  readonly #memory = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #stored = new Set<number>();
  #memoryBytes = 0;

  /** `lengths`: elements per crossing layer of one example. */
  constructor(lengths: readonly number[], dtype: 'f16' | 'f32', budgetBytes: number, store: FeatureStore | undefined) {
    this.#lengths = lengths;
    this.#dtype = dtype;
    this.#budgetBytes = budgetBytes;
    this.#store = store;
  }

  /** Bytes of one example. */
  get recordBytes(): number {
    return this.#lengths.reduce((sum, length) => sum + length, 0) * (this.#dtype === 'f16' ? 2 : 4);
  }

  /** Bytes held in memory. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Records in the store. */
  get storedCount(): number {
    return this.#stored.size;
  }

  has(key: number): boolean {
    return this.#memory.has(key) || this.#stored.has(key);
  }

  /** Keeps a record, the layers' bytes one behind the other. Throws `out-of-memory` when it fits nowhere. */
  async add(key: number, record: Uint8Array<ArrayBuffer>): Promise<void> {
    if (record.byteLength !== this.recordBytes)
      throw new GramaryeError('internal', `Features of ${String(record.byteLength)} bytes; wanted ${String(this.recordBytes)}.`);
    if (this.#memoryBytes + record.byteLength <= this.#budgetBytes) {
      this.#memory.set(key, record);
      this.#memoryBytes += record.byteLength;
      return;
    }
    if (this.#store === undefined) {
      throw new GramaryeError(
        'out-of-memory',
        `The features of ${String(this.#memory.size + 1)} pictures exceed the budget of ${String(this.#budgetBytes)} bytes.`,
        {
          remedy: 'Raise the memory budget, or run where a disk store is available.',
        },
      );
    }
    await this.#store.write(key, record);
    this.#stored.add(key);
  }

  /** A record's bytes. */
  async get(key: number): Promise<Uint8Array<ArrayBuffer>> {
    const record = this.#memory.get(key) ?? (this.#stored.has(key) ? await this.#store?.read(key) : undefined);
    if (record?.byteLength !== this.recordBytes) throw new GramaryeError('internal', `The features of picture ${String(key)} are missing.`);
    return record;
  }

  /** Features of a batch, per layer one behind the other; `undefined` leaves a place zero. */
  async gather(keys: readonly (number | undefined)[]): Promise<Features> {
    const bytesOf = this.#dtype === 'f16' ? 2 : 4;
    const arrays = this.#lengths.map((length) => new Uint8Array(length * bytesOf * keys.length));
    const records = await Promise.all(keys.map(async (key) => (key === undefined ? undefined : this.get(key))));
    records.forEach((record, position) => {
      let at = 0;
      this.#lengths.forEach((length, layer) => {
        const bytes = length * bytesOf;
        if (record !== undefined) arrays[layer]?.set(record.subarray(at, at + bytes), position * bytes);
        at += bytes;
      });
    });
    return arrays.map(({ buffer }) => (this.#dtype === 'f16' ? new Uint16Array(buffer) : new Float32Array(buffer)));
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.#memory.clear();
    this.#memoryBytes = 0;
    if (this.#stored.size > 0) await this.#store?.clear();
    this.#stored.clear();
  }
}
