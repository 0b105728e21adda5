import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GramaryeError } from '../../src/engine/errors.js';
import { Philox } from '../../src/engine/random.js';
import { sourceFromBytes, type ByteSource } from '../../src/models/byte-source.js';
import { mobileNetFromTflite } from '../../src/models/tflite/mobilenet-tflite.js';
import { constantValues, readTflite } from '../../src/models/tflite/tflite.js';
import { openWeightFile } from '../../src/models/weight-file.js';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { expectCode } from '../support/expect-code.js';
import { shippedPath } from '../support/shared-data.js';
import { smallTflite } from '../support/small-tflite.js';

/** Every run tries others; a failure names the seed to try again. */
const SEED = Number(process.env.GRAMARYE_FUZZ_SEED ?? Date.now());
const MUTATIONS = 800;
/** Far above what a file of some kilobytes takes even on a busy machine. */
const LIMIT_MS = 5_000;

/** Numbers that break readers. */
const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A damaged copy: bytes changed, numbers made extreme, parts copied elsewhere, the end cut off. */
function mutated(original: Uint8Array, random: Philox): Uint8Array<ArrayBuffer> {
  const below = (limit: number): number => Math.floor(random.nextUniform() * limit);
  let bytes = new Uint8Array(original);
  for (let change = 0, changes = 1 + below(4); change < changes; change++) {
    const at = below(bytes.byteLength);
    const view = new DataView(bytes.buffer);
    switch (below(6)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        if (at + 4 <= bytes.byteLength) view.setUint32(at - (at % 4), EXTREMES[below(EXTREMES.length)] ?? 0, true);
        break;
      case 2:
        // An address that is likely to be one: somewhere in the file.
        if (at + 8 <= bytes.byteLength) view.setBigUint64(at - (at % 8), BigInt(below(bytes.byteLength + 64)), true);
        break;
      case 3:
        bytes.copyWithin(at, below(bytes.byteLength), below(bytes.byteLength));
        break;
      case 4:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      default:
        if (below(8) === 0) bytes = bytes.slice(0, Math.max(1, at));
    }
  }
  return bytes;
}

