/** Steps in half precision: gradient, losses, memory, and what does not fit. On adapters with shader-f16 in both forms. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestAdapter, requestDevice } from '../../src/engine/device.js';
import { Engine } from '../../src/engine/engine.js';
import type { MemoryPlan } from '../../src/engine/program.js';
import { fromHalf, toHalf } from '../../src/engine/values.js';
import { loadVgg } from '../../src/models/load.js';
import { layersUpTo, VGG19_WIDTHS, type VggWeights } from '../../src/models/vgg19.js';
import { halfNotice } from '../../src/tasks/half-notice.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { planStep, type StepOptions, type StepPlan } from '../../src/tasks/step-program.js';
import { createStyleTransfer, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import type { StepNet } from '../../src/tasks/vgg-net.js';
import { expectCode } from '../support/expect-code.js';
import { readGoldenCase, relativeL2, type GoldenCase } from '../support/golden.js';
import { nodeGpu } from '../support/node-gpu.js';
import { fileSource, shippedPath } from '../support/shared-data.js';

const MIB = 2 ** 20;
const engines: Engine[] = [];
let net: VggWeights;
let texture: GoldenCase;
let transfer: GoldenCase;

beforeAll(async () => {
  await nodeGpu();
  const adapter = await requestAdapter('auto');
  const device = await requestDevice(adapter);
  const features = new Set<string>(device.features);
  features.delete('shader-f16');
  engines.push(new Engine(device, adapter.info, { traits: { features } }));
  if (device.features.has('shader-f16')) engines.push(new Engine(device, adapter.info));
  texture = await readGoldenCase(shippedPath('golden/tiny-texture'));
  transfer = await readGoldenCase(shippedPath('golden/tiny-nst-normalized'));
  net = await loadVgg(await fileSource(shippedPath(`nets/${texture.config.net}`)));
});
afterAll(() => {
  engines[0]?.destroy();
});

function firstEngine(): Engine {
  const [engine] = engines;
  if (engine === undefined) throw new Error('no engine');
  return engine;
}

async function withRun<T>(
  engine: Engine,
  { settings, content, styles, init }: GoldenCase,
  changes: Partial<StyleTransferSettings>,
  use: (run: StyleTransferRun) => Promise<T>,
  weights = net,
): Promise<T> {
  const run = await createStyleTransfer(engine, { ...settings, ...changes }, { net: weights, content, styles, init });
  try {
    return await use(run);
  } finally {
    run.destroy();
  }
}

/** The net with its weights changed. */
function changed(change: (value: number) => number): VggWeights {
  return { ...net, layers: net.layers.map((layer) => ({ ...layer, weights: layer.weights.map(change) })) };
}

const gradient = (run: StyleTransferRun): Promise<Float32Array> => run.gradient();

describe('gradient in f16', () => {
  it.each(['texture', 'transfer'] as const)('%s: within 2e-2 of f32', async (name) => {
    const golden = { texture, transfer }[name];
    const reference = golden.tensors.get('grad.total')?.values ?? [];
    // A net as small as this one has few enough ReLUs for single ones to show: rounding the weights alone, with all else in f32, switches some.
    const rounded = await withRun(
      firstEngine(),
      golden,
      {},
      gradient,
      changed((value) => fromHalf(toHalf(value))),
    );
    const byWeights = relativeL2(rounded, reference);
    for (const engine of engines) {
      const half = await withRun(engine, golden, { precision: 'f16' }, gradient);
      expect(relativeL2(half, rounded), 'against f32 with the same weights').toBeLessThanOrEqual(2e-2);
      expect(relativeL2(half, reference), 'against float64').toBeLessThanOrEqual(Math.max(2e-2, 1.25 * byWeights));
    }
    if (name === 'texture') expect(byWeights).toBeLessThanOrEqual(1.6e-2);
  });
});

