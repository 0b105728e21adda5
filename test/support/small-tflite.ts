import { toHalf } from '../../src/engine/values.js';
import { writeFlatBuffer, type FlatFields } from './flat-writer.js';

const text = (value: string): { kind: 'bytes'; bytes: Uint8Array } => ({ kind: 'bytes', bytes: new TextEncoder().encode(value) });

/** Values of the small model's constants before they are stored. */
export const SMALL_TFLITE = {
  half: [0.5, -1.25, 3, 0.1],
  int8: [-128, -1, 0, 127, 5, 6],
  scales: [0.5, 0.25, 2],
  zeroPoints: [0, 10, -3],
};

/**
 * A tflite model of three operators: a convolution of a float16 kernel behind DEQUANTIZE, a depthwise one of int8 with a scale
 * a channel, an addition.
 */
export function smallTflite(): Uint8Array<ArrayBuffer> {
  const tensor = (name: string, shape: number[], type: number, buffer: number, quantization?: FlatFields): FlatFields => ({
    0: { kind: 'i32s', values: shape },
    1: { kind: 'u8', value: type },
    2: { kind: 'i32', value: buffer },
    3: text(name),
    ...(quantization === undefined ? {} : { 4: { kind: 'table', fields: quantization } }),
  });
  const operator = (code: number, inputs: number[], outputs: number[], options?: FlatFields): FlatFields => ({
    0: { kind: 'i32', value: code },
    1: { kind: 'i32s', values: inputs },
    2: { kind: 'i32s', values: outputs },
    ...(options === undefined ? {} : { 4: { kind: 'table', fields: options } }),
  });
  const convolution = (activationField: number): FlatFields => ({
    0: { kind: 'u8', value: 0 },
    1: { kind: 'i32', value: 2 },
    2: { kind: 'i32', value: 2 },
    [activationField]: { kind: 'u8', value: 3 },
  });
  return writeFlatBuffer(
    {
      0: { kind: 'i32', value: 3 },
      1: { kind: 'tables', items: [6, 3, 4, 0].map((code) => ({ 0: { kind: 'u8', value: code }, 3: { kind: 'i32', value: code } })) },
      2: {
        kind: 'tables',
        items: [
          {
            0: {
              kind: 'tables',
              items: [
                tensor('image', [1, 4, 4, 1], 0, 0),
                tensor('half', [2, 1, 2, 1], 1, 1),
                tensor('kernel', [2, 1, 2, 1], 0, 0),
                tensor('int8', [1, 1, 2, 3], 9, 2, {
                  2: { kind: 'f32s', values: SMALL_TFLITE.scales },
                  3: { kind: 'i64s', values: SMALL_TFLITE.zeroPoints },
                  6: { kind: 'i32', value: 3 },
                }),
                tensor('out', [1, 2, 2, 2], 0, 0),
                tensor('sum', [1, 2, 2, 2], 0, 0),
              ],
            },
            1: { kind: 'i32s', values: [0] },
            2: { kind: 'i32s', values: [5] },
            3: {
              kind: 'tables',
              items: [
                operator(0, [1], [2]),
                operator(1, [0, 2, -1], [4], convolution(3)),
                operator(2, [4, 3], [4], convolution(4)),
                operator(3, [4, 4], [5], { 0: { kind: 'u8', value: 0 } }),
              ],
            },
          },
        ],
      },
      4: {
        kind: 'tables',
        items: [
          {},
          { 0: { kind: 'bytes', bytes: new Uint8Array(Uint16Array.from(SMALL_TFLITE.half, toHalf).buffer) } },
          { 0: { kind: 'bytes', bytes: new Uint8Array(Int8Array.from(SMALL_TFLITE.int8).buffer) } },
        ],
      },
    },
    'TFL3',
  );
}
