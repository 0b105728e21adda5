import { describe, expect, test } from 'vitest';
import { Philox } from '../../src/engine/random.js';
import { toHalf } from '../../src/engine/values.js';
import { sourceFromBytes, type ByteSource } from '../../src/models/byte-source.js';
import { mergeRanges } from '../../src/models/ranges.js';
import { SafetensorsFile } from '../../src/models/safetensors.js';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { expectCode } from '../support/expect-code.js';

/** A safetensors file with any header and `dataBytes` bytes of data. */
function fileWith(header: unknown, dataBytes: number, headerBytes?: bigint): ByteSource {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + encoded.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, headerBytes ?? BigInt(encoded.byteLength), true);
  file.set(encoded, 8);
  for (let index = 0; index < dataBytes; index++) file[8 + encoded.byteLength + index] = index * 37;
  return sourceFromBytes('made.safetensors', file);
}

const open = (source: ByteSource): Promise<SafetensorsFile> => SafetensorsFile.open(source);

describe('what was written is read', () => {
  const random = new Philox(Date.now());
  const values = Float64Array.from({ length: 24 }, () => random.nextNormal());
  test('F64 exactly, F32 and F16 rounded, with metadata', async () => {
    const bytes = writeSafetensors(
      {
        half: { shape: [2, 3, 4], dtype: 'F16', values },
        single: { shape: [24], dtype: 'F32', values },
        double: { shape: [4, 6], dtype: 'F64', values },
        empty: { shape: [0, 3], dtype: 'F32', values: [] },
      },
      { preprocess: 'caffe' },
    );
    const file = await open(sourceFromBytes('f', bytes));
    const tensors = await file.readTensors(['single', 'double', 'half', 'empty']);
    expect(file.metadata).toEqual({ preprocess: 'caffe' });
    expect([...(tensors.get('double')?.values ?? [])]).toEqual([...values]);
    expect([...(tensors.get('single')?.values ?? [])]).toEqual([...Float32Array.from(values)]);
    expect(Array.from(tensors.get('half')?.values ?? [], toHalf)).toEqual(Array.from(values, toHalf));
    expect(tensors.get('half')?.values.every((value, index) => Math.abs(value - (values[index] ?? 0)) <= Math.abs(value) * 2 ** -11 + 2 ** -25)).toBe(true);
    expect(tensors.get('empty')).toMatchObject({ shape: [0, 3] });
    for (const entry of file.entries.values()) expect(entry.start % 2).toBe(0);
  });

  test('values that do not fill the shape are refused', () =>
    expectCode('bad-shape', () => writeSafetensors({ t: { shape: [3], dtype: 'F32', values: [1, 2] } }), '"t"', '[3]'));
});

test('every dtype is decoded', async () => {
  const cases = {
    F64: [-1.5, 0.1],
    F32: [1.25, -2],
    F16: [0.5, -3],
    BF16: [1.5, -2],
    I64: [-5, 6],
    U64: [7, 8],
    I32: [-9, 10],
    U32: [11, 4e9],
    I16: [-300, 300],
    U16: [3, 65535],
    I8: [-7, 7],
    U8: [9, 250],
    BOOL: [1, 0],
  };
  const widths = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, U64: 8, I32: 4, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 };
  for (const [dtype, wanted] of Object.entries(cases)) {
    const width = widths[dtype as keyof typeof widths];
    const data = new DataView(new ArrayBuffer(2 * width));
    wanted.forEach((value, index) => {
      const at = index * width;
      const put: Record<string, () => void> = {
        F64: () => {
          data.setFloat64(at, value, true);
        },
        F32: () => {
          data.setFloat32(at, value, true);
        },
        F16: () => {
          data.setUint16(at, value === 0.5 ? 0x3800 : 0xc200, true);
        },
        BF16: () => {
          data.setUint16(at, value === 1.5 ? 0x3fc0 : 0xc000, true);
        },
        I64: () => {
          data.setBigInt64(at, BigInt(value), true);
        },
        U64: () => {
          data.setBigUint64(at, BigInt(value), true);
        },
        I32: () => {
          data.setInt32(at, value, true);
        },
        U32: () => {
          data.setUint32(at, value, true);
        },
        I16: () => {
          data.setInt16(at, value, true);
        },
        U16: () => {
          data.setUint16(at, value, true);
        },
        I8: () => {
          data.setInt8(at, value);
        },
      };
      (
        put[dtype] ??
        (() => {
          data.setUint8(at, value);
        })
      )();
    });
    const header = new TextEncoder().encode(JSON.stringify({ t: { dtype, shape: [2], data_offsets: [0, 2 * width] } }));
    const file = new Uint8Array([...new Uint8Array(BigUint64Array.of(BigInt(header.byteLength)).buffer), ...header, ...new Uint8Array(data.buffer)]);
    const tensor = await (await open(sourceFromBytes(dtype, file))).readTensor('t');
    expect([...tensor.values], dtype).toEqual(wanted);
  }
});

