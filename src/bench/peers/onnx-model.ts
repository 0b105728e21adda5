/**
 * ONNX models of one node, as bytes: Protocol Buffers messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, of which only
 * the fields that such a model needs are written.
 */

/** A constant of the model. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** One node. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly integers?: Readonly<Record<string, number | readonly number[]>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** A graph with one input and one output, both f32. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  readonly output: { readonly name: string; readonly shape: readonly number[] };
}

const FLOAT = 1;
const IR_VERSION = 8;
const OPSET = 17;
/** Kinds of attributes. */
const KIND = { float: 1, integer: 2, integers: 7 };

type Bytes = readonly number[] | Uint8Array;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function concat(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A field with a whole number. */
const integer = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
/** A field with text, bytes or a message. */
const bytes = (field: number, value: Bytes): Uint8Array => concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));
const message = (field: number, parts: readonly Bytes[]): Uint8Array => bytes(field, concat(parts));
const float = (field: number, value: number): Uint8Array => concat([varint(field * 8 + 5), new Uint8Array(new Float32Array([value]).buffer)]);

function node({ type, inputs, output, integers = {}, floats = {} }: OnnxNode): Uint8Array {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, type),
    ...Object.entries(integers).map(([name, value]) =>
      message(5, [
        text(1, name),
        ...(typeof value === 'number' ? [integer(3, value), integer(20, KIND.integer)] : [...value.map((one) => integer(8, one)), integer(20, KIND.integers)]),
      ]),
    ),
    ...Object.entries(floats).map(([name, value]) => message(5, [text(1, name), float(2, value), integer(20, KIND.float)])),
  ]);
}

function constant({ name, shape, values }: OnnxConstant): Uint8Array {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(5, [...shape.map((size) => integer(1, size)), integer(2, FLOAT), text(8, name), bytes(9, data)]);
}

function valueInfo(field: number, { name, shape }: OnnxGraph['input']): Uint8Array {
  const dimensions = shape.map((size) => message(1, [integer(1, size)]));
  return message(field, [text(1, name), message(2, [message(1, [integer(1, FLOAT), message(2, dimensions)])])]);
}

/** The model. */
export function onnxModel({ nodes, constants, input, output }: OnnxGraph): Uint8Array<ArrayBuffer> {
  return concat([
    integer(1, IR_VERSION),
    message(7, [...nodes.map(node), text(2, 'bench'), ...constants.map(constant), valueInfo(11, input), valueInfo(12, output)]),
    message(8, [text(1, ''), integer(2, OPSET)]),
  ]);
}
