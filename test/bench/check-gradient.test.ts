import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/bench/step/check-gradient.js';
import { stepProblem } from '../../src/bench/step/step-problem.js';
import type { Engine } from '../../src/engine/engine.js';
import { createStyleTransfer, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { nodeEngine } from '../support/node-gpu.js';

describe('the check of a whole step', () => {
  let engine: Engine;
  let run: StyleTransferRun;

  beforeAll(async () => {
    engine = await nodeEngine();
    const { settings, inputs } = stepProblem(64, 8);
    run = await createStyleTransfer(engine, settings, inputs);
  });
  afterAll(() => {
    run.destroy();
    engine.destroy();
  });

  it('takes the step of the quick suite, and leaves it at its start', async () => {
    const before = await run.snapshot();
    const { problems, check } = await checkGradient(run);
    expect(problems).toEqual([]);
    expect(check.worst).toBeLessThan(0.02);
    expect(await run.snapshot()).toEqual(before);
  });

  it('refuses a gradient that is a tenth too long', async () => {
    const { problems } = await checkGradient({
      snapshot: () => run.snapshot(),
      restore: (state) => {
        run.restore(state);
      },
      evaluate: () => run.evaluate(),
      gradient: async () => (await run.gradient()).map((value) => 1.1 * value),
    });
    expect(problems).toHaveLength(1);
  });
});
