#!/usr/bin/env node
/**
 * Makes assets/models/mobilenet-v2-oid/model.safetensors from npm @mediapipe/objectron: the backbone of the SSD-MobileNetV2
 * that finds objects for it, with Keras's names, float16 as published.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { unpackPackage } from './package.mjs';

const PACKAGE = '@mediapipe/objectron@0.4.1675468480';
/** The packed assets begin with a list of labels; the model follows. */
const MODEL_START = 184;

const root = join(import.meta.dirname, '../..');
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'error' });
try {
  const { mobileNetFromTflite } = await vite.ssrLoadModule('/src/models/tflite/mobilenet-tflite.ts');
  const { mobileNetTensors } = await vite.ssrLoadModule('/src/models/mobilenet/to-tensors.ts');
  const { writeSafetensors } = await vite.ssrLoadModule('/src/models/safetensors-write.ts');
  const assets = readFileSync(join(unpackPackage(PACKAGE), 'objectron_solution_packed_assets.data'));
  const net = mobileNetFromTflite('objectron', new Uint8Array(assets.subarray(MODEL_START)));
  const bytes = writeSafetensors(mobileNetTensors(net, 'F16'), {
    net: 'mobilenet-v2',
    source: `npm ${PACKAGE}, object_detection_ssd_mobilenetv2_oidv4_fp16.tflite, Conv1 to Conv_1`,
    licence: 'Apache-2.0, Google LLC (MediaPipe)',
    preprocess: 'tf',
  });
  const folder = join(root, 'assets/models/mobilenet-v2-oid');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.safetensors'), bytes);
  const parameters = net.units.reduce((sum, { weights, bias }) => sum + weights.length + bias.length, 0);
  process.stdout.write(`${net.units.length} units, ${parameters} parameters, ${bytes.byteLength} bytes\n`);
} finally {
  await vite.close();
}
