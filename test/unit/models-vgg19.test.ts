import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fillPhilox, Philox } from '../../src/engine/random.js';
import { sourceFromBytes, type ByteSource } from '../../src/models/byte-source.js';
import { describeLayers, formatDescription } from '../../src/models/describe.js';
import { loadVgg, type LoadedVgg } from '../../src/models/load.js';
import { SafetensorsFile } from '../../src/models/safetensors.js';
import { writeSafetensors, type OutputTensor } from '../../src/models/safetensors-write.js';
import { layersUpTo, netUpTo, VGG19_LAYERS, VGG19_WIDTHS } from '../../src/models/vgg19.js';
import { describeWithShared, fileSource, sharedPath, shippedPath } from '../support/shared-data.js';
import { expectCode } from '../support/expect-code.js';

const random = new Philox(Date.now());

/** Tensors of the first layers of a thin net under torchvision's names. */
function thinTensors(layerCount: number, change: (tensors: Record<string, OutputTensor>) => void = () => undefined): ByteSource {
  const tensors: Record<string, OutputTensor> = {};
  let inChannels = 3;
  for (const { torchvisionIndex, block } of VGG19_LAYERS.slice(0, layerCount)) {
    const outChannels = 2 + block;
    const values = Float32Array.from({ length: 9 * inChannels * outChannels }, () => random.nextNormal());
    tensors[`features.${String(torchvisionIndex)}.weight`] = { shape: [outChannels, inChannels, 3, 3], dtype: 'F32', values };
    tensors[`features.${String(torchvisionIndex)}.bias`] = { shape: [outChannels], dtype: 'F32', values: new Float32Array(outChannels) };
    inChannels = outChannels;
  }
  change(tensors);
  return sourceFromBytes('thin.safetensors', writeSafetensors(tensors));
}

const shapes = (net: LoadedVgg): string[] => net.layers.map(({ name, inChannels, outChannels }) => `${name} ${String(inChannels)} ${String(outChannels)}`);

describe('the description', () => {
  test("sixteen convolutions with torchvision's indices and pooling before blocks 2 to 5", () => {
    expect(VGG19_LAYERS.map(({ torchvisionIndex }) => torchvisionIndex)).toEqual([0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]);
    expect(VGG19_LAYERS.filter(({ pooledBefore }) => pooledBefore).map(({ name }) => name)).toEqual([
      'block2_conv1',
      'block3_conv1',
      'block4_conv1',
      'block5_conv1',
    ]);
    expect(layersUpTo(['block2_conv1', 'block1_conv1']).length).toBe(3);
    expect(layersUpTo([]).length).toBe(0);
  });

  test('unknown layers are named with the known ones', () => expectCode('unknown-layer', () => layersUpTo(['block6_conv1']), 'block6_conv1', 'block5_conv4'));

  test("the full net has Keras's parameter counts", () => {
    const layers = VGG19_LAYERS.map((layer, index) => ({ ...layer, inChannels: VGG19_WIDTHS[index - 1] ?? 3, outChannels: VGG19_WIDTHS[index] ?? 0 }));
    const summary = describeLayers({ name: 'vgg19', layers }, { height: 224, width: 224 });
    expect(summary.totalParameters).toBe(20_024_384);
    expect(summary.rows.length).toBe(22);
    expect(summary.rows.at(-1)).toEqual({ name: 'block5_pool', kind: 'MaxPooling2D', outputShape: [null, 7, 7, 512], parameters: 0 });
    const text = formatDescription(describeLayers({ name: 'vgg19', layers }));
    expect(text).toContain('Total params: 20,024,384');
    expect(text).toMatch(/block1_conv2 \(Conv2D\) +\(None, None, None, 64\) +36,928/);
  });
});

