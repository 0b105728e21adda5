import { readFile } from 'node:fs/promises';
import { File as JsfiveFile } from 'jsfive';
import { describe, expect, test } from 'vitest';
import { sourceFromBytes } from '../../src/models/byte-source.js';
import { KerasH5File } from '../../src/models/hdf5/keras-h5.js';
import { loadVgg } from '../../src/models/load.js';
import { expectCode } from '../support/expect-code.js';
import { describeWithShared, fileSource, sharedPath, shippedPath } from '../support/shared-data.js';

const LAYERS = [
  ['block1_conv1', 3, 4],
  ['block1_conv2', 4, 4],
  ['block2_conv1', 4, 6],
] as const;

describe('what h5py writes', () => {
  const close = (got: ArrayLike<number>, wanted: (index: number) => number, digits: number): void => {
    for (let index = 0; index < got.length; index++) expect(got[index]).toBeCloseTo(wanted(index), digits);
  };
  const files: readonly [string, string, number][] = [
    ['contiguous datasets, texts of any length in a global heap', 'plain.h5', 6],
    ['a whole model; float64, big-endian, chunked, shuffled, deflated, with checksums', 'whole-model-packed.h5', 6],
    ['float16 in chunks that stick out', 'half-chunked.h5', 3],
    ['the new format with compact links', 'new-format.h5', 6],
  ];
  test.each(files)('%s', async (_, file, digits) => {
    const net = await loadVgg(await fileSource(shippedPath(`h5/${file}`)));
    expect(net.layers.map(({ name, inChannels, outChannels }) => [name, inChannels, outChannels])).toEqual(LAYERS);
    for (const [index, { weights, bias }] of net.layers.entries()) {
      close(weights, (at) => Math.sin(at + index), digits);
      close(bias, (at) => Math.cos(at + index), digits);
    }
  });

  test('only the wanted layers are read', async () => {
    const source = await fileSource(shippedPath('h5/whole-model-packed.h5'));
    expect((await loadVgg(source, { taps: ['block1_conv2'] })).layers.length).toBe(2);
  });

  test('dense links are refused by name', async () => {
    await expectCode('bad-weights', async () => KerasH5File.open(await fileSource(shippedPath('h5/dense-links.h5'))), 'dense-links.h5', 'libver');
  });

  test('a file that Keras did not write', async () => {
    await expectCode('bad-weights', async () => loadVgg(await fileSource(shippedPath('h5/not-keras.h5'))), 'not-keras.h5', 'layer_names');
  });

  test('a file cut short', async () => {
    const bytes = await readFile(shippedPath('h5/plain.h5'));
    await expectCode('bad-weights', () => loadVgg(sourceFromBytes('cut.h5', bytes.subarray(0, bytes.byteLength - 5_000))), 'cut.h5');
  });
});

describeWithShared('vgg19-blocks1-3 as Keras .h5', 'nets/vgg19-blocks1-3', () => {
  const folder = sharedPath('nets/vgg19-blocks1-3');
  const path = `${folder}/vgg19-blocks1-3.keras.h5`;

  test('gives the same bits as tfjs and safetensors', async () => {
    const nets = await Promise.all(
      [path, `${folder}/model.json`, `${folder}/vgg19-blocks1-3.torchvision.safetensors`].map(async (file) => loadVgg(await fileSource(file))),
    );
    const bytes = nets.map(({ layers }) =>
      Buffer.concat(layers.flatMap(({ weights, bias }) => [weights, bias]).map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength))),
    );
    expect(bytes[0]?.byteLength).toBe(9_302_272);
    expect(bytes.every((other) => other.equals(bytes[0] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('agrees with an independent reader', async () => {
    const file = await readFile(path);
    const other = new JsfiveFile(new Uint8Array(file).buffer, 'x');
    const ours = await KerasH5File.open(sourceFromBytes('x.h5', file));
    const name = 'block2_conv1/block2_conv1_W_1:0';
    const tensor = (await ours.readTensors([name])).get(name);
    const dataset = other.get(name);
    expect(tensor?.shape).toEqual(dataset.shape);
    expect([...(tensor?.values ?? [])]).toEqual([...dataset.value]);
  });

  test('reads little more than the wanted tensors', async () => {
    const source = await fileSource(path);
    let bytes = 0;
    const watched = {
      ...source,
      read: async (start: number, end: number) => {
        bytes += end - start;
        return source.read(start, end);
      },
    };
    await loadVgg(watched, { taps: ['block1_conv2'] });
    expect(bytes).toBeLessThan(700_000);
  });
});
