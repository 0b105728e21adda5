/**
 * A reader of FlatBuffers (https://flatbuffers.dev/internals) for untrusted files: every position is checked against the
 * buffer, vectors may not be longer than what is left of the file, and nothing is followed twice without the caller asking,
 * so that hostile offsets give an error and never a hang.
 */
import { GramaryeError } from '../../engine/errors.js';

/** A table's position and its vtable's, within one buffer. */
export class FlatTable {
  constructor(
    private readonly buffer: FlatBuffer,
    private readonly position: number,
    private readonly vtable: number,
    private readonly vtableBytes: number,
  ) {}

  /** Absolute position of a field's value, or undefined where the field is absent. */
  #field(index: number): number | undefined {
    const slot = 4 + index * 2;
    if (slot + 2 > this.vtableBytes) return undefined;
    const offset = this.buffer.u16(this.vtable + slot);
    return offset === 0 ? undefined : this.position + offset;
  }

  /** A byte field, unsigned. */
  u8(index: number, absent = 0): number {
    const at = this.#field(index);
    return at === undefined ? absent : this.buffer.u8(at);
  }

  /** A 32-bit field, signed. */
  i32(index: number, absent = 0): number {
    const at = this.#field(index);
    return at === undefined ? absent : this.buffer.i32(at);
  }

  /** A 64-bit field, unsigned, as the nearest number. */
  u64(index: number, absent = 0): number {
    const at = this.#field(index);
    return at === undefined ? absent : this.buffer.u64(at);
  }

  /** A field that is another table. */
  table(index: number): FlatTable | undefined {
    const at = this.#field(index);
    return at === undefined ? undefined : this.buffer.tableAt(at + this.buffer.u32(at));
  }

  /** A vector field's first element and length; `elementBytes` bounds the length by the file. */
  vector(index: number, elementBytes: number): { readonly start: number; readonly length: number } | undefined {
    const at = this.#field(index);
    return at === undefined ? undefined : this.buffer.vectorAt(at + this.buffer.u32(at), elementBytes);
  }

  /** A vector of tables. */
  tables(index: number): FlatTable[] {
    const vector = this.vector(index, 4);
    if (vector === undefined) return [];
    return Array.from({ length: vector.length }, (_, element) => {
      const at = vector.start + element * 4;
      return this.buffer.tableAt(at + this.buffer.u32(at));
    });
  }

  /** A vector of 32-bit signed numbers. */
  i32s(index: number): number[] {
    const vector = this.vector(index, 4);
    return vector === undefined ? [] : Array.from({ length: vector.length }, (_, element) => this.buffer.i32(vector.start + element * 4));
  }

  /** A vector of 32-bit floats. */
  f32s(index: number): number[] {
    const vector = this.vector(index, 4);
    return vector === undefined ? [] : Array.from({ length: vector.length }, (_, element) => this.buffer.f32(vector.start + element * 4));
  }

  /** A vector of 64-bit signed numbers, as the nearest numbers. */
  i64s(index: number): number[] {
    const vector = this.vector(index, 8);
    return vector === undefined ? [] : Array.from({ length: vector.length }, (_, element) => this.buffer.i64(vector.start + element * 8));
  }

  /** A text. */
  text(index: number): string | undefined {
    const vector = this.vector(index, 1);
    return vector === undefined ? undefined : new TextDecoder().decode(this.buffer.bytes.subarray(vector.start, vector.start + vector.length));
  }
}

/** A whole FlatBuffer in memory. */
export class FlatBuffer {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly name: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The root table. */
  root(): FlatTable {
    return this.tableAt(this.u32(0));
  }

  /** The four bytes after the root's offset, which name the format. */
  identifier(): string {
    this.#check(4, 4);
    return String.fromCharCode(...this.bytes.subarray(4, 8));
  }

  tableAt(position: number): FlatTable {
    const vtable = position - this.i32(position);
    const vtableBytes = this.u16(vtable);
    this.#check(vtable, vtableBytes);
    return new FlatTable(this, position, vtable, vtableBytes);
  }

  vectorAt(position: number, elementBytes: number): { readonly start: number; readonly length: number } {
    const length = this.u32(position);
    this.#check(position + 4, length * elementBytes);
    return { start: position + 4, length };
  }

  u8(position: number): number {
    this.#check(position, 1);
    return this.#view.getUint8(position);
  }

  u16(position: number): number {
    this.#check(position, 2);
    return this.#view.getUint16(position, true);
  }

  u32(position: number): number {
    this.#check(position, 4);
    return this.#view.getUint32(position, true);
  }

  i32(position: number): number {
    this.#check(position, 4);
    return this.#view.getInt32(position, true);
  }

  f32(position: number): number {
    this.#check(position, 4);
    return this.#view.getFloat32(position, true);
  }

  i64(position: number): number {
    this.#check(position, 8);
    return Number(this.#view.getBigInt64(position, true));
  }

  u64(position: number): number {
    this.#check(position, 8);
    return Number(this.#view.getBigUint64(position, true));
  }

  #check(position: number, byteCount: number): void {
    if (position >= 0 && position + byteCount <= this.bytes.byteLength) return;
    throw new GramaryeError(
      'bad-weights',
      `${this.name}: an offset points to bytes ${String(position)} to ${String(position + byteCount)}, but the file has ${String(this.bytes.byteLength)}.`,
      {
        remedy: 'The file is damaged or cut short.',
      },
    );
  }
}
