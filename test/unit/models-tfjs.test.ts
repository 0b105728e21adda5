import { describe, expect, test } from 'vitest';
import { sourceFromBytes, sourcesFromFiles, type ByteSource } from '../../src/models/byte-source.js';
import { loadVgg } from '../../src/models/load.js';
import { TfjsModelFile } from '../../src/models/tfjs-manifest.js';
import { expectCode } from '../support/expect-code.js';

/** A model.json over shards in memory. */
function model(manifest: unknown, shards: Readonly<Record<string, Uint8Array>>): ByteSource {
  const json = new TextEncoder().encode(JSON.stringify({ modelTopology: {}, weightsManifest: manifest }));
  return sourceFromBytes('model.json', json, (path) => (shards[path] === undefined ? undefined : sourceFromBytes(path, shards[path])));
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe('weights of a tfjs model.json', () => {
  test('a tensor may cross from one shard into the next, and groups have their own shards', async () => {
    const bytes = floats(1, 2, 3, 4, 5, 6);
    const source = model(
      [
        {
          paths: ['a', 'b', 'c'],
          weights: [
            { name: 'x', shape: [2], dtype: 'float32' },
            { name: 'y', shape: [2, 2], dtype: 'float32' },
          ],
        },
        { paths: ['d'], weights: [{ name: 'z', shape: [], dtype: 'int32' }] },
      ],
      { a: bytes.subarray(0, 5), b: bytes.subarray(5, 13), c: bytes.subarray(13), d: new Uint8Array(Int32Array.of(-7).buffer) },
    );
    const tensors = await (await TfjsModelFile.open(source)).readTensors(['z', 'y', 'x']);
    expect([...tensors.entries()].map(([name, { shape, values }]) => [name, [...shape], [...values]])).toEqual([
      ['z', [], [-7]],
      ['y', [2, 2], [3, 4, 5, 6]],
      ['x', [2], [1, 2]],
    ]);
  });

  test('quantised weights', async () => {
    const source = model(
      [
        {
          paths: ['q'],
          weights: [
            { name: 'bytes', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
            { name: 'half', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
            { name: 'words', shape: [1], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.25, min: 2 } },
          ],
        },
      ],
      { q: Uint8Array.of(0, 2, 255, 0x00, 0x3e, 0x10, 0x27) },
    );
    const tensors = await (await TfjsModelFile.open(source)).readTensors(['bytes', 'half', 'words']);
    expect([...tensors.values()].map(({ values }) => [...values])).toEqual([[-1, 0, 126.5], [1.5], [2502]]);
  });

  test('picked files find each other by name', async () => {
    const json = JSON.stringify({
      weightsManifest: [
        {
          paths: ['group1-shard1of1.bin'],
          weights: [
            { name: 'block1_conv1/kernel', shape: [3, 3, 3, 1] },
            { name: 'block1_conv1/bias', shape: [1] },
          ],
        },
      ],
    });
    const files = [new File([new Uint8Array(112)], 'group1-shard1of1.bin'), new File([json], 'model.json')];
    const source = sourcesFromFiles(files)[1];
    if (source === undefined) throw new Error('no source');
    expect((await loadVgg(source)).layers.length).toBe(1);
  });

  const weights = [
    { name: 'block1_conv1/kernel', shape: [3, 3, 3, 1] },
    { name: 'block1_conv1/bias', shape: [1] },
  ];
  test('a missing shard is named', () =>
    expectCode('file-missing', () => loadVgg(model([{ paths: ['shard1', 'shard2'], weights }], { shard1: new Uint8Array(60) })), 'model.json', 'shard2'));
  test('a short shard is named', () =>
    expectCode('bad-weights', () => loadVgg(model([{ paths: ['shard1'], weights }], { shard1: new Uint8Array(111) })), 'shard1', '111', '112'));

  const broken: readonly [string, unknown, ...string[]][] = [
    ['no manifest', undefined, 'weightsManifest'],
    ['a group without paths', [{ weights }], 'group 0'],
    ['a path that leaves the folder', [{ paths: ['../secret'], weights }], '../secret'],
    ['an absolute path', [{ paths: ['/etc/passwd'], weights }], '/etc/passwd'],
    ['a URL as path', [{ paths: ['https://other.example/shard'], weights }], 'other.example'],
    ['a path that is a number', [{ paths: [3], weights }], '3'],
    [
      'a shard twice',
      [
        { paths: ['a'], weights: [] },
        { paths: ['a'], weights: [] },
      ],
      'a',
      'twice',
    ],
    ['unknown dtype', [{ paths: [], weights: [{ name: 't', shape: [1], dtype: 'string' }] }], '"t"', 'string'],
    ['dtype that is a prototype name', [{ paths: [], weights: [{ name: 't', shape: [1], dtype: 'toString' }] }], '"t"'],
    ['negative size', [{ paths: [], weights: [{ name: 't', shape: [-1] }] }], '"t"'],
    ['huge counts', [{ paths: [], weights: [{ name: 't', shape: [2e9, 2e9] }] }], '"t"'],
    [
      'a name twice',
      [
        {
          paths: [],
          weights: [
            { name: 't', shape: [1] },
            { name: 't', shape: [1] },
          ],
        },
      ],
      '"t"',
      'twice',
    ],
    ['quantised without scale', [{ paths: [], weights: [{ name: 't', shape: [1], quantization: { dtype: 'uint8' } }] }], '"t"', 'scale'],
  ];
  test.each(broken)('%s', async (_, manifest, ...parts) => {
    await expectCode('bad-weights', () => TfjsModelFile.open(model(manifest, {})), 'model.json', ...parts);
  });

  test('no JSON', () =>
    expectCode('bad-weights', () => TfjsModelFile.open(sourceFromBytes('model.json', new TextEncoder().encode('{"weightsManifest":'))), 'model.json', 'JSON'));
});
