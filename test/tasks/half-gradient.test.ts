/** The gradient in half precision on a trained net with Winograd convolutions, at the start and along the run, in both forms of halves. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestAdapter, requestDevice, type DeviceTraits } from '../../src/engine/device.js';
import { Engine } from '../../src/engine/engine.js';
import { loadVgg } from '../../src/models/load.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import type { Picture } from '../../src/tasks/picture.js';
import { presetByName } from '../../src/tasks/presets.js';
import { createStyleTransfer, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { relativeL2 } from '../support/golden.js';
import { nodeGpu } from '../support/node-gpu.js';
import { squashedPicture } from '../support/pictures.js';
import { fileSource } from '../support/shared-data.js';

/** Large enough that the layers behind the first ones are computed by Winograd's method. */
const SIDE = 96;
let device: GPUDevice;
let info: GPUAdapterInfo;
let net: VggWeights;
let content: Picture;
let style: Picture;
let full: StyleTransferRun;

async function photograph(name: string): Promise<Picture> {
  const { height, width, values } = await squashedPicture(`assets/photographs/${name}.jpg`, SIDE, SIDE);
  return { height, width, data: Float32Array.from(values) };
}

function createRun(precision: 'f32' | 'f16', traits: Partial<DeviceTraits> = {}): Promise<StyleTransferRun> {
  const settings = { ...presetByName('default').settings, height: SIDE, width: SIDE, precision };
  return createStyleTransfer(new Engine(device, info, { traits }), settings, { net, content, styles: [style] });
}

async function gradientAt(run: StyleTransferRun, { height, width, data }: Picture): Promise<Float32Array> {
  run.restore({ step: 0, height, width, image: data, state: {}, trace: [] });
  return run.gradient();
}

beforeAll(async () => {
  await nodeGpu();
  const adapter = await requestAdapter('auto');
  device = await requestDevice(adapter);
  ({ info } = adapter);
  net = await loadVgg(await fileSource('assets/models/vgg-lite/vgg-lite.safetensors'));
  [content, style] = [await photograph('chelsea'), await photograph('grass')];
  full = await createRun('f32');
});
afterAll(() => {
  full.destroy();
  device.destroy();
});

it('is within 2e-2 of f32 at the start and after 5 steps', async () => {
  const packed = new Set<string>(device.features);
  packed.delete('shader-f16');
  const forms: Partial<DeviceTraits>[] = device.features.has('shader-f16') ? [{ features: packed }, {}] : [{ features: packed }];
  const start = await full.image();
  await full.run({ steps: 5 });
  const images = [start, await full.image()];
  const wanted: Float32Array[] = [];
  for (const image of images) wanted.push(await gradientAt(full, image));
  const distances = async (traits: Partial<DeviceTraits>): Promise<number[]> => {
    const run = await createRun('f16', traits);
    expect(Object.values(run.variants).filter((variant) => variant.startsWith('winograd')).length).toBeGreaterThan(5);
    const found: number[] = [];
    for (const [at, image] of images.entries()) found.push(relativeL2(await gradientAt(run, image), wanted[at] ?? []));
    run.destroy();
    return found;
  };
  for (const form of forms) for (const distance of await distances(form)) expect(distance).toBeLessThanOrEqual(5e-3);
  // The control: filters rounded after their transform, which a memory budget may ask for, switch ReLUs.
  const [atStart = 0] = await distances({ ...forms[0], exactFilterBytes: 0 });
  expect(atStart).toBeGreaterThan(5e-3);
});
