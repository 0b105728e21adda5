import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { KERNELS } from '../../src/kernels/index.js';
import { checkVariant } from '../support/kernel-check.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;
/** A software adapter compiles a kernel with workgroup memory for many seconds when the machine is busy. */
const TIMEOUT_MS = 300_000;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

describe.each(KERNELS.map((kernel) => ({ name: kernel.name, kernel })))('$name', ({ kernel }) => {
  it.each(kernel.variants.map((variant) => ({ id: variant.id, variant })))(
    `$id equals the float64 reference (seed ${String(seed)})`,
    async ({ variant }) => {
      const differences: string[] = [];
      let taken = 0;
      const large = new Set(kernel.largeSamples);
      for (const attributes of [...kernel.samples, ...large]) {
        if (variant.accepts(attributes, engine.traits) !== true) continue;
        // A barrier costs a software adapter so much that the large shapes of variants made for GPUs would take minutes.
        if (large.has(attributes) && (variant.preference?.(attributes, engine.traits) ?? 0) < 0) continue;
        taken++;
        differences.push(...(await checkVariant(engine, kernel, variant.id, attributes, seed + taken)));
      }
      expect(differences).toEqual([]);
      expect(taken, 'no sample is accepted by this variant on this adapter').toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
