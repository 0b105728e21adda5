/** Runs that are interrupted and go on from their checkpoints, and checkpoints that nothing can go on from. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { randomVgg19 } from '../../../src/models/random-vgg19.js';
import { encodeArrays } from '../../../src/tasks/checkpoints/array-file.js';
import { findCheckpoint, runWithCheckpoints } from '../../../src/tasks/checkpoints/checkpointed-run.js';
import { decodeRunCheckpoint, encodeRunCheckpoint, inputPrints } from '../../../src/tasks/checkpoints/run-checkpoint.js';
import type { CheckpointStore } from '../../../src/tasks/checkpoints/store.js';
import { createRun } from '../../../src/tasks/create-run.js';
import { resizePicture } from '../../../src/tasks/pictures/resize.js';
import { presetByName } from '../../../src/tasks/presets.js';
import type { StyleTransferSettings } from '../../../src/tasks/settings.js';
import { noisePicture } from '../../../src/tasks/style-transfer.js';
import { expectCode } from '../../support/expect-code.js';
import { sharedEngine } from './engine.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const net = randomVgg19({ seed: 3, divisor: 16 });
const SIZE = { height: 40, width: 64 };
const inputs = { net, content: resizePicture(noisePicture(10, 16, 1), SIZE), styles: [resizePicture(noisePicture(12, 12, 2), { height: 48, width: 48 })] };
const ADAM: StyleTransferSettings = { ...presetByName('default').settings, ...SIZE, steps: 6 };
const RUNS: Readonly<Record<string, StyleTransferSettings>> = {
  Adam: { ...ADAM, averageDecay: 0.5 },
  'L-BFGS from coarse to fine': { ...ADAM, optimizer: 'lbfgs', history: 3, scales: { coarsest: 32, factor: 2, steps: [3] } },
};

/** A store that keeps every version. */
function recorder(): CheckpointStore & { readonly versions: Uint8Array<ArrayBuffer>[] } {
  const versions: Uint8Array<ArrayBuffer>[] = [];
  return {
    versions,
    save: (bytes) => {
      versions.push(bytes);
      return Promise.resolve();
    },
    load: () => Promise.resolve(versions.at(-1)),
    remove: () => Promise.resolve(),
  };
}

function holding(bytes: Uint8Array<ArrayBuffer>): CheckpointStore {
  return { ...recorder(), load: () => Promise.resolve(bytes) };
}

it.each(Object.entries(RUNS))('%s goes on from every checkpoint bit by bit as if nothing had happened', async (_, settings) => {
  const identity = { settings, inputs: inputPrints(inputs) };
  const plain = await createRun(engine, settings, inputs);
  await plain.run();
  const wanted = [await plain.image(), (await plain.completeTrace()).map((entry) => ({ ...entry, ms: 0 }))];
  plain.destroy();
  const store = recorder();
  const whole = await createRun(engine, settings, inputs);
  expect(await runWithCheckpoints(engine, whole, { store, every: 2, identity })).toBe(6);
  whole.destroy();
  // After steps 2, 4 and 6; and one just where the next size would begin.
  expect(store.versions).toHaveLength(3);
  const atBorder = await createRun(engine, settings, inputs);
  await runWithCheckpoints(engine, atBorder, { store, every: 3, identity }, { steps: 3 });
  atBorder.destroy();
  expect(store.versions.map((bytes) => decodeRunCheckpoint(bytes, 'run').snapshot.step)).toEqual([2, 4, 6, 3]);
  for (const bytes of store.versions) {
    const found = await findCheckpoint(holding(bytes), 'run.bin', identity, engine);
    if (found === undefined) throw new Error('no checkpoint');
    expect(found.remarks).toEqual([]);
    const resumed = await createRun(engine, settings, inputs, { resume: found.resume });
    expect(resumed.steps).toBe(found.checkpoint.snapshot.step);
    await runWithCheckpoints(engine, resumed, { store: recorder(), every: found.checkpoint.every, identity });
    expect([await resumed.image(), (await resumed.completeTrace()).map((entry) => ({ ...entry, ms: 0 }))]).toEqual(wanted);
    resumed.destroy();
  }
});

