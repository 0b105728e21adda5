import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { KERNELS } from '../../src/kernels/index.js';
import { checkVariant } from '../support/kernel-check.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

describe.each(KERNELS.map((kernel) => ({ name: kernel.name, kernel })))('$name', ({ kernel }) => {
  it.each(kernel.variants.map((variant) => ({ id: variant.id, variant })))(`$id equals the float64 reference (seed ${String(seed)})`, async ({ variant }) => {
    const differences: string[] = [];
    let taken = 0;
    for (const attributes of [...kernel.samples, ...(kernel.largeSamples ?? [])]) {
      if (variant.accepts(attributes, engine.traits) !== true) continue;
      taken++;
      differences.push(...(await checkVariant(engine, kernel, variant.id, attributes, seed + taken)));
    }
    expect(differences).toEqual([]);
    expect(taken, 'no sample is accepted by this variant on this adapter').toBeGreaterThan(0);
  });
});
