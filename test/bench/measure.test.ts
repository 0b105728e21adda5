/** The whole method on a device: what is right is timed, what is wrong is reported and never timed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeYardsticks, measureCeilings } from '../../src/bench/method/ceilings.js';
import { checkableAttributes, checkAgainstReference, compareOutputs, referenceHere } from '../../src/bench/method/check.js';
import { Clock } from '../../src/bench/method/clock.js';
import { measureKernel, type MeasureContext } from '../../src/bench/method/measure-kernel.js';
import { planGroups, settingsOf, type BenchRequest } from '../../src/bench/request.js';
import { benchFile, fileSchema, parseBenchFile } from '../../src/bench/result.js';
import { runBench } from '../../src/bench/run.js';
import { erased } from '../../src/bench/suites/suite.js';
import { suiteOp, SUITES } from '../../src/bench/suites/suites.js';
import type { KernelDefinition } from '../../src/engine/contract.js';
import type { Engine } from '../../src/engine/engine.js';
import { conv3x3BiasRelu, gram } from '../../src/kernels/index.js';
import { nodeEngine } from '../support/node-gpu.js';
import * as v from 'valibot';

const REQUEST: BenchRequest = { maximumSamples: 6, groupSeconds: 0.5, ceilings: false };
let engine: Engine;
let clock: Clock;
let yardsticks: Awaited<ReturnType<typeof makeYardsticks>>;
const now = (): number => performance.now();

function contextFor(request: BenchRequest): MeasureContext {
  return { engine, clock, now, request, settings: settingsOf(request), yardsticks: yardsticks.timed, reference: referenceHere, say: () => undefined };
}

beforeAll(async () => {
  engine = await nodeEngine();
  clock = await Clock.calibrate(engine, { now });
  yardsticks = await makeYardsticks(engine, clock);
});
afterAll(() => {
  yardsticks.destroy();
  clock.destroy();
  engine.destroy();
});

/** A kernel whose last variant has a bug: it leaves out a position. */
function withBug(kernel: KernelDefinition, find: string, replace: string): KernelDefinition {
  const [variant] = kernel.variants.filter(({ id }) => id === 'symmetric-split-k');
  if (variant === undefined) throw new Error('the variant is gone');
  const wrong = {
    ...variant,
    id: 'planted-bug',
    passes: (...args: Parameters<typeof variant.passes>) =>
      variant.passes(...args).map((pass) => ({ ...pass, shader: { path: pass.shader.path, source: pass.shader.source.replace(find, replace) } })),
  };
  return { ...kernel, variants: [variant, wrong] };
}

