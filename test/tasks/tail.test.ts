/** The recorded trained tail against float64: every gradient, and the losses of twenty steps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { Philox } from '../../src/engine/random.js';
import { toHalf, fromHalf } from '../../src/engine/values.js';
import { foldBatchNorm, type MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { FrozenProgram } from '../../src/tasks/mobilenet/frozen-program.js';
import { mobileNetLayers, sourceOf, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { TailProgram, type OptimizerKind } from '../../src/tasks/fine-tuning/tail-program.js';
import { initialValues, layoutOf, TailBuffers, type TailLayout } from '../../src/tasks/fine-tuning/tail-state.js';
import { nodeEngine } from '../support/node-gpu.js';
import { randomMobileNet } from '../support/random-mobilenet.js';
import { tailReference, type TailTensors } from '../support/tail-reference.js';

const seed = Date.now() % 2 ** 31;
/** Training magnifies rounding, by more with some draws than with others: probabilities are compared when averages and weights have moved once. */
const EVALUATED_STEP = 1;
const BATCH = 6;
const SIDE = 64;
const CLASSES = 5;
const MOMENTUM = 0.999;

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

interface Setup {
  readonly program: TailProgram;
  readonly buffers: TailBuffers;
  readonly layout: TailLayout;
  readonly features: Float32Array<ArrayBuffer>[];
  readonly named: Map<string, Float64Array>;
  readonly tensors: TailTensors;
  readonly trained: ReturnType<typeof splitLayers>['trained'];
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

async function setUp(net: MobileNetWeights, trainLast: number, stored: 'f16' | 'f32', optimizer: OptimizerKind): Promise<Setup> {
  const layers = mobileNetLayers(net, { height: SIDE, width: SIDE, classes: CLASSES });
  const { frozen, trained, crossing } = splitLayers(layers, trainLast);
  const random = new Philox(seed, 3);
  const outputs = crossing.map(({ name }) => name);
  const forward = await FrozenProgram.build(engine, net, { layers: frozen, outputs, batch: BATCH });
  forward.write(Float32Array.from({ length: BATCH * SIDE * SIDE * 3 }, () => 2 * random.nextUniform() - 1));
  forward.run();
  const features: Float32Array<ArrayBuffer>[] = [];
  for (const name of outputs) {
    const values = new Float32Array(await forward.read(name));
    features.push(stored === 'f16' ? values.map((value) => fromHalf(toHalf(value))) : values);
  }
  forward.destroy();
  const layout = layoutOf(trained, layers.at(-2)?.channels ?? 0);
  const slots = optimizer === 'sgd' ? 1 : 2;
  const values = initialValues(trained, layout, { seed, slots });
  const buffers = new TailBuffers(engine, layout, slots);
  buffers.write(values);
  const program = await TailProgram.build(engine, {
    layers,
    trained,
    crossing,
    layout,
    buffers,
    batch: BATCH,
    classes: CLASSES,
    features: stored,
    optimizer,
    nesterov: false,
    batchNormMomentum: MOMENTUM,
  });
  const tensors: TailTensors = new Map();
  for (const { name, offset, length } of layout.parameters) tensors.set(name, Float64Array.from(values.parameters.subarray(offset, offset + length)));
  for (const { name, offset, length } of layout.moving) tensors.set(name, Float64Array.from(values.moving.subarray(offset, offset + length)));
  return {
    program,
    buffers,
    layout,
    trained,
    features,
    // Under every name that the trained layers call them by: a folded BatchNorm stands for its convolution.
    named: new Map(
      trained
        .flatMap(({ inputs }) => inputs)
        .map((name) => [name, outputs.indexOf(sourceOf(layers, name).name)] as const)
        .filter(([, index]) => index >= 0)
        .map(([name, index]) => [name, Float64Array.from(features[index] ?? [])]),
    ),
    tensors,
    labels: Uint32Array.from({ length: BATCH }, () => Math.floor(random.nextUniform() * CLASSES)),
    weights: Float32Array.from({ length: BATCH }, () => Math.fround(0.5 + random.nextUniform())),
  };
}

function write(setup: Setup, stored: 'f16' | 'f32'): void {
  const features = setup.features.map((values) => (stored === 'f16' ? Uint16Array.from(values, toHalf) : values));
  setup.program.write({ features, labels: setup.labels, weights: setup.weights });
}

function reference(setup: Setup, mode: 'training' | 'inference'): ReturnType<typeof tailReference> {
  const batch = { size: BATCH, labels: Float64Array.from(setup.labels), weights: Float64Array.from(setup.weights) };
  return tailReference(setup.trained, setup.tensors, setup.named, batch, mode, MOMENTUM);
}

/** L2 norm of the difference relative to the wanted values, or to `floor` where they are smaller: a gradient may be zero by symmetry. */
function relativeL2(got: ArrayLike<number>, wanted: Float64Array, floor = 1e-15): number {
  let difference = 0;
  let size = 0;
  wanted.forEach((value, i) => {
    difference += ((got[i] ?? NaN) - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), floor);
}

const folded = (net: MobileNetWeights): MobileNetWeights => ({ ...net, units: net.units.map(foldBatchNorm) });

describe(`trained tail (seed ${String(seed)})`, () => {
  it.each([
    { trainLast: 20, what: 'BatchNorm apart', net: randomMobileNet(seed) },
    { trainLast: 30, what: 'BatchNorm folded', net: folded(randomMobileNet(seed)) },
    { trainLast: 1, what: 'dense layer alone', net: randomMobileNet(seed) },
  ])('gradients of the last $trainLast layers equal float64 ($what)', { timeout: 240_000 }, async ({ trainLast, net }) => {
    const setup = await setUp(net, trainLast, 'f32', 'sgd');
    write(setup, 'f32');
    setup.program.train({ update: false });
    const gradients = await engine.readFloats(setup.buffers.gradients);
    const wanted = reference(setup, 'training');
    expect([...wanted.gradients.keys()].sort()).toEqual(setup.layout.parameters.map(({ name }) => name).sort());
    const total = Math.hypot(...[...wanted.gradients.values()].map((values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))));
    for (const { name, offset, length } of setup.layout.parameters) {
      const gradient = wanted.gradients.get(name) ?? new Float64Array();
      expect(relativeL2(gradients.subarray(offset, offset + length), gradient, 1e-3 * total), name).toBeLessThan(2e-4);
    }
    expect(relativeL2(await setup.program.losses(), wanted.losses)).toBeLessThan(1e-5);
    setup.program.destroy();
    setup.buffers.destroy();
  });

  it.each([{ optimizer: 'sgd' as const }, { optimizer: 'adam' as const }])(
    'twenty steps of $optimizer give the losses of float64 to 1e-4, from features in half precision',
    { timeout: 240_000 },
    async ({ optimizer }) => {
      const setup = await setUp(randomMobileNet(seed), 20, 'f16', optimizer);
      const [rate, momentum, beta1, beta2, epsilon] = [optimizer === 'sgd' ? 0.02 : 1e-3, 0.9, 0.9, 0.999, 1e-7];
      const slots = [new Map<string, Float64Array>(), new Map<string, Float64Array>()];
      engine.write(setup.buffers.hyper, optimizer === 'sgd' ? Float32Array.of(rate, momentum) : Float32Array.of(beta1, 1 - beta1, beta2, 1 - beta2, epsilon));
      write(setup, 'f16');
      const losses: number[] = [];
      const wanted: number[] = [];
      for (let step = 1; step <= 20; step++) {
        const size = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
        engine.write(setup.buffers.schedule, Float32Array.of(size));
        engine.write(setup.buffers.totals, new Float32Array(2));
        setup.program.train();
        losses.push(((await engine.readFloats(setup.buffers.totals, 2))[0] ?? NaN) / BATCH);
        const outcome = reference(setup, 'training');
        wanted.push(outcome.losses.reduce((sum, value) => sum + value, 0) / BATCH);
        for (const [name, gradient] of outcome.gradients) {
          const before = setup.tensors.get(name) ?? new Float64Array();
          const first = slots[0]?.get(name) ?? new Float64Array(before.length);
          const second = slots[1]?.get(name) ?? new Float64Array(before.length);
          if (optimizer === 'sgd') {
            const velocity = first.map((old, i) => momentum * old - rate * (gradient[i] ?? 0));
            slots[0]?.set(name, velocity);
            setup.tensors.set(
              name,
              before.map((old, i) => old + (velocity[i] ?? 0)),
            );
          } else {
            const m = first.map((old, i) => beta1 * old + (1 - beta1) * (gradient[i] ?? 0));
            const v = second.map((old, i) => beta2 * old + (1 - beta2) * (gradient[i] ?? 0) ** 2);
            slots[0]?.set(name, m);
            slots[1]?.set(name, v);
            setup.tensors.set(
              name,
              before.map((old, i) => old - (size * (m[i] ?? 0)) / (Math.sqrt(v[i] ?? 0) + epsilon)),
            );
          }
        }
        if (step === EVALUATED_STEP) {
          // Evaluation uses the moving averages.
          setup.program.evaluate();
          const inference = reference(setup, 'inference');
          expect(relativeL2(await setup.program.probabilities(), inference.probabilities)).toBeLessThan(1e-4);
        }
      }
      expect(losses[19]).toBeLessThan(losses[0] ?? 0);
      losses.forEach((loss, step) => {
        expect(Math.abs(loss - (wanted[step] ?? NaN)), `step ${String(step)}`).toBeLessThan(1e-4);
      });
      setup.program.destroy();
      setup.buffers.destroy();
    },
  );
});
