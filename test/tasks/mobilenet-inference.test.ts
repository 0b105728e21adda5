import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { loadMobileNet } from '../../src/models/mobilenet/load.js';
import { FrozenProgram } from '../../src/tasks/mobilenet/frozen-program.js';
import { countParameters, DENSE_LAYER, mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { toNetInput } from '../../src/tasks/mobilenet/net-input.js';
import { decodePicture } from '../support/decode-picture.js';
import { mobileNetReference } from '../support/mobilenet-reference.js';
import { randomMobileNet } from '../support/random-mobilenet.js';
import { nodeEngine } from '../support/node-gpu.js';
import { describeWithShared, fileSource, sharedPath } from '../support/shared-data.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const FOLDER = 'nets/mobilenet-tflite';
const PICTURES = [
  { picture: 'chelsea.png', labels: /tabby|tiger cat|egyptian cat/i },
  { picture: 'coffee.png', labels: /espresso|cup/i },
  { picture: 'rocket.jpg', labels: /missile|projectile|space shuttle/i },
];

describeWithShared('MobileNetV2 inference', FOLDER, () => {
  it.each(['mobilenet_v2_1.0_224_quant.tflite', 'tf2_mobilenet_v2_1.0_224_ptq.tflite'])(
    '%s: logits equal a float64 run to 1e-3, top 5 name the picture',
    { timeout: 300_000 },
    async (file) => {
      const net = await loadMobileNet(await fileSource(sharedPath(`${FOLDER}/${file}`)));
      const layers = mobileNetLayers(net, { height: 224, width: 224, classes: net.dense?.classes ?? 0 });
      const labels = (await readFile(sharedPath(`${FOLDER}/coral_imagenet_labels.txt`), 'utf8')).trim().split('\n');
      const program = await FrozenProgram.build(engine, net, { layers, outputs: [DENSE_LAYER], batch: 3 });
      const inputs: Float32Array<ArrayBuffer>[] = [];
      for (const [position, { picture }] of PICTURES.entries()) {
        const decoded = await decodePicture(sharedPath(`images/${picture}`));
        const input = toNetInput(decoded, { size: 224, resize: 'crop', order: 'rgb', antialias: true, ...net.input });
        inputs.push(input);
        program.write(input, position);
      }
      program.run();
      const logits = new Float32Array(await program.read(DENSE_LAYER));
      program.destroy();
      const classes = net.dense?.classes ?? 0;
      for (const [position, { labels: wanted }] of PICTURES.entries()) {
        const mine = [...logits.subarray(position * classes, (position + 1) * classes)];
        const top = mine
          .map((logit, index) => ({ logit, label: labels[index + (labels.length - classes)] ?? '' }))
          .sort((a, b) => b.logit - a.logit)
          .slice(0, 5)
          .map(({ label }) => label);
        expect(top.join(', ')).toMatch(wanted);
        if (position > 0) continue;
        const picture = { height: 224, width: 224, values: inputs[position] ?? [] };
        const { logits: reference } = mobileNetReference({ ...net, input: { scale: 1, offset: 0 } }, picture);
        expect(Math.max(...mine.map((logit, index) => Math.abs(logit - (reference?.[index] ?? NaN))))).toBeLessThan(1e-3);
      }
    },
  );
});

describe('layers', () => {
  it('counts and cuts as Keras does', () => {
    const layers = mobileNetLayers(randomMobileNet(1, 1), { height: 224, width: 224, classes: 120 });
    expect(countParameters(layers, 20)).toEqual({ total: 2_411_704, trainable: 1_204_280, frozen: 1_207_424 });
    const { trained, crossing } = splitLayers(layers, 20);
    expect(crossing.map(({ name }) => name)).toEqual(['block_14_add', 'block_15_expand_BN']);
    expect(trained[0]?.name).toBe('block_15_expand_relu');
  });
});
