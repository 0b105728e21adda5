/** L-BFGS in whole runs: against the textbook in float64 on the run's own losses and gradients, and what runs promise. */
import { beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { presetByName } from '../../../src/tasks/presets.js';
import type { StyleTransferSettings } from '../../../src/tasks/settings.js';
import { createStyleTransfer, noisePicture, type StyleTransferRun } from '../../../src/tasks/style-transfer.js';
import { expectCode } from '../../support/expect-code.js';
import { imageError } from '../../support/golden.js';
import { TextbookLbfgs } from '../../support/lbfgs-reference.js';
import { sharedEngine } from './engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const SIDE = 32;
const STEPS = 7;
const seed = Date.now() % 1_000;
const net = randomVgg19({ seed: 3, divisor: 16 });

function makeRun(changes: Partial<StyleTransferSettings> = {}): Promise<StyleTransferRun> {
  const settings = { ...presetByName('default').settings, height: SIDE, width: SIDE, steps: STEPS, history: 4, optimizer: 'lbfgs' as const, ...changes };
  return createStyleTransfer(engine, settings, { net, content: noisePicture(SIDE, SIDE, seed), styles: [noisePicture(SIDE, SIDE, seed + 1)] });
}

it(`steps as the textbook does in float64 on the same losses and gradients (seed ${String(seed)})`, async () => {
  // The second run only measures: losses and gradients at the images that the first one tries.
  const [run, probe] = [await makeRun(), await makeRun({ optimizer: 'adam' })];
  const { learningRate, history = 0 } = run.settings;
  try {
    const trials: Float64Array[] = [];
    const measured: { loss: number; gradient: Float64Array }[] = [];
    for (let k = 0; k < STEPS; k++) {
      const { trial = new Float32Array() } = (await run.snapshot()).state;
      trials.push(Float64Array.from(trial));
      probe.restore({ step: 0, height: SIDE, width: SIDE, image: trial, state: {}, trace: [] });
      const gradient = Float64Array.from(await probe.gradient());
      measured.push({ loss: (await probe.evaluate()).total, gradient });
      await run.step();
    }
    let asked = 0;
    const textbook = new TextbookLbfgs(() => measured[asked++] ?? { loss: NaN, gradient: new Float64Array() }, trials[0] ?? new Float64Array(), {
      history,
      firstRms: learningRate,
      clip: true,
    });
    trials.forEach((trial, k) => {
      expect(imageError(trial, textbook.trial).rms, `step ${String(k)} (${textbook.story})`).toBeLessThan(1e-4);
      textbook.step();
    });
    // The control: the images do move.
    expect(imageError(trials.at(-1) ?? [], trials[0] ?? []).rms).toBeGreaterThan(1e-2);
    expect(run.trace.map(({ total }) => total)).toEqual(measured.map(({ loss }) => loss));
  } finally {
    run.destroy();
    probe.destroy();
  }
});

it('shows the image its line search took last, never a worse one, and gets below Adam in as many steps', async () => {
  const [run, adam] = [await makeRun({ steps: 24 }), await makeRun({ optimizer: 'adam', steps: 24 })];
  try {
    let last = (await run.evaluate()).total;
    for (const steps of [6, 12, 18, 24]) {
      await run.run({ steps });
      const { total } = await run.evaluate();
      expect(total).toBeLessThanOrEqual(last * (1 + 1e-5));
      last = total;
    }
    expect(last).toBeLessThan((run.trace[0]?.total ?? 0) * 0.9);
    await adam.run();
    expect(last).toBeLessThan((await adam.evaluate()).total);
  } finally {
    run.destroy();
    adam.destroy();
  }
});

it('a restored state goes on bit by bit; an evaluation in between changes nothing; new weights forget the history', async () => {
  const [run, other] = [await makeRun(), await makeRun()];
  try {
    await run.run({ steps: 4 });
    const state = await run.snapshot();
    await run.evaluate();
    await run.run();
    const wanted = await run.image();
    other.restore(state);
    await other.run();
    expect((await other.image()).data).toEqual(wanted.data);
    run.restore(state);
    run.setLive({ styleWeight: run.settings.styleWeight * 2 });
    const restarted = await run.snapshot();
    expect(restarted.state.state?.every((value) => value === 0)).toBe(true);
    expect(restarted.state.trial).toEqual(state.image);
    run.setLive({ learningRate: 0.01 });
    await run.run({ steps: 5 });
    const { image, state: tried } = await run.snapshot();
    expect(image).toEqual(state.image);
    // A first step changes the image by the learning rate, but where it is at a bound.
    const { rms } = imageError(tried.trial ?? [], image);
    expect(rms).toBeLessThan(0.0101);
    expect(rms).toBeGreaterThan(0.005);
  } finally {
    run.destroy();
    other.destroy();
  }
});

it('a history that no kernel takes is refused', async () => {
  for (const history of [0, 33, 2.5]) await expectCode('bad-option', () => makeRun({ history }));
});
