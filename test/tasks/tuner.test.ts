import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { ProgramBuilder, type Program, type TensorHandle } from '../../src/engine/program.js';
import { shapeKey } from '../../src/engine/select.js';
import { tuneProgram, type TuneOptions } from '../../src/engine/tuner.js';
import { memoryTuningStore, TuningMemory } from '../../src/engine/tuning-memory.js';
import { conv3x3ReluGate } from '../../src/kernels/index.js';
import { expectCode } from '../support/expect-code.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const SHAPE = { height: 32, width: 32, inChannels: 64, outChannels: 64 };
const SMALL = { height: 24, width: 24, inChannels: 64, outChannels: 32 };
const KEY = shapeKey('conv3x3ReluGate', SHAPE);
/** 7 to 10 times as fast as `direct` on this adapter, so that no load of the machine hides it. */
const FAST = 'winograd-f4-broadcast';
const onlyTwo: TuneOptions['candidates'] = (_, variants) => variants.filter(({ id }) => id === 'direct' || id === FAST);

/** Two calls of one shape and one of another, all in the slow variant, with noise in their inputs. */
async function makeProgram(variant: string, kernel = conv3x3ReluGate): Promise<Program> {
  const builder = new ProgramBuilder(engine, { pins: { conv3x3ReluGate: variant } });
  const handles = [SHAPE, SHAPE, SMALL].map((attributes, index) => {
    const shapes = conv3x3ReluGate.shapes(attributes);
    const tensors = Object.fromEntries(
      [...conv3x3ReluGate.inputs, ...conv3x3ReluGate.outputs].map(({ name, dtype }) => [
        name,
        builder.persistent(`${name}${String(index)}`, shapes[name] ?? [], { category: 'activations', dtype }),
      ]),
    );
    builder.call(`layer${String(index)}`, kernel, attributes, tensors);
    return tensors;
  });
  const program = await builder.build();
  for (const tensors of handles) {
    for (const { name } of conv3x3ReluGate.inputs) {
      const tensor = tensors[name];
      if (tensor === undefined) throw new Error(`There is no ${name}.`);
      const values = Float32Array.from({ length: tensor.sizeBytes / 4 }, () => Math.random() - 0.5);
      engine.write(program.bufferOf(tensor), values);
    }
  }
  program.prepare();
  return program;
}

