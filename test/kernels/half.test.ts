/**
 * Kernels with tensors in half precision against their float64 references, on inputs that half precision holds exactly and with
 * poisoned memory. On every adapter in the packed form; in the native form as well where the adapter has shader-f16.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestAdapter, requestDevice } from '../../src/engine/device.js';
import { Engine } from '../../src/engine/engine.js';
import { ProgramBuilder } from '../../src/engine/program.js';
import { decodeValues, encodeValues } from '../../src/engine/values.js';
import { fill, KERNELS, maxPool2x2, packHalf } from '../../src/kernels/index.js';
import { checkVariant } from '../support/kernel-check.js';
import { nodeGpu } from '../support/node-gpu.js';

const engines: Engine[] = [];
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  await nodeGpu();
  const adapter = await requestAdapter('auto');
  const device = await requestDevice(adapter);
  const features = new Set<string>(device.features);
  features.delete('shader-f16');
  engines.push(new Engine(device, adapter.info, { traits: { features } }));
  if (device.features.has('shader-f16')) engines.push(new Engine(device, adapter.info));
});
afterAll(() => {
  engines[0]?.destroy();
});

describe.each(KERNELS.filter(({ half }) => half !== undefined).map((kernel) => ({ name: kernel.name, kernel })))('$name in half precision', ({ kernel }) => {
  // Tiles made for GPUs compile for seconds on software adapters: HALF=all runs them, test/shaders validates them always.
  const variants = kernel.variants.filter(({ id }) => process.env.HALF === 'all' || !/register|shared-memory|-shared|f2/.test(id));
  it.each(variants.map((variant) => ({ id: variant.id, variant })))(`$id (seed ${String(seed)})`, async ({ variant }) => {
    const differences: string[] = [];
    let taken = 0;
    for (const engine of engines) {
      const accepted = kernel.samples.filter((attributes) => variant.accepts(attributes, engine.traits) === true);
      // Of many samples the last few: the shapes are all run in f32.
      for (const attributes of accepted.slice(-2)) {
        taken++;
        differences.push(...(await checkVariant(engine, kernel, variant.id, attributes, seed + taken, true)));
      }
    }
    expect(differences).toEqual([]);
    expect(taken, 'no sample is accepted by this variant on this adapter').toBeGreaterThan(0);
  });
});

describe('numbers that half precision cannot hold', () => {
  it('are clamped, counted, and the largest is known', async () => {
    for (const engine of engines) {
      const builder = new ProgramBuilder(engine);
      const input = builder.persistent('input', [6, 2, 3], { category: 'activations' });
      const output = builder.persistent('output', [3, 1, 3], { category: 'activations', dtype: 'f16' });
      const counter = builder.persistent('counter', [2], { category: 'image', dtype: 'u32' });
      builder.watchHalf(counter);
      builder.call('pool', maxPool2x2, { height: 6, width: 2, channels: 3 }, { input, output });
      builder.watchHalf(undefined);
      const unwatched = builder.persistent('unwatched', [3], { category: 'activations', dtype: 'f16' });
      builder.call('fill', fill, { count: 3, value: 1e6 }, { output: unwatched });
      const program = await builder.build();
      const values = Float32Array.from({ length: 36 }, (_, index) => -index);
      // Channel 0 of the three windows, channel 1 of the last.
      values[0] = 65_504;
      values[12] = 1e9;
      values[27] = Infinity;
      values[28] = 70_000;
      engine.write(program.bufferOf(input), values);
      program.run();
      const got = decodeValues(await engine.read(program.bufferOf(output), 0, 18), 'f16');
      expect([got[0], got[3], got[6], got[7]]).toEqual([65_504, 65_504, 65_504, 65_504]);
      expect(got[1]).toBe(-1);
      const [count, top] = new Uint32Array(await engine.read(program.bufferOf(counter), 0, 8));
      expect(count).toBe(3);
      expect(top).toBe(0x7f800000);
      expect([...decodeValues(await engine.read(program.bufferOf(unwatched), 0, 6), 'f16')]).toEqual([65_504, 65_504, 65_504]);
      program.destroy();
    }
  });

  it('a tensor is in half precision only where the kernel says that it may be', () => {
    const engine = engines[0];
    if (engine === undefined) throw new Error('no engine');
    const builder = new ProgramBuilder(engine);
    const half = builder.transient('half', [8], { dtype: 'f16' });
    const full = builder.transient('full', [8]);
    expect(() => builder.call('pack', packHalf, { count: 8 }, { input: half, output: half })).toThrow(/packHalf\.input wants f32/);
    expect(() => builder.call('pack', packHalf, { count: 8 }, { input: full, output: full })).toThrow(/packHalf\.output wants f16/);
    expect(encodeValues([1], 'f16').byteLength).toBe(2);
  });
});
