/** Dispatches of more workgroups than an axis allows, by claiming a lower limit than the device has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestAdapter, requestDevice, traitsOf } from '../../src/engine/device.js';
import { Engine } from '../../src/engine/engine.js';
import {
  adam,
  averagePool2x2,
  averagePool2x2Gradient,
  conv3x3BiasRelu,
  conv3x3InputGradient,
  gramLossGradient,
  maxPool2x2,
  maxPool2x2Gradient,
  preprocess,
  preprocessGradient,
} from '../../src/kernels/index.js';
import type { KernelDefinition } from '../../src/engine/contract.js';
import { checkVariant, distinctVariants } from '../support/kernel-check.js';
import { nodeGpu } from '../support/node-gpu.js';

const LIMIT = 3;
const seed = Date.now() % 2 ** 31;
let engine: Engine;

beforeAll(async () => {
  await nodeGpu();
  const adapter = await requestAdapter('auto');
  const device = await requestDevice(adapter);
  const { limits } = traitsOf(device, adapter.info);
  engine = new Engine(device, adapter.info, { traits: { limits: { ...limits, maxComputeWorkgroupsPerDimension: LIMIT } } });
});
afterAll(() => {
  engine.destroy();
});

const kernels: readonly KernelDefinition[] = [
  conv3x3BiasRelu,
  conv3x3InputGradient,
  maxPool2x2,
  maxPool2x2Gradient,
  averagePool2x2,
  averagePool2x2Gradient,
  preprocess,
  preprocessGradient,
  gramLossGradient,
  adam,
];

describe.each(kernels.map((kernel) => ({ name: kernel.name, kernel })))('$name', ({ kernel }) => {
  it.each(distinctVariants(kernel).map((variant) => ({ id: variant.id, variant })))(
    `$id is right on a folded grid (seed ${String(seed)})`,
    async ({ variant }) => {
      const attributes = kernel.samples.findLast(
        (sample) => variant.accepts(sample, engine.traits) === true && variant.passes(sample, engine.traits).some(({ workgroups }) => workgroups.y > 1),
      );
      if (attributes === undefined) expect.fail('no sample needs more than three workgroups');
      for (const { workgroups } of variant.passes(attributes, engine.traits)) expect(workgroups.x).toBeLessThanOrEqual(LIMIT);
      expect(await checkVariant(engine, kernel, variant.id, attributes, seed)).toEqual([]);
    },
  );
});
