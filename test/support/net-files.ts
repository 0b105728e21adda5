/** Nets as files for the command line. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { saveLayersModel, SHARD_NAME } from '../../src/tasks/fine-tuning/save-model.js';
import { FINE_TUNE_PRESETS } from '../../src/tasks/fine-tuning/settings.js';
import { mobileNetLayers } from '../../src/tasks/mobilenet/layers.js';
import type { Picture } from '../../src/tasks/picture.js';

/** Writes a net with its dense layer into a folder, as `gramarye finetune` saves one; gives the path of its model.json. */
export function writeNet(folder: string, net: MobileNetWeights, size: number): string {
  const { dense } = net;
  if (dense === undefined) throw new Error('A net for the command line needs a dense layer.');
  const layers = mobileNetLayers(net, { height: size, width: size, classes: dense.classes });
  const tensors = new Map([
    ['predictions/kernel', { shape: [dense.weights.length / dense.classes, dense.classes], values: dense.weights }],
    ['predictions/bias', { shape: [dense.classes], values: dense.bias }],
  ]);
  const settings = { ...FINE_TUNE_PRESETS.default, size, trainLast: 1 };
  const { modelJson, shard } = saveLayersModel(layers, tensors, { classes: [], settings, input: net.input, version: 'test' });
  const { userDefinedMetadata, ...rest } = JSON.parse(modelJson) as { userDefinedMetadata: { gramarye: { classes?: unknown } } };
  // Names come from a list or from nowhere.
  delete userDefinedMetadata.gramarye.classes;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, SHARD_NAME), shard);
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...rest, userDefinedMetadata }));
  return join(folder, 'model.json');
}

/** The picture with 8 bits a channel, as a PNG holds it. */
export function eightBits({ height, width, data }: Picture): Picture {
  return { height, width, data: data.map((value) => Math.round(255 * value) / 255) };
}

/** Writes a picture as a PNG, 8 bits a channel. */
export function writePng(path: string, { height, width, data }: Picture): void {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) image.data.set([...data.subarray(i * 3, i * 3 + 3)].map((value) => Math.round(255 * value)).concat(255), i * 4);
  context.putImageData(image, 0, 0);
  writeFileSync(path, canvas.toBuffer('image/png'));
}