describe('measuring a kernel', () => {
  it('reports a planted wrong variant and does not time it', async () => {
    const kernel = withBug(erased(gram), 'position < params.positions', 'position + 1u < params.positions');
    const op = { ...suiteOp('gram'), kernel };
    const shape = { name: 'small', attributes: { positions: 130, channels: 16 } };
    const group = await measureKernel(contextFor(REQUEST), { op, shape }, kernel);
    const [right, wrong] = group.cases;
    expect(right).toMatchObject({ variant: 'symmetric-split-k', status: 'measured', check: { against: 'reference' } });
    expect(right?.samplesMs).toHaveLength(6);
    expect(group.yardstickMs).toHaveLength(6);
    expect(group.yardsticks?.map(({ name, samplesMs, wallMs }) => [name, samplesMs.length, wallMs.length])).toEqual([
      ['multiply-add', 6, 6],
      ['copy', 6, 6],
    ]);
    expect(group.inputSets).toBe(4);
    expect(wrong).toMatchObject({ variant: 'planted-bug', status: 'wrong' });
    expect(wrong?.reason).toMatch(/gram\[\d+\] is .* wanted/);
    expect(wrong).not.toHaveProperty('samplesMs');
  });

  it('catches a variant that writes nothing: its poisoned outputs show', async () => {
    const kernel = withBug(erased(gram), 'no such text', '');
    const silent = {
      ...kernel,
      variants: kernel.variants.map((variant) =>
        variant.id === 'planted-bug' ? { ...variant, passes: (...args: Parameters<typeof variant.passes>) => variant.passes(...args).slice(0, 1) } : variant,
      ),
    };
    const group = await measureKernel(
      contextFor(REQUEST),
      { op: { ...suiteOp('gram'), kernel: silent }, shape: { name: 's', attributes: { positions: 64, channels: 8 } } },
      silent,
    );
    expect(group.cases.map(({ status }) => status)).toEqual(['measured', 'wrong']);
  });

  it('gives a file that its own schema reads back', async () => {
    const run = await runBench(
      engine,
      { ...REQUEST, ops: ['max-pool', 'memory'], shapes: ['8x8x8', '64x8'] },
      { host: { kind: 'node', name: 'Node', flags: [], system: 'test' } },
    );
    expect(run.groups.map(({ op, shape }) => `${op} ${shape}`)).toEqual(['max-pool 8x8x8', 'memory 64x8']);
    const [pool, memory] = run.groups;
    expect(pool?.cases[0]?.summary?.medianMs).toBeGreaterThan(0);
    expect(pool?.cases[0]?.figures?.gigabytesPerSecond).toBeGreaterThan(0);
    expect(memory?.cases[0]?.memory?.weights).toBeGreaterThan(0);
    expect(run.device.isSoftware).toBe(true);
    const file = benchFile([run]);
    expect(parseBenchFile(JSON.stringify(file), 'f')).toEqual(file);
    expect(v.is(fileSchema, file)).toBe(true);
  });

  it('measures ceilings that the yardstick does not exceed by much', async () => {
    const ceilings = await measureCeilings(engine, clock, now);
    expect(ceilings.gflops).toBeGreaterThan(0.05);
    expect(ceilings.gigabytesPerSecond).toBeGreaterThan(0.01);
  });
});

describe('the clock', () => {
  /** The engine, but for what a property gives. */
  const otherwise = (properties: PropertyDescriptorMap): Engine => Object.create(engine, properties) as Engine;

  it('is the best that the device has, and its limits are told', async () => {
    const processor = await Clock.calibrate(engine, { now, processorMs: now });
    expect(processor.info).toMatchObject({ kind: 'processor', note: expect.stringContaining('processor time of all threads') as unknown });
    const timestamps = new Set([...engine.traits.features, 'timestamp-query']);
    const without = otherwise({ traits: { value: { ...engine.traits, features: new Set([...timestamps].filter((name) => name !== 'timestamp-query')) } } });
    expect((await Clock.calibrate(without, { now })).info).toMatchObject({ kind: 'wall', note: expect.stringContaining('no timestamps') as unknown });
  });

  it('takes timestamps as they are quantised: fine ones with batches long enough, coarse ones not at all', async () => {
    const quantised = (quantumNs: bigint): Promise<Clock> => {
      let call = 0n;
      const read = (): Promise<ArrayBuffer> => {
        call += 7n;
        return Promise.resolve(new BigUint64Array([1_000n + call * quantumNs, 1_000n + (call + 3n) * quantumNs]).buffer);
      };
      return Clock.calibrate(otherwise({ read: { value: read } }), { now });
    };
    const fine = await quantised(100_000n);
    expect(fine.info).toMatchObject({ kind: 'timestamp', quantumMs: 0.1, minimumSampleMs: 10 });
    expect(fine.info.note).toMatch(/quantised to 100 µs; samples last at least 10 ms/);
    fine.destroy();
    expect((await quantised(1_000_000n)).info).toMatchObject({ kind: 'wall', note: expect.stringContaining('quantised to 1.00 ms') as unknown });
  });
});