describe("safetensors with torchvision's names", () => {
  test('the shipped net: widths from the weights, kernels turned to HWIO, preprocessing from the metadata', async () => {
    const path = shippedPath('nets/tiny-vgg19.safetensors');
    const source = await fileSource(path);
    const net = await loadVgg(source);
    expect(net.layers.length).toBe(16);
    expect(net.layers.map(({ outChannels }) => outChannels)).toEqual(VGG19_WIDTHS.map((width) => width / 8));
    expect(net.preprocess.name).toBe('caffe');
    expect(net.notices).toEqual([]);
    const raw = await (await SafetensorsFile.open(source)).readTensor('features.2.weight');
    const layer = net.layers[1];
    for (const [o, i, y, x] of [
      [0, 0, 0, 0],
      [7, 3, 2, 1],
      [4, 6, 1, 2],
    ] as const) {
      expect(layer?.weights[((y * 3 + x) * 8 + i) * 8 + o]).toBe(raw.values[((o * 8 + i) * 3 + y) * 3 + x]);
    }
  });

  test('a picked file', async () => {
    const bytes = await readFile(shippedPath('nets/tiny-vgg19.safetensors'));
    const { sourcesFromFiles } = await import('../../src/models/byte-source.js');
    const [source] = sourcesFromFiles([new File([bytes], 'tiny-vgg19.safetensors')]);
    if (source === undefined) throw new Error('no source');
    expect((await loadVgg(source, { taps: ['block2_conv1'] })).layers.length).toBe(3);
  });

  test('only what the taps need is read', async () => {
    const source = await fileSource(shippedPath('nets/tiny-vgg19.safetensors'));
    let bytes = 0;
    const net = await loadVgg(source, { taps: ['block1_conv2'], onBytes: (count) => (bytes += count) });
    expect(shapes(net)).toEqual(['block1_conv1 3 8', 'block1_conv2 8 8']);
    expect(bytes).toBeLessThan(10_000);
  });

  test('a net may stop early; a tap beyond its end names the last layer', async () => {
    const source = thinTensors(3);
    const net = await loadVgg(source, { preprocess: 'torch' });
    expect(shapes(net)).toEqual(['block1_conv1 3 3', 'block1_conv2 3 3', 'block2_conv1 3 4']);
    expect(net.preprocess.order).toEqual([0, 1, 2]);
    await expectCode('unknown-layer', () => netUpTo(net, ['block3_conv1']), 'thin.safetensors', 'block3_conv1', 'block2_conv1');
    await expectCode('unknown-layer', () => loadVgg(source, { taps: ['block5_conv1'] }), 'block5_conv1', 'block2_conv1');
  });

  test('without metadata caffe is assumed, with a notice', async () => {
    const net = await loadVgg(thinTensors(1));
    expect(net.preprocess.name).toBe('caffe');
    expect(net.notices.join()).toContain('assuming caffe');
  });

  const damaged: readonly [string, (tensors: Record<string, OutputTensor>) => void, ...string[]][] = [
    [
      'a kernel of the wrong size',
      (t) => (t['features.2.weight'] = { shape: [3, 3, 5, 5], dtype: 'F32', values: new Float32Array(225) }),
      'features.2.weight',
      '[3, 3, 5, 5]',
    ],
    ['a kernel that is a vector', (t) => (t['features.2.weight'] = { shape: [4], dtype: 'F32', values: new Float32Array(4) }), 'features.2.weight'],
    ['a bias of the wrong length', (t) => (t['features.5.bias'] = { shape: [7], dtype: 'F32', values: new Float32Array(7) }), 'features.5.bias', '[7]'],
    ['widths that do not chain', (t) => (t['features.5.weight'] = { shape: [4, 9, 3, 3], dtype: 'F32', values: new Float32Array(324) }), 'block2_conv1', '9'],
    ['a missing bias', (t) => delete t['features.0.bias'], 'block1_conv1', 'bias'],
    [
      'a missing layer',
      (t) => {
        delete t['features.2.weight'];
        delete t['features.2.bias'];
      },
      'block1_conv2',
      'block2_conv1',
    ],
    [
      'no VGG19 at all',
      (t) => {
        for (const name of Object.keys(t)) Reflect.deleteProperty(t, name);
        t.embedding = { shape: [1], dtype: 'F32', values: [1] };
      },
      'embedding',
    ],
  ];
  test.each(damaged)('%s is named', async (_, change, ...parts) => {
    await expectCode('bad-weights', () => loadVgg(thinTensors(3, change)), 'thin.safetensors', ...parts);
  });

  test('a text that is no net', () => expectCode('bad-option', () => loadVgg('vgg20'), 'vgg20'));
});