describe('hostile files give one coded error that names the tensor and the file', () => {
  const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32'): unknown => ({ dtype, shape, data_offsets: offsets });
  const cases: readonly [string, ByteSource, ...string[]][] = [
    ['empty', sourceFromBytes('made.safetensors', new Uint8Array(0)), '0 bytes'],
    ['cut in the header length', sourceFromBytes('made.safetensors', new Uint8Array(5)), '5 bytes'],
    ['header longer than the file', fileWith({}, 0, 1000n), '1000'],
    ['header length of 2^64 - 1', fileWith({}, 0, 0xffffffffffffffffn), 'header'],
    ['header length just over the limit', fileWith({}, 0, 100_000_001n), 'header'],
    ['no JSON', fileWith('{"t":', 0), 'JSON'],
    ['not UTF-8', fileWith('', 4, 4n), 'JSON'],
    ['a list', fileWith([], 0), 'no object'],
    ['null', fileWith(null, 0), 'no object'],
    ['metadata of numbers', fileWith({ __metadata__: { a: 1 } }, 0), '__metadata__'],
    ['an entry that is no object', fileWith({ t: 3 }, 0), '"t"'],
    ['unknown dtype', fileWith({ t: entry([1], [0, 4], 'F128') }, 4), '"t"', 'F128'],
    ['dtype that is a prototype name', fileWith({ t: entry([1], [0, 4], 'constructor') }, 4), '"t"'],
    ['negative size', fileWith({ t: entry([-1], [0, 4]) }, 4), '"t"'],
    ['fractional size', fileWith({ t: entry([1.5], [0, 6]) }, 6), '"t"'],
    ['huge counts', fileWith({ t: entry([4e9, 4e9, 4e9], [0, 4]) }, 4), '"t"'],
    ['count over the file', fileWith({ t: entry([1e15], [0, 4e15]) }, 4), '"t"'],
    ['shape as text', fileWith({ t: entry('3', [0, 4]) }, 4), '"t"'],
    ['offsets reversed', fileWith({ t: entry([1], [4, 0]) }, 4), '"t"'],
    ['offsets missing', fileWith({ t: { dtype: 'F32', shape: [1] } }, 4), '"t"', 'data_offsets'],
    ['offsets as texts', fileWith({ t: entry([1], ['0', '4']) }, 4), '"t"'],
    ['offset negative', fileWith({ t: entry([1], [-4, 0]) }, 4), '"t"'],
    ['past the end', fileWith({ t: entry([2], [0, 8]) }, 7), '"t"'],
    ['shape and offsets disagree', fileWith({ t: entry([3], [0, 8]) }, 8), '"t"', '12'],
    ['overlap', fileWith({ a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, 12), '"a"', '"b"', 'overlap'],
  ];
  test.each(cases)('%s', async (_, source, ...parts) => {
    await expectCode('bad-weights', () => open(source), 'made.safetensors', ...parts);
  });

  test('an unknown tensor name lists what there is', async () => {
    const file = await open(fileWith({ weight: entry([1], [0, 4]) }, 4));
    await expectCode('bad-weights', () => file.readTensor('bias'), '"bias"', 'weight');
  });

  test('a file that shrinks after its header was read', async () => {
    const whole = fileWith({ t: entry([4], [0, 16]) }, 16);
    const file = await open(whole);
    const size = await whole.size();
    const shrunk = { ...whole, read: async (start: number, end: number) => whole.read(start, Math.min(end, size - 3)) };
    await expectCode('bad-weights', async () => (await SafetensorsFile.open(shrunk)).readTensor('t'), '"t"', 'cut short');
    expect((await file.readTensor('t')).values.length).toBe(4);
  });
});

describe('few requests', () => {
  test('ranges are merged over small holes only', () => {
    expect(
      mergeRanges(
        [
          { start: 50, end: 60 },
          { start: 0, end: 10 },
          { start: 12, end: 20 },
          { start: 5, end: 5 },
        ],
        2,
      ),
    ).toEqual([
      { start: 0, end: 20 },
      { start: 50, end: 60 },
    ]);
  });

  test('only the wanted tensors are read, neighbours together', async () => {
    const tensors = Object.fromEntries(
      Array.from({ length: 6 }, (_, index) => [
        `t${String(index)}`,
        { shape: [100_000], dtype: 'F32' as const, values: new Float32Array(100_000).fill(index) },
      ]),
    );
    const whole = sourceFromBytes('f', writeSafetensors(tensors));
    const reads: number[] = [];
    const file = await open({
      ...whole,
      read: (start, end) => {
        reads.push(end - start);
        return whole.read(start, end);
      },
    });
    reads.length = 0;
    const got = await file.readTensors(['t5', 't0', 't1']);
    expect(reads).toEqual([800_000, 400_000]);
    expect(['t0', 't1', 't5'].map((name) => got.get(name)?.values[7])).toEqual([0, 1, 5]);
  });
});