/** Runs a reader on thousands of damaged files: it may succeed or fail with a coded error, in bounded time and memory. */
async function expectHardened(original: Uint8Array, read: (bytes: Uint8Array<ArrayBuffer>) => Promise<number> | number, memoryFactor: number): Promise<void> {
  let failures = 0;
  for (let mutation = 0; mutation < MUTATIONS; mutation++) {
    const bytes = mutated(original, new Philox(SEED, mutation));
    const started = performance.now();
    const label = `seed ${String(SEED)}, mutation ${String(mutation)}`;
    try {
      const produced = await read(bytes);
      expect(produced, label).toBeLessThanOrEqual(original.byteLength * memoryFactor);
    } catch (error) {
      if (!(error instanceof GramaryeError))
        throw new Error(`${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error });
      expect(error.code, `${label}: ${error.message}`).toMatch(/^(?:bad-weights|file-missing)$/);
      expect(error.message.length, label).toBeLessThan(2_000);
      failures++;
    }
    expect(performance.now() - started, label).toBeLessThan(LIMIT_MS);
  }
  // Damage that is never noticed would mean that nothing is checked.
  expect(failures).toBeGreaterThan(MUTATIONS / 20);
}

/** Reads every tensor and gives the bytes they take. Refuses reads of more than the file. */
async function readAll(source: ByteSource): Promise<number> {
  const size = await source.size();
  const watched: ByteSource = {
    ...source,
    read: (start, end, options) => {
      expect(end - start).toBeLessThanOrEqual(size);
      return source.read(start, end, options);
    },
  };
  const file = await openWeightFile(watched);
  let bytes = 0;
  for (const { values } of (await file.readTensors(file.names)).values()) bytes += values.byteLength;
  return bytes;
}

const h5 = (name: string): Uint8Array => readFileSync(shippedPath(`h5/${name}`));

describe(`damaged files, seed ${String(SEED)}`, () => {
  const values = Float32Array.from({ length: 64 }, (_, index) => index);
  const safetensors = writeSafetensors(
    { a: { shape: [8, 8], dtype: 'F32', values }, b: { shape: [64], dtype: 'F16', values }, c: { shape: [4, 4, 4], dtype: 'F64', values } },
    { preprocess: 'caffe' },
  );

  // An 8-bit or 16-bit value becomes 4 bytes, a 32-bit whole number 8.
  test('safetensors', () => expectHardened(safetensors, (bytes) => readAll(sourceFromBytes('made.safetensors', bytes)), 8));

  test('tfjs model.json', async () => {
    const weights = [
      { name: 'a', shape: [8, 8], dtype: 'float32' },
      { name: 'b', shape: [16], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: 1 } },
    ];
    const json = new TextEncoder().encode(JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['shard'], weights }] }));
    const shard = new Uint8Array(272);
    await expectHardened(
      json,
      (bytes) => readAll(sourceFromBytes('model.json', bytes, () => sourceFromBytes('shard', shard))),
      (4 * (json.byteLength + shard.byteLength)) / json.byteLength,
    );
  });

  test.each(['plain.h5', 'half-chunked.h5', 'new-format.h5'])('HDF5: %s', (name) =>
    expectHardened(h5(name), (bytes) => readAll(sourceFromBytes(name, bytes)), 8),
  );

  // Deflate unpacks to at most 1,032 times its length.
  test('HDF5: whole-model-packed.h5', () => expectHardened(h5('whole-model-packed.h5'), (bytes) => readAll(sourceFromBytes('packed.h5', bytes)), 8 * 1032));

  test('tflite', () =>
    expectHardened(
      smallTflite(),
      (bytes) => {
        const model = readTflite('small.tflite', bytes);
        let read = 0;
        for (const { index, data } of model.tensors) if (data !== undefined) read += constantValues(model, index).byteLength;
        try {
          mobileNetFromTflite('small.tflite', bytes);
        } catch (error) {
          if (!(error instanceof GramaryeError)) throw error;
        }
        // Several tensors may share one buffer.
        return read / Math.max(1, model.tensors.length);
      },
      8,
    ));
});

describe('HDF5 files that were made to trap their reader', () => {
  const plain = h5('plain.h5');

  /** Where a signature first stands from a position on. */
  const find = (signature: string, from = 0): number => Buffer.from(plain).indexOf(signature, from, 'latin1');
  const changed = (change: (view: DataView, bytes: Uint8Array) => void): ByteSource => {
    const bytes = new Uint8Array(plain);
    change(new DataView(bytes.buffer), bytes);
    return sourceFromBytes('trap.h5', bytes);
  };
  const traps: readonly [string, (view: DataView, bytes: Uint8Array) => void, string][] = [
    // A tree node: four bytes of signature, kind, level, entries; two siblings; then keys and children.
    [
      'a tree that is its own child',
      (view) => {
        const tree = find('TREE');
        view.setUint8(tree + 5, 1);
        view.setBigUint64(tree + 32, BigInt(tree), true);
      },
      'contains itself',
    ],
    [
      'a tree whose levels do not fall',
      (view) => {
        const tree = find('TREE');
        view.setUint8(tree + 5, 1);
        view.setBigUint64(tree + 32, BigInt(find('TREE', tree + 4)), true);
        view.setUint8(find('TREE', tree + 4) + 5, 1);
      },
      'level',
    ],
    [
      'a tree of 65,535 entries',
      (view) => {
        view.setUint16(find('TREE') + 6, 65_535, true);
      },
      'address',
    ],
    [
      'a symbol node of 65,535 entries',
      (view) => {
        view.setUint16(find('SNOD') + 6, 65_535, true);
      },
      'address',
    ],
    [
      'a heap of 2^60 bytes',
      (view) => {
        view.setBigUint64(find('HEAP') + 8, 2n ** 60n, true);
      },
      'claims',
    ],
    [
      'a root header that continues in itself',
      (view) => {
        const header = Number(view.getBigUint64(64, true));
        view.setUint16(header + 16, 16, true);
        view.setUint16(header + 18, 16, true);
        view.setBigUint64(header + 24, BigInt(header + 16), true);
        view.setBigUint64(header + 32, 64n, true);
      },
      'continues in itself',
    ],
    [
      'a superblock of another address width',
      (view) => {
        view.setUint8(13, 4);
      },
      '64 bits',
    ],
  ];
  test.each(traps)('%s', async (_, change, part) => {
    const started = performance.now();
    await expectCode('bad-weights', () => readAll(changed(change)), 'trap.h5', part);
    expect(performance.now() - started).toBeLessThan(LIMIT_MS);
  });

  test('the undamaged file is read', async () => {
    expect(await readAll(changed(() => undefined))).toBeGreaterThan(1_000);
  });
});
