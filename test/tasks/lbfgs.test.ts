/** L-BFGS on the GPU, step by step against the textbook's recursion in float64 on the same function. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { ProgramBuilder, type TensorHandle } from '../../src/engine/program.js';
import { Philox } from '../../src/engine/random.js';
import { lbfgsHyper, planLength, PRODUCT_COLUMNS, stateLength } from '../../src/kernels/lbfgs/layout.js';
import { lbfgsProducts, lbfgsRecursion, lbfgsUpdate } from '../../src/kernels/index.js';
import { TextbookLbfgs, type Objective } from '../support/lbfgs-reference.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const COUNT = 300;

/** Runs the three kernels; the function's loss and gradient are computed here and written, as the network would. */
async function gpuSteps(
  objective: Objective,
  start: Float64Array,
  settings: { history: number; firstRms: number; clip: boolean },
  steps: number,
): Promise<{ trials: Float64Array[]; story: string }> {
  const { history, firstRms, clip } = settings;
  const builder = new ProgramBuilder(engine);
  const vector = (name: string, length = COUNT): TensorHandle => builder.persistent(name, [length], { category: 'image' });
  const [image, base, gradient] = [vector('image'), vector('base'), vector('gradient')];
  const [baseGradient, direction] = [vector('baseGradient'), vector('direction')];
  const [past, changes] = [vector('steps', history * COUNT), vector('changes', history * COUNT)];
  const [products, state, plan] = [
    vector('products', (history + 1) * PRODUCT_COLUMNS),
    vector('state', stateLength(history)),
    vector('plan', planLength(history)),
  ];
  const [ring, hyper] = [vector('ring', 4), vector('hyper', 3)];
  const step = builder.persistent('step', [1], { category: 'image', dtype: 'u32' });
  builder.call('products', lbfgsProducts, { count: COUNT, history, clip }, { image, gradient, base, baseGradient, steps: past, changes, products });
  builder.call('recursion', lbfgsRecursion, { count: COUNT, history, capacity: 1 }, { products, ring, step, hyper, state, plan });
  builder.call('update', lbfgsUpdate, { count: COUNT, history, clip }, { gradient, plan, image, base, baseGradient, direction, steps: past, changes });
  const program = await builder.build();
  engine.write(program.bufferOf(hyper), lbfgsHyper({ learningRate: firstRms }));
  engine.write(program.bufferOf(image), Float32Array.from(start));
  const trials: Float64Array[] = [];
  let story = '';
  for (let k = 0; k < steps; k++) {
    const at = Float64Array.from(await engine.readFloats(program.bufferOf(image), COUNT));
    trials.push(at);
    const { loss, gradient: g } = objective(at);
    engine.write(program.bufferOf(gradient), Float32Array.from(g));
    engine.write(program.bufferOf(ring), Float32Array.of(0, 0, 0, loss));
    program.run();
    const [verdict = NaN] = await engine.readFloats(program.bufferOf(plan), 1);
    story += ['r', 't', 'x'][verdict] ?? '?';
  }
  program.destroy();
  return { trials, story };
}

const random = new Philox(seed);
const weights = Float64Array.from({ length: COUNT }, () => 0.2 + 3 * random.nextUniform());
const centre = Float64Array.from({ length: COUNT }, () => 1.6 * random.nextUniform() - 0.3);
const start = Float64Array.from({ length: COUNT }, () => Math.fround(random.nextUniform()));

/** Smooth, convex, its least value partly outside of the box; coupled, so that its Hessian is no diagonal. */
const bowl: Objective = (x) => {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const loss = x.reduce((sum, value, i) => sum + (weights[i] ?? 0) * (value - (centre[i] ?? 0)) ** 2 + 0.5 * (value - (centre[i] ?? 0)) ** 4, 5 * mean * mean);
  return {
    loss,
    gradient: x.map((value, i) => 2 * (weights[i] ?? 0) * (value - (centre[i] ?? 0)) + 2 * (value - (centre[i] ?? 0)) ** 3 + (10 * mean) / x.length),
  };
};

/** A bowl with ripples: trial images are refused. */
const rippled: Objective = (x) => {
  const { loss, gradient } = bowl(x);
  return {
    loss: loss + x.reduce((sum, value) => sum + Math.sin(14 * value), 0),
    gradient: gradient.map((g, i) => g + 14 * Math.cos(14 * (x[i] ?? 0))),
  };
};

describe(`L-BFGS on the GPU equals the textbook in float64 (seed ${String(seed)})`, () => {
  it.each([
    { name: 'in the box', objective: bowl, history: 5, clip: true, steps: 16, firstRms: 0.1 },
    { name: 'without a box', objective: bowl, history: 10, clip: false, steps: 16, firstRms: 0.1 },
    { name: 'with refused trials', objective: rippled, history: 4, clip: true, steps: 9, firstRms: 0.4 },
  ])('$name', async ({ objective, steps, ...settings }) => {
    const textbook = new TextbookLbfgs(objective, start, settings);
    const { trials, story } = await gpuSteps(objective, start, settings, steps);
    trials.forEach((trial, k) => {
      const error = Math.sqrt(trial.reduce((sum, value, i) => sum + (value - (textbook.trial[i] ?? 0)) ** 2, 0) / COUNT);
      expect(error, `rms difference at step ${String(k)} (${story})`).toBeLessThan(k < 8 ? 2e-5 : 1e-3);
      textbook.step();
    });
    expect(story).toBe(textbook.story);
    if (objective === rippled) expect(story).toContain('r');
  });

  it('reaches the least value of the bowl to seven digits within 24 steps', async () => {
    const { trials } = await gpuSteps(bowl, start, { history: 10, clip: true, firstRms: 0.1 }, 24);
    // Independent of any optimiser: coordinate by coordinate, with the mean of the solution held, by bisection of the slope.
    let mean = trials.at(-1)?.reduce((sum, value) => sum + value / COUNT, 0) ?? 0;
    let best = new Float64Array(COUNT);
    for (let round = 0; round < 50; round++) {
      best = best.map((_, i) => {
        let [low, high] = [0, 1];
        for (let bit = 0; bit < 45; bit++) {
          const x = (low + high) / 2;
          const d = x - (centre[i] ?? 0);
          if (2 * (weights[i] ?? 0) * d + 2 * d ** 3 + (10 * mean) / COUNT > 0) high = x;
          else low = x;
        }
        return (low + high) / 2;
      });
      mean = best.reduce((sum, value) => sum + value / COUNT, 0);
    }
    const wanted = bowl(best).loss;
    expect((bowl(trials.at(-1) ?? start).loss - wanted) / wanted).toBeLessThan(1e-7);
  });
});
