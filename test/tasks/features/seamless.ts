/** Seamless pictures: rolled in a circle they are the same to the net, and the gradient is that of circular padding in float64. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { createRun } from '../../../src/tasks/create-run.js';
import { scalesOf } from '../../../src/tasks/multi-scale/scales.js';
import type { Picture } from '../../../src/tasks/picture.js';
import { resizePicture } from '../../../src/tasks/pictures/resize.js';
import { presetByName } from '../../../src/tasks/presets.js';
import type { StyleTransferSettings } from '../../../src/tasks/settings.js';
import { noisePicture } from '../../../src/tasks/style-transfer.js';
import { createTextureSynthesis } from '../../../src/tasks/texture-synthesis.js';
import { expectCode } from '../../support/expect-code.js';
import { Float64Run } from '../../support/float64-run.js';
import { relativeL2 } from '../../support/golden.js';
import { sharedEngine } from './engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const net = randomVgg19({ seed: 3, divisor: 16 });
const SIZE = { height: 48, width: 64 };
const styles = [resizePicture(noisePicture(12, 20, 2), { height: 40, width: 56 })];
const init = resizePicture(noisePicture(14, 18, 5), SIZE);
const SETTINGS: StyleTransferSettings = {
  ...presetByName('default-texture').settings,
  ...SIZE,
  init: 'picture',
  styleNormalize: 'none',
  tvWeight: 30,
  seamless: true,
};
/** The variants that are chosen, and Winograd's, which small nets would not take. */
const PINS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  chosen: {},
  Winograd: { block2_conv2: 'winograd-f4-broadcast', 'block2_conv2.backward': 'winograd-f4-broadcast' },
};

/** Rolled by so many rows and columns: what leaves at one edge comes in at the other. */
function rolled<T extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(values: T, down: number, right: number): T {
  const result = values.slice() as T;
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const from = 3 * (((y - down + SIZE.height) % SIZE.height) * SIZE.width + ((x - right + SIZE.width) % SIZE.width));
      for (let c = 0; c < 3; c++) result[3 * (y * SIZE.width + x) + c] = values[from + c] ?? NaN;
    }
  }
  return result;
}

interface Evaluated {
  readonly total: number;
  readonly gradient: Float32Array<ArrayBuffer>;
}

async function evaluated(start: Picture, settings: StyleTransferSettings, pins = {}): Promise<Evaluated & { grams: Map<string, Float64Array> }> {
  const run = await createRun(engine, settings, { net, styles, init: start }, { pins });
  try {
    const { total } = await run.evaluate();
    const grams = new Map(run.gramTargets.map(({ layer, values }) => [layer, Float64Array.from(values)]));
    return { total, gradient: await run.gradient(), grams };
  } finally {
    run.destroy();
  }
}

describe('a seamless step', () => {
  it.each(Object.entries(PINS))('with variants as %s: the value stays and the gradient rolls along', async (_, pins) => {
    const plain = await evaluated(init, SETTINGS, pins);
    // By what all poolings divide by, so that windows stay windows.
    for (const [down, right] of [
      [16, 48],
      [32, 16],
    ] as const) {
      const moved = await evaluated({ ...init, data: rolled(init.data, down, right) }, SETTINGS, pins);
      expect(Math.abs(moved.total / plain.total - 1)).toBeLessThan(1e-5);
      expect(relativeL2(moved.gradient, rolled(plain.gradient, down, right))).toBeLessThan(1e-5);
    }
  });

  it('has the gradient of circular padding in float64, which rolls exactly; padded with zeros it has another', async () => {
    const { gradient, grams } = await evaluated(init, SETTINGS);
    const tensors = new Map([...grams].map(([layer, values]) => [`gram.target.${layer}`, { name: '', shape: [], dtype: 'F64' as const, values }]));
    const float64 = (start: Picture, seamless: boolean): Float64Array<ArrayBuffer> => {
      const golden = { settings: { ...SETTINGS, seamless }, init: start, content: start, tensors } as unknown as ConstructorParameters<typeof Float64Run>[0];
      return Float64Array.from(new Float64Run(golden, net).gradient());
    };
    const wanted = float64(init, true);
    expect(relativeL2(gradient, wanted)).toBeLessThan(1e-4);
    expect(relativeL2(float64({ ...init, data: rolled(init.data, 16, 32) }, true), rolled(wanted, 16, 32))).toBeLessThan(1e-12);
    expect(relativeL2(gradient, float64(init, false))).toBeGreaterThan(1e-2);
  });

  it('rolls in half precision as well, within what that can hold', async () => {
    const half: StyleTransferSettings = { ...SETTINGS, precision: 'f16' };
    const [plain, moved] = [await evaluated(init, half), await evaluated({ ...init, data: rolled(init.data, 16, 48) }, half)];
    expect(Math.abs(moved.total / plain.total - 1)).toBeLessThan(2e-3);
    expect(relativeL2(moved.gradient, rolled(plain.gradient, 16, 48))).toBeLessThan(2e-2);
  });
});

it('goes from coarse to fine in sizes that survive pooling, from a sample of any size', async () => {
  const scales = { coarsest: 32, factor: 1.5 };
  expect(scalesOf({ ...SETTINGS, steps: 3, scales }).map(({ height, width }) => [height, width])).toEqual([
    [32, 48],
    [48, 64],
  ]);
  const run = await createTextureSynthesis(engine, { ...SETTINGS, init: 'noise', steps: 3, scales }, { net, styles });
  await run.run();
  expect((await run.image()).data).toHaveLength(48 * 64 * 3);
  run.destroy();
});

it('is refused at sizes that do not survive pooling and in tiles, with what to do', async () => {
  const make = (changes: Partial<StyleTransferSettings>): Promise<unknown> => createRun(engine, { ...SETTINGS, init: 'noise', ...changes }, { net, styles });
  await expectCode('bad-option', () => make({ height: 40 }), /64 × 40 px does not survive pooling.*multiples of 16 px.*Choose for example 64 × 48 px/);
  await expectCode('bad-option', () => make({ tile: 208 }), /as a whole, not in tiles/);
  // Taps of the first block need no pooling.
  const run = await createRun(engine, { ...SETTINGS, init: 'noise', height: 41, styleLayers: [{ layer: 'block1_conv2', weight: 1 }] }, { net, styles });
  run.destroy();
});
