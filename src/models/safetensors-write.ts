/** Writing of safetensors. */
import { elementCount } from '../engine/contract.js';
import { GramaryeError } from '../engine/errors.js';
import { toHalf } from '../engine/values.js';
import { shapeText } from './tensor.js';

/** A tensor to write: row-major values, rounded to `dtype`. */
export interface OutputTensor {
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'F16' | 'F64';
  readonly values: ArrayLike<number>;
}

const ARRAYS = {
  F64: (values: ArrayLike<number>): ArrayBufferView => Float64Array.from(values),
  F32: (values: ArrayLike<number>): ArrayBufferView => Float32Array.from(values),
  F16: (values: ArrayLike<number>): ArrayBufferView => Uint16Array.from(values, toHalf),
} as const;

/**
 * A safetensors file as bytes; tensors lie in the order given, widest dtype first so that all are aligned.
 *
 * @throws GramaryeError `bad-shape` when a tensor's values do not fill its shape.
 */
export function writeSafetensors(tensors: Readonly<Record<string, OutputTensor>>, metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const width = (dtype: OutputTensor['dtype']): number => ({ F64: 8, F32: 4, F16: 2 })[dtype];
  const order = Object.entries(tensors).sort(([, a], [, b]) => width(b.dtype) - width(a.dtype));
  const header: Record<string, unknown> = Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let position = 0;
  for (const [name, { shape, dtype, values }] of order) {
    if (values.length !== elementCount(shape))
      throw new GramaryeError(
        'bad-shape',
        `Tensor "${name}" has ${String(values.length)} values; its shape ${shapeText(shape)} wants ${String(elementCount(shape))}.`,
      );
    const view = ARRAYS[dtype](values);
    parts.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    header[name] = { dtype, shape, data_offsets: [position, position + view.byteLength] };
    position += view.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.byteLength / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const part of parts) {
    file.set(part, at);
    at += part.byteLength;
  }
  return file;
}
