import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import { presetByName } from '../../src/tasks/presets.js';
import { createStyleTransfer, noisePicture, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { expectCode } from '../support/expect-code.js';
import { nodeEngine } from '../support/node-gpu.js';
import { submitsOf } from '../support/submits.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const net = randomVgg19({ seed: 3, divisor: 16 });

function makeRun(side = 32): Promise<StyleTransferRun> {
  const settings = { ...presetByName('default').settings, height: side, width: side, steps: 6 };
  return createStyleTransfer(engine, settings, { net, content: noisePicture(side, side, 1), styles: [noisePicture(32, 32, 2)] });
}

it('a restored state goes on bit by bit as the run did, in the same run and in another', async () => {
  const [run, other] = [await makeRun(), await makeRun()];
  try {
    await run.run({ steps: 3 });
    const state = await run.snapshot();
    expect([state.step, state.trace.length]).toEqual([3, 3]);
    await run.run();
    const wanted = await run.image();
    expect(wanted.data).not.toEqual(state.image);
    run.restore(state);
    expect([run.steps, run.trace.length]).toEqual([3, 3]);
    await run.run();
    expect((await run.image()).data).toEqual(wanted.data);
    other.restore(state);
    await other.run();
    expect((await other.image()).data).toEqual(wanted.data);
    expect(other.trace.map(({ total }) => total)).toEqual(run.trace.map(({ total }) => total));
  } finally {
    run.destroy();
    other.destroy();
  }
});

it('reset brings back the start, and a state of another size is refused', async () => {
  const [run, small] = [await makeRun(), await makeRun(16)];
  try {
    const start = await run.image();
    await run.run({ steps: 2 });
    run.reset();
    expect((await run.image()).data).toEqual(start.data);
    expect([run.steps, run.trace.length]).toEqual([0, 0]);
    const state = await small.snapshot();
    await expectCode('bad-picture', () => {
      run.restore(state);
    });
  } finally {
    run.destroy();
    small.destroy();
  }
});

it('slow steps go in several command buffers, bit for bit as fast ones', async () => {
  const [fast, slow] = [await makeRun(), await makeRun()];
  const quick = await submitsOf(engine, () => fast.run());
  // A clock on which every step takes seconds.
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 2_000));
  const divided = await submitsOf(engine, () => slow.run());
  clock.mockRestore();
  // Of six steps the first two are submitted before a speed is known.
  expect(divided).toBeGreaterThanOrEqual(quick + 4 * 5);
  expect((await slow.image()).data).toEqual((await fast.image()).data);
  fast.destroy();
  slow.destroy();
});
