/** HDF5's datatype and dataspace messages. */
import type { FileDtype } from '../tensor.js';
import type { Cursor } from './pages.js';

/** A datatype that is read here. */
export type Datatype =
  | { readonly kind: 'number'; readonly dtype: FileDtype; readonly bigEndian: boolean; readonly sizeBytes: number }
  | { readonly kind: 'text'; readonly sizeBytes: number }
  | { readonly kind: 'long-text'; readonly sizeBytes: number };

const FLOATS: Readonly<Record<number, FileDtype>> = { 2: 'F16', 4: 'F32', 8: 'F64' };
const SIGNED: Readonly<Record<number, FileDtype>> = { 1: 'I8', 2: 'I16', 4: 'I32', 8: 'I64' };
const UNSIGNED: Readonly<Record<number, FileDtype>> = { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' };

/** A datatype message, or undefined for a type that is not read here (compounds, references, …). */
export function parseDatatype(cursor: Cursor): Datatype | undefined {
  const kind = cursor.u8() & 15;
  const bits = cursor.u8();
  cursor.skip(2);
  const sizeBytes = cursor.u32();
  if (kind === 0 || kind === 1) {
    const dtype = (kind === 1 ? FLOATS : (bits & 8) === 0 ? UNSIGNED : SIGNED)[sizeBytes];
    return dtype === undefined ? undefined : { kind: 'number', dtype, bigEndian: (bits & 1) !== 0, sizeBytes };
  }
  if (kind === 3) return { kind: 'text', sizeBytes };
  // A text of any length: its length, and its place in a global heap.
  if (kind === 9 && (bits & 15) === 1 && sizeBytes === 16) return { kind: 'long-text', sizeBytes };
  return undefined;
}

/** The dimensions of a dataspace message; a scalar has none. */
export function parseDataspace(cursor: Cursor): number[] {
  const version = cursor.u8();
  const rank = cursor.u8();
  cursor.skip(version === 1 ? 6 : 2);
  return Array.from({ length: rank }, () => cursor.u64());
}
