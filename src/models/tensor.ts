/** Tensors as weight files hold them. */
import { GramaryeError } from '../engine/errors.js';
import { fromHalf } from '../engine/values.js';

/** Element types a weight file may have, by safetensors' names. */
export type FileDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'U64' | 'I32' | 'U32' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL';

/** Bytes of one element. */
export const FILE_DTYPE_BYTES: Readonly<Record<FileDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor's values as numbers: Float64Array where the file has more than 24 bits, else Float32Array. Row-major. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly dtype: FileDtype;
  readonly values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

/**
 * Little-endian bytes of a dtype as numbers. 64-bit integers become the nearest float64.
 *
 * @throws GramaryeError `internal` when the byte count is not a multiple of the element size.
 */
export function decodeFileValues(bytes: Uint8Array<ArrayBuffer>, dtype: FileDtype): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const elementBytes = FILE_DTYPE_BYTES[dtype];
  const count = bytes.byteLength / elementBytes;
  if (!Number.isInteger(count)) throw new GramaryeError('internal', `${String(bytes.byteLength)} bytes are no whole number of ${dtype} values.`);
  // Typed arrays need aligned bytes in the machine's order; every platform with WebGPU is little-endian.
  const aligned = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F64':
      return new Float64Array(buffer, byteOffset, count);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count), fromHalf);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer, byteOffset, count), (bits) => bits << 16).buffer);
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'U64':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(buffer, byteOffset, count));
    case 'U32':
      return Float64Array.from(new Uint32Array(buffer, byteOffset, count));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case 'U16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(aligned);
  }
}

/** A tensor's values in f32. */
export function toFloat32(tensor: FileTensor): Float32Array<ArrayBuffer> {
  return tensor.values instanceof Float32Array ? tensor.values : Float32Array.from(tensor.values);
}

/**
 * The number of elements of a shape from an untrusted file, or undefined when the shape is no list of whole numbers or
 * the product leaves the exact integers.
 */
export function safeElementCount(shape: unknown): number | undefined {
  if (!Array.isArray(shape)) return undefined;
  let count = 1;
  for (const dimension of shape as unknown[]) {
    if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 0) return undefined;
    count *= dimension;
    if (count > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return count;
}

/** A shape as text, e.g. `[3, 3, 64, 128]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