describe('random-vgg19', () => {
  test("the fast filler gives Philox's own numbers", () => {
    for (const [seed, stream] of [
      [0, 0],
      [2 ** 40 + 17, 3],
      [Math.floor(random.nextUniform() * 2 ** 50), 16],
    ] as const) {
      const words = new Uint32Array(1_003);
      fillPhilox(words, seed, stream);
      const slow = new Philox(seed, stream);
      expect([...words]).toEqual(Array.from(words, () => slow.nextUint32()));
    }
  });

  test('the same seed gives the same bits, another seed others', async () => {
    const [a, b, c] = await Promise.all(['random-vgg19:7/8', 'random-vgg19:7/8', 'random-vgg19:8/8'].map((spec) => loadVgg(spec)));
    expect(a?.layers).toEqual(b?.layers);
    expect(a?.layers[3]?.weights).not.toEqual(c?.layers[3]?.weights);
    expect(a?.layers.length).toBe(16);
    expect(a?.name).toBe('random-vgg19:7/8');
  });

  test('fewer taps give the same first layers', async () => {
    const [all, first] = await Promise.all([loadVgg('random-vgg19/8'), loadVgg('random-vgg19/8', { taps: ['block2_conv2'] })]);
    expect(first.layers).toEqual(all.layers.slice(0, 4));
  });

  test("full width has VGG19's widths", async () => {
    const net = await loadVgg('random-vgg19', { taps: ['block3_conv1'] });
    expect(net.layers.map(({ outChannels }) => outChannels)).toEqual(VGG19_WIDTHS.slice(0, 5));
  });

  test.each(['random-vgg19:', 'random-vgg19:x', 'random-vgg19/3', 'random-vgg19:1/0', 'random-vgg19:-1'])('%s is refused', async (text) => {
    await expectCode('bad-option', () => loadVgg(text), text);
  });
});

describeWithShared('vgg19-blocks1-3', 'nets/vgg19-blocks1-3', () => {
  const folder = sharedPath('nets/vgg19-blocks1-3');
  test('safetensors and tfjs give identical tensors', async () => {
    const a = await loadVgg(await fileSource(`${folder}/vgg19-blocks1-3.torchvision.safetensors`));
    const b = await loadVgg(await fileSource(`${folder}/model.json`));
    expect(a.layers.map(({ name }) => name)).toEqual(VGG19_LAYERS.slice(0, 8).map(({ name }) => name));
    for (const [index, layer] of a.layers.entries()) {
      const other = b.layers[index];
      expect(
        Buffer.compare(
          Buffer.from(layer.weights.buffer, layer.weights.byteOffset, layer.weights.byteLength),
          Buffer.from(other?.weights.buffer ?? new ArrayBuffer(0), other?.weights.byteOffset, other?.weights.byteLength),
        ),
      ).toBe(0);
      expect([...layer.bias]).toEqual([...(other?.bias ?? [])]);
    }
    expect(a.notices).toEqual([]);
    expect(b.notices.length).toBe(1);
  });
});

describeWithShared('vgg19-16x', 'nets/vgg19-16x', () => {
  test('ends at block5_conv1 and its aux maps are left alone', async () => {
    const net = await loadVgg(await fileSource(sharedPath('nets/vgg19-16x/vgg19-16x.safetensors')));
    expect(shapes(net).at(-1)).toBe('block5_conv1 128 128');
    expect(net.layers.length).toBe(13);
  });
});
