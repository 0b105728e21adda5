/**
 * Reading of TensorFlow Lite models: tensors, dequantised, and operators, as far as a MobileNet needs them. Field numbers are
 * those of tensorflow/lite/schema/schema.fbs.
 */
import { GramaryeError } from '../../engine/errors.js';
import { decodeFileValues, FILE_DTYPE_BYTES, safeElementCount, shapeText, toFloat32, type FileDtype } from '../tensor.js';
import { FlatBuffer, type FlatTable } from './flatbuffer.js';

/** How a tensor's whole numbers become real: `(q - zeroPoint) * scale`, per tensor or along `axis`. */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

/** A tensor of the graph; constants have `data`. */
export interface TfliteTensor {
  readonly index: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: FileDtype;
  readonly quantization: Quantization | undefined;
  /** The constant's bytes as stored, or undefined for an activation. */
  readonly data: Uint8Array<ArrayBuffer> | undefined;
}

/** What a fused activation does after an operator. */
export type TfliteActivation = 'none' | 'relu' | 'relu6' | 'other';

/** One operator in execution order. */
export interface TfliteOperator {
  /** Its name in the schema, e.g. `CONV_2D`, or `BUILTIN_n` for one that is not used here. */
  readonly kind: string;
  /** Indices of tensors; -1 where an optional input is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly padding: 'same' | 'valid' | undefined;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly activation: TfliteActivation;
}

/** A model's first graph. */
export interface TfliteModel {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const DTYPES: readonly (FileDtype | undefined)[] = [
  'F32',
  'F16',
  'I32',
  'U8',
  'I64',
  undefined,
  'BOOL',
  'I16',
  undefined,
  'I8',
  'F64',
  undefined,
  'U64',
  undefined,
  undefined,
  'U32',
  'U16',
];
const KINDS: Readonly<Record<number, string>> = {
  0: 'ADD',
  1: 'AVERAGE_POOL_2D',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  9: 'FULLY_CONNECTED',
  14: 'LOGISTIC',
  22: 'RESHAPE',
  25: 'SOFTMAX',
  34: 'PAD',
  40: 'MEAN',
  43: 'SQUEEZE',
  114: 'QUANTIZE',
};
const ACTIVATIONS: Readonly<Record<number, TfliteActivation>> = { 0: 'none', 1: 'relu', 3: 'relu6' };

/** Whether a file's first bytes are a TensorFlow Lite model's. */
export function isTflite(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(4, 8)) === 'TFL3';
}

/**
 * Reads a model.
 *
 * @throws GramaryeError `bad-weights` naming the file, and the tensor where it is one tensor's fault.
 */
export function readTflite(name: string, bytes: Uint8Array<ArrayBuffer>): TfliteModel {
  const buffer = new FlatBuffer(bytes, name);
  if (buffer.identifier() !== 'TFL3')
    throw new GramaryeError('bad-weights', `${name} is no TensorFlow Lite model: its identifier is not TFL3.`, { remedy: 'Give a .tflite file.' });
  const model = buffer.root();
  const kinds = model.tables(1).map((code) => {
    // Codes over 127 are only in the newer, wider field.
    const code32 = Math.max(code.u8(0), code.i32(3));
    return KINDS[code32] ?? `BUILTIN_${String(code32)}`;
  });
  const graph = model.tables(2)[0];
  if (graph === undefined) throw new GramaryeError('bad-weights', `${name} has no graph.`, { remedy: 'The file is damaged.' });
  const buffers = model.tables(4);
  const tensors = graph.tables(0).map((table, index) => readTensor(name, table, index, buffers, bytes));
  const valid = (index: number): boolean => index >= -1 && index < tensors.length;
  const operators = graph.tables(3).map((table): TfliteOperator => {
    const kind = kinds[table.i32(0)];
    const [inputs, outputs] = [table.i32s(1), table.i32s(2)];
    if (kind === undefined || ![...inputs, ...outputs].every(valid))
      throw new GramaryeError('bad-weights', `${name}: an operator names a tensor or code that is not there.`, { remedy: 'The file is damaged.' });
    return { kind, inputs, outputs, ...readOptions(kind, table.table(4)) };
  });
  return { name, tensors, operators, inputs: graph.i32s(1).filter(valid), outputs: graph.i32s(2).filter(valid) };
}

function readOptions(kind: string, options: FlatTable | undefined): Omit<TfliteOperator, 'kind' | 'inputs' | 'outputs'> {
  const hasWindow = kind === 'CONV_2D' || kind === 'DEPTHWISE_CONV_2D' || kind === 'AVERAGE_POOL_2D';
  // Where each operator's options keep the activation.
  const field = { CONV_2D: 3, DEPTHWISE_CONV_2D: 4, AVERAGE_POOL_2D: 5, ADD: 0, FULLY_CONNECTED: 0 }[kind];
  const activation = field === undefined ? 'none' : (ACTIVATIONS[options?.u8(field) ?? 0] ?? 'other');
  return {
    padding: hasWindow ? (options?.u8(0) === 1 ? 'valid' : 'same') : undefined,
    strideWidth: hasWindow ? (options?.i32(1) ?? 1) : 1,
    strideHeight: hasWindow ? (options?.i32(2) ?? 1) : 1,
    activation,
  };
}

function readTensor(file: string, table: FlatTable, index: number, buffers: readonly FlatTable[], bytes: Uint8Array<ArrayBuffer>): TfliteTensor {
  const name = (table.text(3) ?? `tensor ${String(index)}`).slice(0, 200);
  const fail = (problem: string): GramaryeError =>
    new GramaryeError('bad-weights', `${file}: tensor "${name}" ${problem}.`, { remedy: 'The file is damaged or of an unknown kind.' });
  const shape = table.i32s(0);
  const count = safeElementCount(shape);
  const dtype = DTYPES[table.u8(1)];
  if (count === undefined) throw fail(`has the shape ${shapeText(shape)}, which is no list of sizes`);
  if (dtype === undefined) throw fail(`has the type number ${String(table.u8(1))}, which is not read here`);
  const bufferIndex = table.i32(2);
  const buffer = buffers[bufferIndex];
  if (buffer === undefined) throw fail(`names buffer ${String(bufferIndex)} of ${String(buffers.length)}`);
  const data = bufferBytes(buffer, bytes);
  if (data !== undefined && data.byteLength !== count * FILE_DTYPE_BYTES[dtype]) {
    throw fail(
      `of shape ${shapeText(shape)} and type ${dtype} needs ${String(count * FILE_DTYPE_BYTES[dtype])} bytes, but its buffer has ${String(data.byteLength)}`,
    );
  }
  return { index, name, shape, dtype, quantization: readQuantization(table.table(4), shape, fail), data };
}

function bufferBytes(buffer: FlatTable, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const inline = buffer.vector(0, 1);
  if (inline !== undefined && inline.length > 0) return bytes.subarray(inline.start, inline.start + inline.length);
  // Models over 2 GB keep their data behind the FlatBuffer.
  const [offset, size] = [buffer.u64(1), buffer.u64(2)];
  return offset > 1 && size > 0 && offset + size <= bytes.byteLength ? bytes.subarray(offset, offset + size) : undefined;
}

function readQuantization(table: FlatTable | undefined, shape: readonly number[], fail: (problem: string) => GramaryeError): Quantization | undefined {
  const scales = table?.f32s(2) ?? [];
  if (table === undefined || scales.length === 0) return undefined;
  const zeroPoints = table.i64s(3);
  const axis = table.i32(6);
  if (zeroPoints.length !== scales.length && zeroPoints.length !== 0)
    throw fail(`has ${String(scales.length)} scales and ${String(zeroPoints.length)} zero points`);
  if (scales.length > 1 && scales.length !== shape[axis]) throw fail(`has ${String(scales.length)} scales along axis ${String(axis)} of ${shapeText(shape)}`);
  if (!scales.every((scale) => Number.isFinite(scale))) throw fail('has a scale that is no finite number');
  return { scales, zeroPoints: zeroPoints.length === 0 ? scales.map(() => 0) : zeroPoints, axis };
}

/**
 * A constant's values as real numbers, row-major, in f32.
 *
 * @throws GramaryeError `bad-weights` when the tensor is no constant.
 */
export function constantValues(model: TfliteModel, index: number): Float32Array<ArrayBuffer> {
  const tensor = model.tensors[index];
  if (tensor?.data === undefined)
    throw new GramaryeError('bad-weights', `${model.name}: tensor "${tensor?.name ?? String(index)}" holds no values where weights are wanted.`, {
      remedy: 'The file is damaged or of an unknown kind.',
    });
  const { shape, dtype, quantization, data } = tensor;
  const values = decodeFileValues(data, dtype);
  if (quantization === undefined) return toFloat32({ shape, dtype, values });
  const { scales, zeroPoints, axis } = quantization;
  const inner = shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1);
  const channelOf = scales.length === 1 ? (): number => 0 : (element: number): number => Math.floor(element / inner) % scales.length;
  return Float32Array.from(values, (value, element) => {
    const channel = channelOf(element);
    return (value - (zeroPoints[channel] ?? 0)) * (scales[channel] ?? 0);
  });
}
