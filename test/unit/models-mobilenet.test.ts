import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sourceFromBytes, type ByteSource } from '../../src/models/byte-source.js';
import { describeMobileNetV2, mobileNetUnits } from '../../src/models/mobilenet/description.js';
import { loadMobileNet } from '../../src/models/mobilenet/load.js';
import { mobileNetTensors } from '../../src/models/mobilenet/to-tensors.js';
import { foldBatchNorm, type MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { writeSafetensors, type OutputTensor } from '../../src/models/safetensors-write.js';
import { expectCode } from '../support/expect-code.js';
import { mobileNetReference } from '../support/mobilenet-reference.js';
import { squashedPicture } from '../support/pictures.js';
import { randomMobileNet } from '../support/random-mobilenet.js';
import { describeWithShared, fileSource, sharedPath } from '../support/shared-data.js';

describe("the description has Keras's names, shapes and counts", () => {
  test('parameters', () => {
    expect(describeMobileNetV2({ classes: 1000 }).totalParameters).toBe(3_538_984);
    expect(describeMobileNetV2().totalParameters).toBe(2_257_984);
    expect(describeMobileNetV2({ classes: 120 }).totalParameters).toBe(2_411_704);
    expect(describeMobileNetV2({ width: 0.35 }).totalParameters).toBe(410_208);
    expect(describeMobileNetV2({ width: 1.4 }).totalParameters).toBe(4_363_712);
  });

  test('layers', () => {
    const { rows } = describeMobileNetV2({ classes: 1000 });
    expect(rows.length).toBe(156);
    expect(rows.slice(0, 9).map(({ name }) => name)).toEqual([
      'input_1',
      'Conv1',
      'bn_Conv1',
      'Conv1_relu',
      'expanded_conv_depthwise',
      'expanded_conv_depthwise_BN',
      'expanded_conv_depthwise_relu',
      'expanded_conv_project',
      'expanded_conv_project_BN',
    ]);
    expect(rows.find(({ name }) => name === 'block_1_pad')).toEqual({
      name: 'block_1_pad',
      kind: 'ZeroPadding2D',
      outputShape: [null, 113, 113, 96],
      parameters: 0,
    });
    expect(rows.filter(({ kind }) => kind === 'Add').map(({ name }) => name)).toEqual(
      [2, 4, 5, 7, 8, 9, 11, 12, 14, 15].map((block) => `block_${String(block)}_add`),
    );
    expect(rows.find(({ name }) => name === 'out_relu')?.outputShape).toEqual([null, 7, 7, 1280]);
    expect(rows.find(({ name }) => name === 'block_13_depthwise')?.parameters).toBe(5_184);
  });

  test('the last 20 layers of a net for 120 classes hold the trainable parameters that Keras counts', () => {
    const { rows } = describeMobileNetV2({ classes: 120 });
    // Of a BatchNorm the moving mean and variance are not trained.
    const trainable = rows.slice(-20).reduce((sum, { kind, parameters }) => sum + (kind === 'BatchNormalization' ? parameters / 2 : parameters), 0);
    expect(trainable).toBe(1_204_280);
  });

  test('a folded BatchNorm stays a layer of no parameters', () => {
    const folded = describeMobileNetV2({ folded: true });
    expect(folded.rows.length).toBe(154);
    expect(folded.totalParameters).toBe(2_206_816);
    expect(folded.rows.find(({ name }) => name === 'bn_Conv1')?.parameters).toBe(0);
    expect(folded.rows.find(({ name }) => name === 'Conv1')?.parameters).toBe(896);
  });
});

/** Compares two nets bit for bit, faster than by a list of a million numbers. */
function expectSameNet(got: MobileNetWeights, wanted: MobileNetWeights): void {
  const bytes = ({ units, dense }: MobileNetWeights): Buffer =>
    Buffer.concat(
      [
        ...units.flatMap(({ weights, bias, batchNorm: norm }) => [
          weights,
          bias,
          ...(norm === undefined ? [] : [norm.gamma, norm.beta, norm.mean, norm.variance]),
        ]),
        ...(dense === undefined ? [] : [dense.weights, dense.bias]),
      ].map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
    );
  expect(got.width).toBe(wanted.width);
  expect(got.units.map(({ name, batchNorm }) => [name, batchNorm?.epsilon.toFixed(6)])).toEqual(
    wanted.units.map(({ name, batchNorm }) => [name, batchNorm?.epsilon.toFixed(6)]),
  );
  expect(bytes(got).equals(bytes(wanted))).toBe(true);
}

describe("safetensors with Keras's names", () => {
  const net = randomMobileNet(Date.now(), 0.35, 7);
  const written = (change: (tensors: Record<string, OutputTensor>) => void = () => undefined): ByteSource => {
    const tensors = mobileNetTensors(net, 'F32');
    change(tensors);
    return sourceFromBytes('net.safetensors', writeSafetensors(tensors));
  };

  test('round trip', async () => {
    expectSameNet(await loadMobileNet(written()), net);
  });

  test('folding BatchNorm keeps the outputs', () => {
    const picture = { height: 33, width: 32, values: Float32Array.from({ length: 33 * 32 * 3 }, (_, index) => (Math.sin(index) + 1) / 2) };
    const apart = mobileNetReference(net, picture);
    const folded = mobileNetReference({ ...net, units: net.units.map(foldBatchNorm) }, picture);
    expect(folded.features).toMatchObject({ height: 2, width: 1, channels: 1280 });
    const scale = Math.max(...(apart.logits ?? []).map(Math.abs));
    for (const [index, value] of (apart.logits ?? []).entries()) expect(Math.abs((folded.logits?.[index] ?? NaN) - value)).toBeLessThan(1e-5 * scale);
  });

  test('a net may stop early', async () => {
    const source = written((tensors) => {
      for (const name of Object.keys(tensors)) if (!/^(?:bn_)?Conv1|^expanded|^block_[12]_/.test(name)) Reflect.deleteProperty(tensors, name);
    });
    const units = (await loadMobileNet(source)).units;
    expect(units.at(-1)?.name).toBe('block_2_project');
  });

  test('a missing layer, a wrong shape and another net are named', async () => {
    await expectCode(
      'bad-weights',
      () => loadMobileNet(written((tensors) => Reflect.deleteProperty(tensors, 'block_5_expand/kernel'))),
      'net.safetensors',
      'block_5_expand',
      'block_5_depthwise',
    );
    await expectCode(
      'bad-weights',
      () => loadMobileNet(written((tensors) => (tensors['block_3_depthwise_BN/beta'] = { shape: [2], dtype: 'F32', values: [1, 2] }))),
      'block_3_depthwise',
      '[2]',
    );
    await expectCode(
      'bad-weights',
      () => loadMobileNet(written((tensors) => (tensors['block_3_project/kernel'] = { shape: [1, 1, 5, 5], dtype: 'F32', values: new Float32Array(25) }))),
      'net.safetensors',
      'kernel',
    );
    await expectCode('bad-weights', () => loadMobileNet(written((tensors) => Reflect.deleteProperty(tensors, 'bn_Conv1/moving_mean'))), 'bn_Conv1');
    await expectCode(
      'bad-weights',
      () => loadMobileNet(sourceFromBytes('other.safetensors', writeSafetensors({ x: { shape: [1], dtype: 'F32', values: [1] } }))),
      'other.safetensors',
      'MobileNetV2',
    );
  });

  test('the shape of tfjs graph models: operators with names that say nothing, BatchNorm as an operator', async () => {
    const weights: { name: string; shape: readonly number[]; values: ArrayLike<number> }[] = [];
    const node: unknown[] = [{ name: 'image', op: 'Placeholder', attr: {} }];
    const constant = (shape: readonly number[], values: ArrayLike<number>): string => {
      const name = `c${String(weights.length)}`;
      weights.push({ name, shape, values });
      node.push({ name, op: 'Const' });
      return name;
    };
    const outputs = new Map<string, string>();
    let current = 'image';
    const push = (op: string, input: readonly string[], attr: unknown = {}): string => {
      const name = `n${String(node.length)}`;
      node.push({ name, op, input, attr });
      return name;
    };
    for (const unit of net.units) {
      const depthwise = unit.kind === 'depthwise';
      const kernel = constant([unit.kernelSize, unit.kernelSize, unit.inChannels, depthwise ? 1 : unit.outChannels], unit.weights);
      const strides = { list: { i: ['1', String(unit.stride), String(unit.stride), '1'] } };
      const { gamma, beta, mean, variance } = unit.batchNorm ?? { gamma: [], beta: [], mean: [], variance: [] };
      current = push(depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', [current, kernel], { strides });
      current = push('FusedBatchNormV3', [current, ...[gamma, beta, mean, variance].map((values) => constant([unit.outChannels], values))], {
        epsilon: { f: 0.001 },
      });
      if (unit.activationName !== undefined) current = push('Relu6', [current]);
      if (unit.residual !== undefined) current = push('AddV2', [outputs.get(unit.residual.from) ?? '', current]);
      outputs.set(unit.name, current);
    }
    current = push('Mean', [current, constant([2], [1, 2])]);
    current = push('MatMul', [current, constant([1280, 7], net.dense?.weights ?? [])]);
    push('BiasAdd', [current, constant([7], net.dense?.bias ?? [])]);
    const data = new Uint8Array(Float32Array.from(weights.flatMap(({ values }) => Array.from(values))).buffer);
    const json = {
      modelTopology: { node },
      weightsManifest: [{ paths: ['shard'], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) }],
    };
    const source = sourceFromBytes('model.json', new TextEncoder().encode(JSON.stringify(json)), () => sourceFromBytes('shard', data));
    const read = await loadMobileNet(source);
    expectSameNet(read, net);
  });
});

describeWithShared('tflite classifiers', 'nets/mobilenet-tflite', () => {
  const folder = sharedPath('nets/mobilenet-tflite');
  const wanted: readonly [string, RegExp][] = [
    ['chelsea.png', /^(?:tabby|tiger cat|Egyptian cat)/],
    ['coffee.png', /^(?:espresso|cup)$/],
    ['rocket.jpg', /^(?:missile|projectile|space shuttle)/],
  ];
  test.each(['mobilenet_v2_1.0_224_quant.tflite', 'tf2_mobilenet_v2_1.0_224_ptq.tflite'])('%s: top five of three photographs in float64', async (file) => {
    const labels = (await readFile(`${folder}/coral_imagenet_labels.txt`, 'utf8')).trim().split('\n');
    const net = await loadMobileNet(await fileSource(`${folder}/${file}`));
    expect(net.units.map(({ name }) => name)).toEqual(mobileNetUnits(1).map(({ name }) => name));
    expect(net.dense?.classes).toBe(1001);
    for (const [picture, pattern] of wanted) {
      const { logits } = mobileNetReference(net, await squashedPicture(sharedPath(`images/${picture}`), 224, 224));
      const top = [...(logits ?? []).entries()]
        .sort(([, a], [, b]) => b - a)
        .slice(0, 5)
        .map(([index]) => labels[index] ?? '');
      expect(
        top.some((label) => pattern.test(label)),
        `${picture}: ${top.join(' | ')}`,
      ).toBe(true);
    }
  });

  test('a truncated file', async () => {
    const bytes = new Uint8Array(await readFile(`${folder}/mobilenet_v2_1.0_224_quant.tflite`));
    await expectCode('bad-weights', () => loadMobileNet(sourceFromBytes('cut.tflite', bytes.slice(0, bytes.byteLength - 100_000))), 'cut.tflite');
  });
});