describe('a checkpoint', () => {
  const identity = { settings: ADAM, inputs: inputPrints(inputs) };
  const bytesOf = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const [store, run] = [recorder(), await createRun(engine, ADAM, inputs)];
    await runWithCheckpoints(engine, run, { store, every: 1, identity }, { steps: 1 });
    run.destroy();
    return store.versions[0] ?? new Uint8Array();
  };
  const find = (bytes: Uint8Array<ArrayBuffer>, changes: Partial<typeof identity> = {}): Promise<unknown> =>
    findCheckpoint(holding(bytes), 'here/run.bin', { ...identity, ...changes }, engine);

  it('is refused when it was cut short, is of another kind, version, setting, picture or net', async () => {
    const bytes = await bytesOf();
    for (const length of [0, 3, 40, bytes.length - 4]) {
      await expectCode('bad-option', () => find(bytes.slice(0, length)), /here\/run\.bin is damaged or was cut short.*Remove here\/run\.bin/);
    }
    await expectCode('bad-option', () => find(new TextEncoder().encode('a picture, perhaps, of quite another kind')), /damaged/);
    await expectCode('bad-option', () => find(encodeArrays({ magic: 'gramarye-checkpoint-1' }, [])), /another kind or format/);
    const checkpoint = decodeRunCheckpoint(bytes, 'run');
    const older = encodeRunCheckpoint({ ...checkpoint, map: { ...checkpoint.map, gramarye: '0.0.1' } });
    await expectCode('bad-option', () => find(older), /written by Gramarye 0\.0\.1.*remove here\/run\.bin/);
    await expectCode('bad-option', () => find(bytes, { settings: { ...ADAM, learningRate: 0.5 } }), /another learningRate: .* there, 0\.5 here/);
    const other = inputPrints({ ...inputs, content: noisePicture(SIZE.height, SIZE.width, 9), net: randomVgg19({ seed: 4, divisor: 16 }) });
    await expectCode('bad-option', () => find(bytes, { inputs: other }), /a run with another net/);
    await expectCode('bad-option', () => find(bytes, { inputs: { ...other, net: identity.inputs.net ?? '' } }), /another content picture/);
    // One size may take more steps; with several they decide where each ends.
    expect(await find(bytes, { settings: { ...ADAM, steps: 60 } })).toMatchObject({ resume: { snapshot: { step: 1 } } });
    const scales = { ...ADAM, scales: {} };
    const scaled = encodeRunCheckpoint({ ...checkpoint, settings: scales });
    await expectCode('bad-option', () => find(scaled, { settings: { ...scales, steps: 60 } }), /another steps: 6 there, 60 here/);
  });

  it('from another adapter is taken up, and that is said', async () => {
    const checkpoint = decodeRunCheckpoint(await bytesOf(), 'run');
    const elsewhere = encodeRunCheckpoint({ ...checkpoint, map: { ...checkpoint.map, adapter: { ...checkpoint.map.adapter, description: 'Another GPU' } } });
    expect(await find(elsewhere)).toMatchObject({ remarks: [expect.stringMatching(/written on Another GPU/)] });
  });

  it('keeps losses that are not finite', async () => {
    const checkpoint = decodeRunCheckpoint(await bytesOf(), 'run');
    const trace = checkpoint.snapshot.trace.map((entry) => ({ ...entry, total: NaN }));
    const again = decodeRunCheckpoint(encodeRunCheckpoint({ ...checkpoint, snapshot: { ...checkpoint.snapshot, trace } }), 'run');
    expect(again.snapshot.trace[0]).toEqual({ ...checkpoint.snapshot.trace[0], total: NaN });
  });
});