describe('requests', () => {
  const shapesOf = (request: BenchRequest): string[] => planGroups(request).map(({ op, shape }) => `${op.id} ${shape.name}`);

  it('knows every layer of VGG19 from 64 to 1024 px, and patterns of names', () => {
    expect(shapesOf({ ops: ['conv'], shapes: ['*@1024'] })).toHaveLength(9);
    expect(shapesOf({ ops: ['conv'], shapes: ['conv3_2@*'] })).toHaveLength(6);
    expect(shapesOf({ ops: ['gram', 'tv'], shapes: ['*@64'] })).toEqual([...[1, 2, 3, 4, 5].map((block) => `gram relu${String(block)}_1@64`), 'tv image@64']);
  });

  it('takes shapes typed by hand', () => {
    const [typed] = planGroups({ ops: ['conv'], shapes: ['28x30x8x16'] });
    expect(typed?.shape.attributes).toEqual({ height: 28, width: 30, inChannels: 8, outChannels: 16, relu: true });
    const [named] = planGroups({ ops: ['conv'], shapes: ['height=7,relu=false'] });
    expect(named?.shape.attributes).toMatchObject({ height: 7, relu: false });
  });

  it('says what is wrong with a request, and what there is', () => {
    expect(() => planGroups({ ops: ['grm'] })).toThrow(/no op "grm".*gram/);
    expect(() => planGroups({ ops: ['gram'], shapes: ['nine'] })).toThrow(/shape "nine".*positionsxchannels/);
    expect(() => planGroups({ ops: ['gram'], shapes: ['positions=0'] })).toThrow(/positions is 0/);
    expect(() => planGroups({ ops: ['gram'], variants: ['quick'] })).toThrow(/symmetric-split-k/);
    expect(() => settingsOf({ precision: 0 })).toThrow(/precision is 0/);
  });

  it('measures any kernel by its name', () => {
    expect(shapesOf({ ops: ['relu6'] }).length).toBeGreaterThan(0);
  });

  it('has quick shapes for the ops that matter, and every shape is one that its kernel takes', () => {
    for (const { kernel, shapes } of SUITES) for (const { attributes } of shapes) kernel?.shapes(attributes);
    expect(planGroups({ quick: true }).length).toBeGreaterThan(15);
  });
});

describe('checks', () => {
  it('judges a Gram matrix by the size of its entries: rounding of the large diagonal passes, one position too few does not', async () => {
    const attributes = { positions: 1_024, channels: 256 };
    const kernel = withBug(erased(gram), 'position < params.positions', 'position + 1u < params.positions');
    const values = await referenceHere(erased(gram), attributes, 1_007);
    const [first = NaN, , ...rest] = values.wanted.gram ?? [];
    expect(first / Math.hypot(...rest.slice(0, 255))).toBeGreaterThan(1.5);
    expect((await checkAgainstReference(engine, kernel, 'symmetric-split-k', attributes, values, attributes)).problems).toEqual([]);
    const { problems, check } = await checkAgainstReference(engine, kernel, 'planted-bug', attributes, values, attributes);
    expect(problems).toHaveLength(1);
    expect(check.worst).toBeGreaterThan(check.allowed);
  });

  it('notices a single entry that is off by a hundredth of a percent, large or small', () => {
    const wanted = { gram: Float64Array.of(10, 0.1, 0.1, 10) };
    const at = (got: number[]): number =>
      compareOutputs(erased(gram), { positions: 4, channels: 2 }, 'any', { gram: Float64Array.from(got) }, wanted, 'reference').problems.length;
    expect(at([10.0001, 0.1, 0.1, 10])).toBe(0);
    expect(at([10.001, 0.1, 0.1, 10])).toBe(1);
    expect(at([10, 0.101, 0.1, 10])).toBe(1);
  });

  it('shrinks space and never channels until the reference can be afforded', () => {
    const attributes = { height: 512, width: 512, inChannels: 64, outChannels: 64, relu: true };
    const reduced = checkableAttributes(erased(conv3x3BiasRelu), attributes);
    expect(reduced).toMatchObject({ inChannels: 64, outChannels: 64 });
    expect(conv3x3BiasRelu.cost(reduced as typeof attributes).flops).toBeLessThan(3.3e8);
    const small = { height: 8, width: 8, inChannels: 8, outChannels: 8, relu: true };
    expect(checkableAttributes(erased(conv3x3BiasRelu), small)).toBe(small);
  });
});