describe('a run in f16', () => {
  it('ends within 2% of the loss of f32 after 30 steps, and nothing overflows', async () => {
    const final = async (run: StyleTransferRun): Promise<number> => {
      await run.run({ steps: 30 });
      const trace = await run.completeTrace();
      expect(halfNotice(trace)).toBeUndefined();
      const last = trace.at(-1);
      if (run.settings.precision === 'f16') expect(last?.half?.largestFeature).toBeGreaterThan(1);
      else expect(last?.half).toBeUndefined();
      return last?.total ?? NaN;
    };
    const full = await withRun(firstEngine(), texture, {}, final);
    for (const engine of engines) {
      const half = await withRun(engine, texture, { precision: 'f16' }, final);
      expect(Math.abs(half / full - 1)).toBeLessThanOrEqual(2e-2);
      expect(half).not.toBe(full);
    }
  });

  it('takes up where it was left, bit by bit', async () => {
    const settings = { precision: 'f16' } as const;
    const [image, snapshot] = await withRun(firstEngine(), texture, settings, async (run) => {
      await run.run({ steps: 2 });
      const kept = await run.snapshot();
      await run.run({ steps: 4 });
      return [(await run.image()).data, kept] as const;
    });
    expect(snapshot.gradientScale).toBeGreaterThan(0);
    const again = await withRun(firstEngine(), texture, settings, async (run) => {
      run.restore(snapshot);
      await run.run({ steps: 4 });
      return (await run.image()).data;
    });
    expect(again).toEqual(image);
  });

  it('needs at 512² at most 160 MiB for activations, gradients and scratch, and half the memory for weights and the larger transformed filters', () => {
    let inChannels = 3;
    const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index) => {
      const outChannels = VGG19_WIDTHS[index] ?? 0;
      const layer = { name, pooledBefore, inChannels, outChannels };
      inChannels = outChannels;
      return layer;
    });
    const full: StepNet = { layers, preprocess: 'caffe' };
    const settings: StyleTransferSettings = { ...texture.settings, height: 512, width: 512, contentLayers: ['block5_conv2'] };
    const plan = (precision: 'f32' | 'f16', options: StepOptions = {}): StepPlan => planStep(firstEngine(), full, { ...settings, precision }, options);
    const working = ({ byCategory }: MemoryPlan): number => (byCategory.activations + byCategory.scratch) / MIB;
    const [f32, f16] = [plan('f32'), plan('f16')];
    expect(working(f16)).toBeLessThanOrEqual(160);
    expect(working(f16)).toBeLessThan(0.7 * working(f32));
    expect(f16.byCategory['transformed-weights']).toBeLessThan(0.6 * f32.byCategory['transformed-weights']);
    // A budget may ask for the rest: it costs accuracy, and is said.
    const tight = plan('f16', { budgetBytes: f16.totalBytes - 16 * MIB });
    expect(tight.byCategory['transformed-weights']).toBe(f32.byCategory['transformed-weights'] / 2);
    expect(tight.givenUp.map(({ kind }) => kind)).toContain('precision');
    const biases = layers.reduce((sum, layer) => sum + layer.outChannels * 4, 0);
    expect(f16.byCategory.weights - biases).toBe((f32.byCategory.weights - biases) / 2);
  });

  it('allocates what it plans', async () => {
    const engine = firstEngine();
    const before = engine.allocatedBytes;
    await withRun(engine, transfer, { precision: 'f16' }, (run) => {
      const depth = run.calls.filter(({ kernel }) => kernel === 'conv3x3GateGradient').length;
      const layers = net.layers.slice(0, depth).map(({ name, inChannels, outChannels, pooledBefore }) => ({ name, inChannels, outChannels, pooledBefore }));
      const planned = planStep(engine, { layers, preprocess: 'caffe' }, run.settings);
      expect(engine.allocatedBytes - before).toBe(planned.totalBytes);
      expect(run.memory.byCategory.activations).toBe(planned.byCategory.activations);
      return Promise.resolve();
    });
    expect(engine.allocatedBytes).toBe(before);
  });
});

describe('what half precision cannot hold', () => {
  it('is counted in gradients when their scale is too large, and the run says what to do', async () => {
    for (const engine of engines) {
      await withRun(engine, texture, { precision: 'f16', gradientScale: 2 ** 40 }, async (run) => {
        expect(run.gradientScale).toBe(2 ** 40);
        await run.run({ steps: 2 });
        const [first] = run.trace;
        expect(first?.half?.nonFiniteGradients).toBeGreaterThan(0);
        expect(first?.half?.nonFinite).toBe(first?.half?.nonFiniteGradients);
        expect(halfNotice(run.trace)).toMatch(/in 2 of 2 steps \(first in step 0\).*Use precision f32 or a smaller gradient scale\./);
      });
    }
  });

  it('is counted in feature maps too large', async () => {
    await withRun(
      firstEngine(),
      texture,
      { precision: 'f16' },
      async (run) => {
        const { half } = await run.evaluate();
        expect((half?.nonFinite ?? 0) - (half?.nonFiniteGradients ?? 0)).toBeGreaterThan(0);
        expect(half?.largestFeature).toBeGreaterThan(65_504);
      },
      changed((value) => 8 * value),
    );
  });

  it('is avoided by a scale that follows the weights while the run goes on', async () => {
    await withRun(firstEngine(), texture, { precision: 'f16' }, async (run) => {
      const before = run.gradientScale;
      run.setLive({ styleWeight: texture.settings.styleWeight * 2 ** 20 });
      await run.run({ steps: 3 });
      expect(run.trace[0]?.half?.nonFiniteGradients, 'the first step meets the old scale').toBeGreaterThan(0);
      expect(run.gradientScale).toBeLessThan(before / 2 ** 8);
      expect((await run.evaluate()).half?.nonFiniteGradients).toBe(0);
    });
  });

  it('is refused in weights', async () => {
    const weights = changed((value) => value * 1e7);
    const create = (): Promise<unknown> => withRun(firstEngine(), texture, { precision: 'f16' }, gradient, weights);
    await expectCode('non-finite', create, 'weights of block1_conv1', 'Use precision f32');
  });

  it.each([
    [{ precision: 'f8' as 'f16' }, 'precision is "f8"'],
    [{ gradientScale: 3 }, 'gradient scale is 3; it must be a power of two'],
    [{ gradientScale: 0 }, 'gradient scale is 0'],
  ])('settings that mean nothing are refused: %j', async (changes, message) => {
    await expectCode('bad-option', () => withRun(firstEngine(), texture, { precision: 'f16', ...changes }, gradient), message);
  });
});
