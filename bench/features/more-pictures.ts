/** Pictures of the guide that are no plain rows of results: repeats of a texture, and frames of a sequence. */
import type { Engine } from '../../src/engine/engine.js';
import { Philox } from '../../src/engine/random.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import { findCheckpoint, runWithCheckpoints } from '../../src/tasks/checkpoints/checkpointed-run.js';
import { inputPrints } from '../../src/tasks/checkpoints/run-checkpoint.js';
import type { CheckpointStore } from '../../src/tasks/checkpoints/store.js';
import { createRun } from '../../src/tasks/create-run.js';
import type { Picture } from '../../src/tasks/picture.js';
import { presetByName } from '../../src/tasks/presets.js';
import { stylizeSequence } from '../../src/tasks/sequence/sequence.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { createTextureSynthesis } from '../../src/tasks/texture-synthesis.js';
import { assetPicture, writeRow } from './files.js';

/** A picture `times` × `times` beside itself. */
function repeated({ height, width, data }: Picture, times: number): Picture {
  const result = new Float32Array(height * width * 3 * times * times);
  for (let y = 0; y < height * times; y++) {
    for (let column = 0; column < times; column++) {
      const row = data.subarray((y % height) * width * 3, ((y % height) + 1) * width * 3);
      result.set(row, (y * times + column) * width * 3);
    }
  }
  return { height: height * times, width: width * times, data: result };
}

async function seamless(engine: Engine, net: VggWeights): Promise<Picture[]> {
  const sample = await assetPicture('photographs/gravel.jpg', 192);
  const pictures: Picture[] = [sample];
  for (const isSeamless of [false, true]) {
    const settings: StyleTransferSettings = {
      ...presetByName('default-texture').settings,
      height: 96,
      width: 96,
      steps: 80,
      optimizer: 'lbfgs',
      scales: { coarsest: 48 },
      seamless: isSeamless,
    };
    const run = await createTextureSynthesis(engine, settings, { net, styles: [sample] });
    await run.run();
    pictures.push(repeated(await run.image(), 2));
    run.destroy();
  }
  return pictures;
}

/** A still photograph under the noise of a camera, with a small picture that goes across it. */
function frameOf(still: Picture, walker: Picture, index: number): Picture {
  const random = new Philox(index, 3);
  const data = still.data.map((value) => value + 0.03 * (random.nextUniform() - 0.5));
  const [top, left] = [still.height - walker.height - 6, 10 + 14 * index];
  for (let y = 0; y < walker.height; y++) {
    const row = walker.data.subarray(y * walker.width * 3, (y + 1) * walker.width * 3);
    data.set(row, ((top + y) * still.width + left) * 3);
  }
  return { ...still, data: data.map((value) => Math.min(1, Math.max(0, value))) };
}

/** How much two pictures differ, four times as strong, dark where they do. */
function difference(before: Picture, after: Picture): Picture {
  return { ...after, data: after.data.map((value, i) => 1 - Math.min(1, 4 * Math.abs(value - (before.data[i] ?? 0)))) };
}

/** Weight of the sequence in the guide. */
const GUIDE_TEMPORAL_WEIGHT = 100;

async function sequence(engine: Engine, net: VggWeights, print: (line: string) => void): Promise<Picture[]> {
  const still = await assetPicture('photographs/chelsea.jpg', 192);
  const walker = await assetPicture('photographs/coffee.jpg', 44);
  const styles = [await assetPicture('styles/stained-glass.jpg', 192)];
  const contents = [0, 1, 2].map((index) => frameOf(still, walker, index));
  const pictures: Picture[] = [];
  for (const temporalWeight of [0, GUIDE_TEMPORAL_WEIGHT]) {
    const results: Picture[] = [];
    const settings: StyleTransferSettings = { ...presetByName('default').settings, height: still.height, width: still.width, steps: 60, temporalWeight };
    await stylizeSequence(
      engine,
      settings,
      { net, styles },
      contents.map((content, index) => ({ name: String(index), read: () => Promise.resolve(content) })),
      {
        load: () => Promise.resolve(undefined),
        save: (_, result) => {
          results.push(result);
          return Promise.resolve(result);
        },
      },
      { frameSteps: 30 },
    );
    const [, before, after] = results;
    if (before === undefined || after === undefined) throw new TypeError('The sequence has three frames.');
    const apart = Math.sqrt(after.data.reduce((sum, value, i) => sum + (value - (before.data[i] ?? 0)) ** 2, 0) / after.data.length);
    print(`temporal weight ${String(temporalWeight)}: frames 2 and 3 differ by ${apart.toFixed(4)} (root mean square)`);
    pictures.push(after, difference(before, after));
  }
  return pictures;
}

/** A run's checkpoint after half its steps, its result, and that of the run that went on from there. */
async function interrupted(engine: Engine, net: VggWeights, print: (line: string) => void): Promise<Picture[]> {
  const content = await assetPicture('photographs/rocket.jpg', 176);
  const styles = [await assetPicture('styles/risograph.jpg', 176)];
  const { height, width } = content;
  const settings: StyleTransferSettings = { ...presetByName('default').settings, height, width, steps: 40, optimizer: 'lbfgs' };
  const inputs = { net, content, styles };
  const identity = { settings, inputs: inputPrints(inputs) };
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const store: CheckpointStore = {
    save: (version) => {
      bytes = version;
      return Promise.resolve();
    },
    load: () => Promise.resolve(bytes),
    remove: () => Promise.resolve(),
  };
  const whole = await createRun(engine, settings, inputs);
  await runWithCheckpoints(engine, whole, { store, every: 20, identity }, { steps: 20 });
  const pictures = [await whole.image()];
  const kept = await findCheckpoint(store, 'checkpoint', identity, engine);
  if (kept === undefined) throw new TypeError('The run has kept its state.');
  await whole.run();
  const later = await createRun(engine, settings, inputs, { resume: kept.resume });
  await later.run();
  pictures.push(await whole.image(), await later.image());
  const [, one, other] = pictures;
  print(`interrupted: ${one?.data.every((value, i) => value === other?.data[i]) === true ? 'the same bits' : 'NOT the same'}`);
  whole.destroy();
  later.destroy();
  return pictures;
}

/** Makes them, or only those named. */
export async function makeMorePictures(engine: Engine, net: VggWeights, only: string | undefined, print: (line: string) => void): Promise<void> {
  const isWanted = (name: string): boolean => only?.split(',').includes(name) ?? true;
  if (isWanted('seamless')) print(await writeRow('seamless', await seamless(engine, net)));
  if (isWanted('interrupted')) print(await writeRow('interrupted', await interrupted(engine, net, print)));
  if (isWanted('sequence')) print(await writeRow('sequence', await sequence(engine, net, print)));
}
