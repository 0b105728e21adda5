import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { MemoryPlan } from '../../src/engine/program.js';
import { layersUpTo, netUpTo, VGG19_WIDTHS, type VggWeights } from '../../src/models/vgg19.js';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { buildStepProgram, EVALUATE, planStep, UPDATE } from '../../src/tasks/step-program.js';
import { createStyleTransfer, noisePicture } from '../../src/tasks/style-transfer.js';
import type { StepLayer, StepNet } from '../../src/tasks/vgg-net.js';
import { nodeEngine } from '../support/node-gpu.js';

const MIB = 2 ** 20;
let engine: Engine;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

/** VGG19's shape at a share of its width, without weights. */
function net(share: number): StepNet {
  let inChannels = 3;
  const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index) => {
    const outChannels = (VGG19_WIDTHS[index] ?? 0) * share;
    const layer = { name, pooledBefore, inChannels, outChannels };
    inChannels = outChannels;
    return layer;
  });
  return { layers, preprocess: 'caffe' };
}

/** The layers of a net up to the deepest tap, without buffers. */
function layersOf(weights: VggWeights): StepLayer[] {
  return netUpTo(weights, ['block2_conv2']).map(({ name, inChannels, outChannels, pooledBefore }) => ({ name, inChannels, outChannels, pooledBefore }));
}

function settings(side: number): StyleTransferSettings {
  return {
    height: side,
    width: side,
    steps: 1,
    styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
    contentLayers: ['block5_conv2'],
    styleWeight: 1e-2,
    contentWeight: 1e4,
    tvWeight: 1,
    styleNormalize: 'none',
    contentNormalize: 'none',
    contentLoss: 'mse',
    pooling: 'max',
    styleBlend: [],
    learningRate: 0.02,
    beta1: 0.99,
    beta2: 0.999,
    epsilon: 0.1,
    init: 'noise',
    seed: 0,
  };
}

const working = ({ byCategory }: MemoryPlan): number => byCategory.activations + byCategory.scratch;

describe('memory of a step', () => {
  it('of VGG19 at 512² keeps activations, gradients and scratch within 300 MiB', () => {
    const plan = planStep(engine, net(1), settings(512));
    expect(working(plan) / MIB).toBeLessThanOrEqual(300);
    // The taps alone: 512²·64 + 256²·128 + 128²·256 + 64²·512 + 2 · 32²·512 floats.
    expect(working(plan) / MIB).toBeGreaterThan(64 + 32 + 16 + 8 + 4);
    expect(plan.byCategory.weights).toBe(net(1).layers.reduce((sum, layer) => sum + (9 * layer.inChannels + 1) * layer.outChannels * 4, 0));
  });

  it('grows with the area', () => {
    const ratio = working(planStep(engine, net(1), settings(512))) / working(planStep(engine, net(1), settings(256)));
    expect(ratio).toBeGreaterThan(3);
    expect(ratio).toBeLessThan(4.2);
  });

  it('is what gets allocated, and a step creates nothing', async () => {
    const tiny = net(1 / 16);
    const small = settings(32);
    const plan = planStep(engine, tiny, small);
    const before = engine.allocatedBytes;
    const { program } = await buildStepProgram(engine, tiny, small, { grams: new Map(), contents: new Map() });
    const without = planStep(engine, tiny, { ...small, styleLayers: [], contentLayers: ['block5_conv2'] });
    expect(engine.allocatedBytes - before).toBe(program.memory.totalBytes);
    expect(plan.totalBytes).toBeGreaterThan(without.totalBytes);
    program.run({ sections: [EVALUATE, UPDATE] });
    const created: string[] = [];
    const device = engine.device as unknown as Record<string, unknown>;
    const names = [
      'createBuffer',
      'createBindGroup',
      'createBindGroupLayout',
      'createPipelineLayout',
      'createShaderModule',
      'createComputePipeline',
      'createComputePipelineAsync',
      'createTexture',
      'createQuerySet',
    ];
    for (const name of names) {
      const original = (device[name] as (...args: unknown[]) => unknown).bind(device);
      device[name] = (...args: unknown[]): unknown => {
        created.push(name);
        return original(...args);
      };
    }
    try {
      program.run({ sections: [EVALUATE, UPDATE] });
      expect(created).toEqual([]);
      // The control: building again does create.
      const again = await buildStepProgram(engine, tiny, small, { grams: new Map(), contents: new Map() });
      expect(created).toContain('createBuffer');
      expect(created).toContain('createBindGroup');
      again.program.destroy();
    } finally {
      for (const name of names) Reflect.deleteProperty(device, name);
      program.destroy();
    }
    await engine.idle();
    expect(engine.allocatedBytes).toBe(before);
  });
});

