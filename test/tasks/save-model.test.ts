import { describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../src/models/mobilenet/weights.js';
import { loadMobileNet } from '../../src/models/mobilenet/load.js';
import { sourceFromBytes } from '../../src/models/byte-source.js';
import { initialValues, layoutOf } from '../../src/tasks/fine-tuning/tail-state.js';
import { saveLayersModel, SHARD_NAME, type NamedTensors } from '../../src/tasks/fine-tuning/save-model.js';
import { FINE_TUNE_PRESETS } from '../../src/tasks/fine-tuning/settings.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { softmax } from '../../src/tasks/classification/classifier.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { mobileNetReference } from '../support/mobilenet-reference.js';
import { randomMobileNet } from '../support/random-mobilenet.js';

const SIZE = 64;
const apart = randomMobileNet(21, 0.35, 4);

describe('a saved model', () => {
  it.each([
    { what: 'BatchNorm apart', net: apart },
    { what: 'BatchNorm folded', net: { ...apart, units: apart.units.map(foldBatchNorm) } },
  ])('opens in tf.loadLayersModel and in our reader with equal outputs ($what)', { timeout: 240_000 }, async ({ net }) => {
    const layers = mobileNetLayers(net, { height: SIZE, width: SIZE, classes: 4 });
    const { trained } = splitLayers(layers, 20);
    const layout = layoutOf(trained, layers.at(-2)?.channels ?? 0);
    const values = initialValues(trained, layout, { seed: 1, slots: 1 });
    const tensors: NamedTensors = new Map([
      ...layout.parameters.map(({ name, shape, offset, length }) => [name, { shape, values: values.parameters.slice(offset, offset + length) }] as const),
      [
        'predictions/kernel',
        { shape: [net.dense?.weights.length === undefined ? 0 : net.dense.weights.length / 4, 4], values: net.dense?.weights ?? new Float32Array() },
      ],
      ['predictions/bias', { shape: [4], values: net.dense?.bias ?? new Float32Array() }],
    ]);
    const info = { classes: ['a', 'b', 'c', 'd'], settings: FINE_TUNE_PRESETS.default, input: net.input, version: 'test' };
    const { modelJson, shard } = saveLayersModel(layers, tensors, info);

    const picture = drawnPicture(2, 3, SIZE);
    const { logits } = mobileNetReference(net, { height: SIZE, width: SIZE, values: picture.data });
    const wanted = softmax(logits ?? []);

    const tf = await import('@tensorflow/tfjs-layers');
    const core = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-cpu');
    await core.setBackend('cpu');
    const json = JSON.parse(modelJson) as { modelTopology: object; weightsManifest: { weights: never[] }[] };
    const model = await tf.loadLayersModel(
      core.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs: json.weightsManifest[0]?.weights ?? [], weightData: shard.buffer }),
    );
    const input = core.tensor4d(
      picture.data.map((value) => value * net.input.scale - net.input.offset),
      [1, SIZE, SIZE, 3],
    );
    const output = await (model.predict(input) as InstanceType<typeof core.Tensor>).data();
    expect(output.length).toBe(4);
    wanted.forEach((value, index) => {
      expect(output[index]).toBeCloseTo(value, 5);
    });

    const read = await loadMobileNet(
      sourceFromBytes('model.json', new TextEncoder().encode(modelJson), (path) => (path === SHARD_NAME ? sourceFromBytes(path, shard) : undefined)),
    );
    const again = mobileNetReference(read, { height: SIZE, width: SIZE, values: picture.data });
    softmax(again.logits ?? []).forEach((value, index) => {
      expect(value).toBeCloseTo(wanted[index] ?? NaN, 6);
    });
  });
});
