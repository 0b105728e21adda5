import { describe, expect, test } from 'vitest';
import { mobileNetFromTflite } from '../../src/models/tflite/mobilenet-tflite.js';
import { constantValues, readTflite } from '../../src/models/tflite/tflite.js';
import { expectCode } from '../support/expect-code.js';
import { SMALL_TFLITE, smallTflite } from '../support/small-tflite.js';

describe('a small model', () => {
  const model = readTflite('small.tflite', smallTflite());

  test('operators in order with their options', () => {
    expect(
      model.operators.map(({ kind, inputs, outputs, strideHeight, padding, activation }) => [kind, inputs, outputs, strideHeight, padding, activation]),
    ).toEqual([
      ['DEQUANTIZE', [1], [2], 1, undefined, 'none'],
      ['CONV_2D', [0, 2, -1], [4], 2, 'same', 'relu6'],
      ['DEPTHWISE_CONV_2D', [4, 3], [4], 2, 'same', 'relu6'],
      ['ADD', [4, 4], [5], 1, undefined, 'none'],
    ]);
    expect(model.tensors.map(({ name, shape, dtype }) => [name, shape.join(), dtype])[3]).toEqual(['int8', '1,1,2,3', 'I8']);
    expect([model.inputs, model.outputs]).toEqual([[0], [5]]);
  });

  test('float16 and int8 with a scale a channel become real numbers', () => {
    expect(Array.from(constantValues(model, 1), (value) => Math.round(value * 1e4) / 1e4)).toEqual([0.5, -1.25, 3, 0.1]);
    const { scales, zeroPoints, int8 } = SMALL_TFLITE;
    expect([...constantValues(model, 3)]).toEqual(int8.map((value, index) => (value - (zeroPoints[index % 3] ?? 0)) * (scales[index % 3] ?? 0)));
  });

  test('an activation is no constant', () => expectCode('bad-weights', () => constantValues(model, 0), 'small.tflite', 'image').then(() => undefined));
  test('it is no MobileNetV2', () =>
    expectCode('bad-weights', () => mobileNetFromTflite('small.tflite', smallTflite()), 'small.tflite', 'Conv1').then(() => undefined));
  test('another file', () => expectCode('bad-weights', () => readTflite('x.tflite', new Uint8Array(64)), 'x.tflite', 'TFL3').then(() => undefined));
});