describe('a memory budget', () => {
  it('is kept by giving up strips, then prepared filters, layer by layer', () => {
    const full = planStep(engine, net(1), settings(224));
    expect(full.givenUp).toEqual([]);
    const start = performance.now();
    const [little, much] = [0.97, 0.7].map((share) => planStep(engine, net(1), settings(224), { budgetBytes: share * full.totalBytes }));
    // Recording is done on the page's thread.
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(little?.totalBytes).toBeLessThanOrEqual(0.97 * full.totalBytes);
    expect(little?.givenUp.map(({ kind }) => kind)).toEqual(['strips']);
    expect(much?.totalBytes).toBeLessThanOrEqual(0.7 * full.totalBytes);
    expect(much?.givenUp.length).toBeGreaterThan(2);
    for (const { call, from, to } of much?.givenUp ?? []) {
      if (call === undefined) continue;
      const variantOf = (plan: { calls: readonly { label: string; variant: string }[] } | undefined): string | undefined =>
        plan?.calls.find(({ label }) => label === call)?.variant;
      expect([variantOf(full), variantOf(much)]).toEqual([from, to]);
    }
  });

  it('that is too small is refused with the least that would do, and that does', () => {
    let message = '';
    try {
      planStep(engine, net(1), settings(224), { budgetBytes: 50 * MIB });
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    const least = Number(/at least (\d+) MiB/.exec(message)?.[1]);
    expect(least).toBeGreaterThan(50);
    expect(planStep(engine, net(1), settings(224), { budgetBytes: least * MIB }).totalBytes).toBeLessThanOrEqual(least * MIB);
    expect(() => planStep(engine, net(1), settings(224), { budgetBytes: (least - 1) * MIB })).toThrow(`at least ${String(least)} MiB`);
  });

  it('leaves pins alone', () => {
    const pins = { block4_conv2: 'winograd-f4-register' };
    const plan = planStep(engine, net(1), settings(224), { pins, budgetBytes: 0.7 * planStep(engine, net(1), settings(224)).totalBytes });
    expect(plan.calls.find(({ label }) => label === 'block4_conv2')?.variant).toBe('winograd-f4-register');
  });

  it('is what a run allocates at most, and its steps stay right', async () => {
    const weights = randomVgg19({ seed: 1, divisor: 4 });
    // Few layers: a software adapter takes a second to compile each.
    const styleLayers = [1, 2].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 }));
    const small = { ...settings(32), styleLayers, contentLayers: ['block2_conv2'], steps: 2, init: 'noise' as const };
    const inputs = { net: weights, content: noisePicture(32, 32, 1), styles: [noisePicture(32, 32, 2)] };
    const bare: StepNet = { preprocess: 'caffe', layers: layersOf(weights) };
    // Layers as small as these are computed directly; with Winograd there is something to give up.
    const convolutions = planStep(engine, bare, small).calls.filter(({ kernel, attributes }) => kernel.startsWith('conv3x3') && attributes.inChannels !== 3);
    const preferred = Object.fromEntries(convolutions.map(({ label }) => [label, 'winograd-f4-broadcast']));
    const plan = planStep(engine, bare, small, { preferred });
    const budgetBytes = Math.floor(0.7 * plan.totalBytes);
    const planned = planStep(engine, bare, small, { preferred, budgetBytes });
    const before = engine.allocatedBytes;
    let peak = 0;
    const allocate = engine.createBuffer.bind(engine);
    engine.createBuffer = (label, sizeBytes) => {
      const buffer = allocate(label, sizeBytes);
      peak = Math.max(peak, engine.allocatedBytes - before);
      return buffer;
    };
    const [free, tight] = await (async () => {
      try {
        const limited = await createStyleTransfer(engine, small, inputs, { preferred, memoryBudgetBytes: budgetBytes });
        expect(engine.allocatedBytes - before).toBe(planned.totalBytes);
        expect(peak).toBeLessThanOrEqual(budgetBytes);
        return [await createStyleTransfer(engine, small, inputs, { preferred }), limited];
      } finally {
        Reflect.deleteProperty(engine, 'createBuffer');
      }
    })();
    expect(tight.givenUp.length).toBeGreaterThan(0);
    expect(tight.variants).not.toEqual(free.variants);
    const [wanted, got] = [await free.evaluate(), await tight.evaluate()];
    expect(Math.abs(got.total / wanted.total - 1)).toBeLessThan(1e-4);
    free.destroy();
    tight.destroy();
  });
});
