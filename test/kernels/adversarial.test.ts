/**
 * What kernels do with values no network should give. Stated: a NaN or an infinity reaches exactly the outputs that depend on
 * it and stays out of all others; 1e30 squared is infinity, as in any float32; numbers below 1.2e-38 may count as zero.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { runKernel } from '../../src/engine/run-kernel.js';
import { adam, contentLoss, gram, gramLossGradient, sum, totalVariation } from '../../src/kernels/index.js';
import { randomInputs } from '../support/kernel-check.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const FEATURES = { positions: 70, channels: 12 };

async function gramWith(change: (features: Float64Array) => void): Promise<{ got: Float64Array; wanted: Float64Array }> {
  const inputs = randomInputs(gram, FEATURES, seed);
  change(inputs.features ?? new Float64Array());
  const { gram: got = new Float64Array() } = await runKernel(engine, gram, FEATURES, inputs, { poison: true });
  const { gram: wanted = new Float64Array() } = gram.reference(FEATURES, inputs);
  return { got, wanted };
}

/** Entries of a Gram matrix in the row or column of a channel, and the others. */
function split(matrix: Float64Array, channel: number): { touched: number[]; others: number[] } {
  const isTouched = (index: number): boolean => index % FEATURES.channels === channel || Math.floor(index / FEATURES.channels) === channel;
  return { touched: [...matrix].filter((_, i) => isTouched(i)), others: [...matrix].filter((_, i) => !isTouched(i)) };
}

describe(`adversarial values (seed ${String(seed)})`, () => {
  it.each([NaN, Infinity, -Infinity])('gram: %s in one channel reaches its row and column only', async (value) => {
    const { got, wanted } = await gramWith((features) => (features[5 * FEATURES.channels + 3] = value));
    const { touched, others } = split(got, 3);
    expect(touched.some(Number.isFinite)).toBe(false);
    split(wanted, 3).others.forEach((entry, i) => {
      expect(others[i]).toBeCloseTo(entry, 5);
    });
  });

  it('gram: 1e30 squared is infinity, its other products are right', async () => {
    const { got, wanted } = await gramWith((features) => (features[3] = 1e30));
    expect(got[3 * FEATURES.channels + 3]).toBe(Infinity);
    for (const at of [3, 3 * FEATURES.channels]) expect((got[at] ?? NaN) / (wanted[at] ?? NaN)).toBeCloseTo(1, 4);
  });

  it('gram: denormals count as what they are or as zero', async () => {
    const { got } = await gramWith((features) => features.fill(1e-41));
    for (const value of got) expect(Math.abs(value)).toBeLessThan(1e-37);
  });

  it('gramLossGradient: a NaN position does not reach other positions', async () => {
    for (const { id, accepts } of gramLossGradient.variants.map((variant) => ({ id: variant.id, accepts: variant.accepts(FEATURES, engine.traits) }))) {
      if (accepts !== true) continue;
      const inputs = randomInputs(gramLossGradient, FEATURES, seed);
      (inputs.features ?? new Float64Array())[7 * FEATURES.channels] = NaN;
      const { gradient = new Float64Array() } = await runKernel(engine, gramLossGradient, FEATURES, inputs, { variant: id, poison: true });
      gradient.forEach((value, i) => {
        expect(Number.isNaN(value), `${id} [${String(i)}]`).toBe(Math.floor(i / FEATURES.channels) === 7);
      });
    }
  }, 300_000);

  it('sum and contentLoss: NaN in, NaN out; large values of both signs cancel', async () => {
    const values = new Float64Array(1_000).fill(1);
    values[123] = NaN;
    expect((await runKernel(engine, sum, { count: 1_000 }, { values })).result?.[0]).toBeNaN();
    values.fill(0).set([1e30, -1e30], 10);
    expect((await runKernel(engine, sum, { count: 1_000 }, { values })).result?.[0]).toBe(0);
    const attributes = { count: 100, mode: 'mse' as const };
    const inputs = randomInputs(contentLoss, attributes, seed);
    (inputs.features ?? new Float64Array())[42] = NaN;
    const { loss, gradient = new Float64Array() } = await runKernel(engine, contentLoss, attributes, inputs, { poison: true });
    expect(loss?.[0]).toBeNaN();
    expect([...gradient].flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([42]);
  });

  it('totalVariation: a NaN pixel reaches itself and its neighbours', async () => {
    const attributes = { height: 5, width: 5, channels: 1 };
    const inputs = randomInputs(totalVariation, attributes, seed);
    (inputs.image ?? new Float64Array())[12] = NaN;
    const { gradient = new Float64Array(), total } = await runKernel(engine, totalVariation, attributes, inputs, { poison: true });
    expect(total?.[0]).toBeNaN();
    expect([...gradient].flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([7, 11, 12, 13, 17]);
  });

  it('adam: a NaN gradient spoils its own element only; an infinite one too; zero moments do not divide by zero', async () => {
    const attributes = { count: 64, capacity: 4, clip: true };
    const inputs = randomInputs(adam, attributes, seed);
    const gradient = inputs.gradient ?? new Float64Array();
    gradient[10] = NaN;
    gradient[20] = Infinity;
    gradient[30] = 0;
    inputs.firstMoment?.fill(0, 30, 31);
    inputs.secondMoment?.fill(0, 30, 31);
    const wanted = adam.reference(attributes, inputs).image ?? new Float64Array();
    const { image = new Float64Array() } = await runKernel(engine, adam, attributes, inputs);
    image.forEach((value, i) => {
      if (i !== 10 && i !== 20) expect(value).toBeCloseTo(wanted[i] ?? NaN, 5);
    });
  });
});