describe('the tuner', () => {
  it('chooses the plainly faster of two variants, once for calls of one shape, and leaves no memory behind', async () => {
    const program = await makeProgram('direct');
    try {
      const before = engine.allocatedBytes;
      const labels: string[] = [];
      const result = await tuneProgram(engine, program, { budgetMs: 60_000, candidates: onlyTwo, onProgress: ({ call }) => labels.push(call) });
      expect(labels).toEqual(['layer0', 'layer2']);
      expect(result.isComplete).toBe(true);
      expect(result.pins[KEY]).toBe(FAST);
      const [first] = result.measurements;
      expect(first).toMatchObject({ key: KEY, label: 'layer0', present: 'direct', chosen: FAST, refused: {} });
      expect(first?.ms[FAST]).toBeLessThan((first?.ms.direct ?? 0) / 2);
      expect(engine.allocatedBytes).toBe(before);
      // The other way round nothing changes.
      const good = await makeProgram(FAST);
      expect((await tuneProgram(engine, good, { budgetMs: 60_000, candidates: onlyTwo, pinned: { layer2: FAST } })).pins).toEqual({ [KEY]: FAST });
      good.destroy();
    } finally {
      program.destroy();
    }
  });

  it('measures calls whose input and output share memory in the program', async () => {
    const narrow = { ...SHAPE, outChannels: 32 };
    const builder = new ProgramBuilder(engine, { pins: { conv3x3ReluGate: FAST } });
    const image = builder.persistent('image', [32, 32, 64], { category: 'image' });
    const middle = builder.transient('middle', [32, 32, 64]);
    const end = builder.transient('end', [32, 32, 32]);
    const record = (label: string, attributes: typeof SHAPE, input: TensorHandle, output: TensorHandle): TensorHandle[] => {
      const shapes = conv3x3ReluGate.shapes(attributes);
      const [weights, bias] = ['weights', 'bias'].map((name) => builder.persistent(`${label}.${name}`, shapes[name] ?? [], { category: 'weights' }));
      const gate = builder.transient(`${label}.gate`, shapes.gate ?? [], { dtype: 'u32' });
      if (weights === undefined || bias === undefined) throw new Error('There are no weights.');
      builder.call(label, conv3x3ReluGate, attributes, { input, output, weights, bias, gate });
      return [weights, bias];
    };
    const written = [image, ...record('wide', SHAPE, image, middle), ...record('narrow', narrow, middle, end)];
    const program = await builder.build();
    engine.device.pushErrorScope('validation');
    try {
      expect(program.bufferOf(end)).toBe(program.bufferOf(middle));
      for (const tensor of written) {
        engine.write(
          program.bufferOf(tensor),
          Float32Array.from({ length: tensor.sizeBytes / 4 }, () => Math.random() - 0.5),
        );
      }
      program.prepare();
      const { measurements } = await tuneProgram(engine, program, { budgetMs: 60_000, candidates: onlyTwo });
      expect(measurements.map(({ label, chosen, refused }) => ({ label, chosen, refused }))).toEqual(
        ['wide', 'narrow'].map((label) => ({ label, chosen: FAST, refused: {} })),
      );
      for (const { ms } of measurements) expect(ms.direct).toBeGreaterThan(2 * (ms[FAST] ?? Infinity));
    } finally {
      program.destroy();
      expect(await engine.device.popErrorScope()).toBeNull();
    }
  });

  it('refuses a variant whose results differ', async () => {
    const fast = conv3x3ReluGate.variants.find(({ id }) => id === FAST);
    if (fast === undefined) throw new Error('There is no fast variant.');
    // The last pass, which writes the output, is missing: the fastest of all.
    const wrong = { ...fast, id: 'wrong', passes: (...args: Parameters<typeof fast.passes>) => fast.passes(...args).slice(0, -1) };
    const program = await makeProgram('direct', { ...conv3x3ReluGate, variants: [wrong, ...conv3x3ReluGate.variants] });
    try {
      const result = await tuneProgram(engine, program, {
        budgetMs: 60_000,
        pinned: { layer2: 'direct' },
        candidates: (_, variants) => variants.filter(({ id }) => id === 'wrong'),
      });
      expect(result.pins).toEqual({ [KEY]: 'direct' });
      expect(result.measurements[0]?.refused.wrong).toContain('differs');
    } finally {
      program.destroy();
    }
  });

  it('keeps to its time, is cancelled, and measures only what is not known', async () => {
    const program = await makeProgram('direct');
    try {
      const none = await tuneProgram(engine, program, { budgetMs: 0 });
      expect(none).toMatchObject({ pins: {}, isComplete: false, measurements: [] });
      await expectCode('aborted', () => tuneProgram(engine, program, { signal: AbortSignal.abort() }));
      const known = { [KEY]: FAST, [shapeKey('conv3x3ReluGate', SMALL)]: 'direct' };
      const again = await tuneProgram(engine, program, { known: { ...known, other: 'x' }, budgetMs: 0 });
      expect(again).toMatchObject({ pins: known, isComplete: true, measurements: [] });
    } finally {
      program.destroy();
    }
  });

  it('is remembered by adapter and version, exported and reset', async () => {
    const store = memoryTuningStore();
    const memory = new TuningMemory(store, engine.traits);
    expect(await memory.load()).toEqual({});
    await memory.remember({ [KEY]: FAST });
    await memory.remember({ other: 'direct' });
    expect(await new TuningMemory(store, engine.traits).load()).toEqual({ [KEY]: FAST, other: 'direct' });
    expect(await new TuningMemory(store, { ...engine.traits, device: 'another' }).load()).toEqual({});
    expect(await memory.export()).toMatchObject({ version: 1, adapter: { vendor: engine.traits.vendor }, variants: { [KEY]: FAST } });
    await memory.reset();
    expect(await memory.load()).toEqual({});
  });
});
