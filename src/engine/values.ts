import type { Dtype } from './contract.js';

/** Float64 values in a dtype's memory form; f16 rounds to nearest even. */
export function encodeValues(values: ArrayLike<number>, dtype: Dtype): ArrayBufferView<ArrayBuffer> {
  switch (dtype) {
    case 'f32':
      return Float32Array.from(values);
    case 'u32':
      return Uint32Array.from(values);
    case 'i32':
      return Int32Array.from(values);
    case 'f16':
      return Uint16Array.from(values, toHalf);
  }
}

/** The reverse of {@link encodeValues}. */
export function decodeValues(bytes: ArrayBuffer, dtype: Dtype): Float64Array {
  switch (dtype) {
    case 'f32':
      return Float64Array.from(new Float32Array(bytes));
    case 'u32':
      return Float64Array.from(new Uint32Array(bytes));
    case 'i32':
      return Float64Array.from(new Int32Array(bytes));
    case 'f16':
      return Float64Array.from(new Uint16Array(bytes), fromHalf);
  }
}

const scratch = new DataView(new ArrayBuffer(4));

/**
 * IEEE 754 binary16 bits of the number whose binary32 bits are given: {@link toHalf} in integer arithmetic, for weights by the million.
 * Rounded to nearest even; for magnitudes that binary16 can hold.
 */
export function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude < 0x3300_0000) return sign;
  let half: number;
  let rest: number;
  let tie: number;
  if (magnitude < 0x3880_0000) {
    // Below 2^-14: units of 2^-24, without a leading one.
    const shift = 126 - (magnitude >>> 23);
    const mantissa = (magnitude & 0x7f_ffff) | 0x80_0000;
    half = mantissa >>> shift;
    rest = mantissa & ((1 << shift) - 1);
    tie = 1 << (shift - 1);
  } else {
    // The exponent's bias is 15 in place of 127.
    const rebiased = magnitude - 0x3800_0000;
    half = rebiased >>> 13;
    rest = rebiased & 0x1fff;
    tie = 0x1000;
  }
  return sign | (rest > tie || (rest === tie && (half & 1) === 1) ? half + 1 : half);
}

/** IEEE 754 binary16 bits of a number, rounded to nearest even; overflow gives infinity. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  if (magnitude < 2 ** -25 || magnitude === 2 ** -25) return sign;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const step = 2 ** (exponent - 10);
  const quotient = magnitude / step;
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // `rounded` counts units in the last place; adding it carries into the exponent by itself.
  return sign | (((exponent + 14) << 10) + rounded);
}

/** The number that binary16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
