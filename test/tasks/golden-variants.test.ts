import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { loadVgg } from '../../src/models/load.js';
import { readGoldenCase } from '../support/golden.js';
import { errorsOf, forcedVariants } from '../support/golden-variants.js';
import { nodeEngine } from '../support/node-gpu.js';
import { fileSource, shippedPath } from '../support/shared-data.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

it('a reference case holds with every variant, forced one at a time', async () => {
  const golden = await readGoldenCase(shippedPath('golden/tiny-nst-normalized'));
  const net = await loadVgg(await fileSource(shippedPath(`nets/${golden.config.net}`)));
  const forced = await forcedVariants(engine, golden, net);
  // The fused convolutions, whose gates are made and met only in a step, in two forms that are no software adapter's default. It takes a
  // second to compile a pipeline there: tools/golden/variants.ts forces every variant of every kernel, in all cases.
  const fused = ['conv3x3ReluGate', 'conv3x3ReluMaxPool', 'conv3x3GateGradient'];
  const taken = forced.filter(
    ({ kernel, variant, taken: count }) => count > 0 && fused.includes(kernel) && ['winograd-f4-register', 'direct'].includes(variant),
  );
  expect(taken.length).toBe(2 * fused.length);
  for (const { kernel, variant, pins } of taken) {
    for (const [measure, error] of Object.entries(await errorsOf(engine, golden, net, pins))) {
      expect(error, `${kernel} ${variant}: ${measure}`).toBeLessThanOrEqual(1);
    }
  }
  // The control: a wrong target shows in every measure.
  const wrong = await errorsOf(engine, { ...golden, styles: [golden.content] }, net, {});
  expect(Math.min(wrong.gram, wrong.gradient, wrong.firstLosses, wrong.losses, wrong.image)).toBeGreaterThan(1);
});
