import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { MemoryPlan } from '../../src/engine/program.js';
import { layersUpTo, VGG19_WIDTHS } from '../../src/models/vgg19.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { buildStepProgram, EVALUATE, planStep, UPDATE } from '../../src/tasks/step-program.js';
import type { StepNet } from '../../src/tasks/vgg-net.js';
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
