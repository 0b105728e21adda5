/** What peers are given: names, layouts and models. Whether they compute the same is checked in every run before they are timed. */
import { describe, expect, it } from 'vitest';
import { toOihw, transposed } from '../../src/bench/peers/layouts.js';
import { peerNames } from '../../src/bench/peers/names.js';
import { onnxModel } from '../../src/bench/peers/onnx-model.js';
import { onnxruntimeFiles } from '../../src/cli/bench-hosts.js';

/** Fields of a Protocol Buffers message: numbers, and bytes of the others. */
function fieldsOf(message: Uint8Array): { field: number; value: number | Uint8Array }[] {
  const fields: { field: number; value: number | Uint8Array }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push({ field, value: varint() });
    else {
      const length = wire === 5 ? 4 : varint();
      fields.push({ field, value: message.slice(at, at + length) });
      at += length;
    }
  }
  return fields;
}

describe('peers', () => {
  it('are known by name', () => {
    expect(peerNames(['tfjs-wasm', 'jax-js'])).toEqual(['tfjs-wasm', 'jax-js']);
    expect(() => peerNames(['caffe'])).toThrow(/no peer "caffe".*onnxruntime/);
  });

  it('get maps and filters with channels first, and their results come back', () => {
    // [2 pixels, 3 channels].
    expect([...transposed([1, 2, 3, 4, 5, 6], 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...transposed(transposed([1, 2, 3, 4, 5, 6], 2, 3), 3, 2)]).toEqual([1, 2, 3, 4, 5, 6]);
    const weights = Float32Array.from({ length: 9 * 2 * 3 }, (_, at) => at);
    const oihw = toOihw(weights, 2, 3);
    // [out 2, in 1, ky 0, kx 1] is [ky 0, kx 1, in 1, out 2].
    expect(oihw[(2 * 2 + 1) * 9 + 1]).toBe(weights[(1 * 2 + 1) * 3 + 2]);
  });

  it('get models that say what they are', () => {
    const model = onnxModel({
      nodes: [{ type: 'Gemm', inputs: ['x', 'w'], output: 'y', integers: { transA: 1, pads: [1, 300] }, floats: { alpha: 0.5 } }],
      constants: [{ name: 'w', shape: [2, 1], values: Float32Array.of(3, 4) }],
      input: { name: 'x', shape: [2, 200] },
      output: { name: 'y', shape: [200, 1] },
    });
    const text = (value: number | Uint8Array | undefined): string => (value instanceof Uint8Array ? new TextDecoder().decode(value) : '');
    const inside = (value: number | Uint8Array | undefined): ReturnType<typeof fieldsOf> => (value instanceof Uint8Array ? fieldsOf(value) : []);
    const [version, graph, opset] = fieldsOf(model);
    expect(version).toEqual({ field: 1, value: 8 });
    expect(inside(opset?.value)).toContainEqual({ field: 2, value: 17 });
    const parts = inside(graph?.value);
    expect(parts.map(({ field }) => field)).toEqual([1, 2, 5, 11, 12]);
    const node = inside(parts[0]?.value);
    expect(node.filter(({ field }) => field <= 4).map(({ value }) => text(value))).toEqual(['x', 'w', 'y', 'Gemm']);
    const [transA, pads, alpha] = node.filter(({ field }) => field === 5).map(({ value }) => inside(value));
    expect(transA?.slice(1)).toEqual([
      { field: 3, value: 1 },
      { field: 20, value: 2 },
    ]);
    expect(pads?.slice(1)).toEqual([
      { field: 8, value: 1 },
      { field: 8, value: 300 },
      { field: 20, value: 7 },
    ]);
    const bytes = alpha?.[1]?.value;
    expect(bytes instanceof Uint8Array ? new Float32Array(bytes.buffer)[0] : NaN).toBe(0.5);
    const constant = inside(parts[2]?.value);
    const raw = constant.at(-1)?.value;
    expect(raw instanceof Uint8Array ? [...new Float32Array(raw.buffer)] : []).toEqual([3, 4]);
  });

  it('are not there where they are not installed', () => {
    expect(onnxruntimeFiles(['/'])).toBeUndefined();
  });
});
