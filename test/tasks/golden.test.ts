import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { loadVgg } from '../../src/models/load.js';
import { createStyleTransfer } from '../../src/tasks/style-transfer.js';
import { expectedTensors, imageError, readGoldenCase, relativeL2, type CaseLosses } from '../support/golden.js';
import { nodeEngine } from '../support/node-gpu.js';
import { describeWithShared, fileSource, sharedPath, shippedPath } from '../support/shared-data.js';

let engine: Engine;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

/** Allowed relative difference of a loss; a reference of zero is compared absolutely with 1e-6 of the total. */
function expectLoss(name: keyof CaseLosses, got: CaseLosses, wanted: CaseLosses, relative: number): void {
  const allowed = wanted[name] === 0 ? 1e-6 * Math.abs(wanted.total) : relative * Math.abs(wanted[name]);
  expect(Math.abs(got[name] - wanted[name]), `${name}: got ${String(got[name])}, wanted ${String(wanted[name])}`).toBeLessThanOrEqual(allowed);
}

async function checkCase(folder: string): Promise<void> {
  const golden = await readGoldenCase(folder);
  const { config, settings, content, styles, init } = golden;
  const shipped = shippedPath(`nets/${config.net}`);
  const candidates = [shipped, sharedPath(`nets/${config.net}`), sharedPath(`nets/vgg19-blocks1-3/${config.net}`)];
  const net = await loadVgg(await fileSource(candidates.find((path) => existsSync(path)) ?? shipped));
  const run = await createStyleTransfer(engine, settings, { net, content, styles, init });
  try {
    const gradient = await run.gradient();
    const tensors = expectedTensors(golden, gradient);
    for (const { layer, values } of run.gramTargets) {
      expect(relativeL2(values, tensors.get(`gram.target.${layer}`)?.values ?? []), `Gram target of ${layer}`).toBeLessThanOrEqual(1e-5);
    }
    expect(relativeL2(gradient, tensors.get('grad.total')?.values ?? []), 'gradient of the total').toBeLessThanOrEqual(1e-4);
    await run.run({ steps: 1 });
    const first = await run.image();
    const firstError = imageError(first.data, tensors.get('image.step1')?.values ?? []);
    expect(firstError.rms, 'image after step 1').toBeLessThanOrEqual(5e-4);
    await run.run();
    const trace = await run.completeTrace();
    expect(trace.length).toBe(golden.trace.length);
    golden.trace.forEach((wanted, step) => {
      const got = trace[step];
      if (got === undefined) throw new Error(`No trace of step ${String(step)}.`);
      for (const name of ['style', 'content', 'tv', 'total'] as const) expectLoss(name, got, wanted, step === 0 ? 1e-5 : 1e-3);
    });
    const last = imageError((await run.image()).data, tensors.get(`image.step${String(config.steps)}`)?.values ?? []);
    expect(last.rms, 'image after the last step').toBeLessThanOrEqual(5e-4);
    expect(last.shareBeyond, 'share of values beyond 2e-3').toBeLessThanOrEqual(1e-3);
  } finally {
    run.destroy();
  }
}

describe('reference cases that ship', () => {
  it.each(['tiny-nst-normalized', 'tiny-texture'])('%s', (name) => checkCase(shippedPath(`golden/${name}`)), 120_000);
});

const SHARED = ['tiny-nst-chapter', 'tiny-nst-mse', 'tiny-nst-noise-two-content', 'tiny-nst-two-styles-avgpool', 'vgg19-blocks1-3-nst'];
describeWithShared('reference cases beside the project', 'golden', () => {
  it.each(SHARED)('%s', (name) => checkCase(sharedPath(join('golden', name))), 300_000);
});
