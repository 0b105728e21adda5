/** Writing of small FlatBuffers, so that tests of the reader need no file from elsewhere. */

/** A field's value: a number of a width, or something that is referred to by offset. */
export type FlatValue =
  | { readonly kind: 'u8' | 'i32' | 'u64'; readonly value: number }
  | { readonly kind: 'table'; readonly fields: FlatFields }
  | { readonly kind: 'tables'; readonly items: readonly FlatFields[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'i32s' | 'f32s' | 'i64s'; readonly values: readonly number[] };

/** A table's fields by their number in the schema. */
export type FlatFields = Readonly<Record<number, FlatValue>>;

const WIDTHS = { u8: 1, i32: 4, u64: 8 } as const;

/** The bytes of a FlatBuffer with a root table and a file identifier. */
export function writeFlatBuffer(root: FlatFields, identifier: string): Uint8Array<ArrayBuffer> {
  const writer = new FlatWriter();
  writer.reserve(8);
  const position = writer.table(root);
  writer.set('i32', 0, position);
  Array.from(identifier).forEach((letter, index) => {
    writer.set('u8', 4 + index, letter.charCodeAt(0));
  });
  return writer.finish();
}

class FlatWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  reserve(count: number): number {
    this.#length = Math.ceil(this.#length / 8) * 8;
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.byteLength) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }

  set(kind: 'u8' | 'u16' | 'i32' | 'f32' | 'u64', at: number, value: number): void {
    const view = new DataView(this.#bytes.buffer);
    if (kind === 'u8') view.setUint8(at, value);
    else if (kind === 'u16') view.setUint16(at, value, true);
    else if (kind === 'i32') view.setInt32(at, value, true);
    else if (kind === 'f32') view.setFloat32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }

  table(fields: FlatFields): number {
    const entries = Object.entries(fields).map(([index, value]) => ({ index: Number(index), value }));
    const slots = Math.max(-1, ...entries.map(({ index }) => index)) + 1;
    const vtable = this.reserve(4 + slots * 2);
    // Eight bytes a field keep everything aligned.
    const position = this.reserve(8 + entries.length * 8);
    this.set('u16', vtable, 4 + slots * 2);
    this.set('u16', vtable + 2, 8 + entries.length * 8);
    this.set('i32', position, position - vtable);
    entries.forEach(({ index, value }, order) => {
      const at = position + 8 + order * 8;
      this.set('u16', vtable + 4 + index * 2, at - position);
      if (value.kind in WIDTHS) this.set(value.kind as keyof typeof WIDTHS, at, (value as { value: number }).value);
      else this.set('i32', at, this.#referred(value) - at);
    });
    return position;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #referred(value: FlatValue): number {
    switch (value.kind) {
      case 'table':
        return this.table(value.fields);
      case 'tables': {
        const at = this.reserve(4 + value.items.length * 4);
        this.set('i32', at, value.items.length);
        value.items.forEach((item, index) => {
          const slot = at + 4 + index * 4;
          this.set('i32', slot, this.table(item) - slot);
        });
        return at;
      }
      case 'bytes': {
        const at = this.reserve(4 + value.bytes.byteLength);
        this.set('i32', at, value.bytes.byteLength);
        this.#bytes.set(value.bytes, at + 4);
        return at;
      }
      case 'i32s':
      case 'f32s':
      case 'i64s': {
        const width = value.kind === 'i64s' ? 8 : 4;
        // The values, not the length before them, are what must be aligned.
        const at = this.reserve(8 + value.values.length * width) + 4;
        this.set('i32', at, value.values.length);
        value.values.forEach((number, index) => {
          this.set(value.kind === 'i32s' ? 'i32' : value.kind === 'f32s' ? 'f32' : 'u64', at + 4 + index * width, number);
        });
        return at;
      }
      case 'u8':
      case 'i32':
      case 'u64':
        throw new Error('A number is no reference.');
    }
  }
}
