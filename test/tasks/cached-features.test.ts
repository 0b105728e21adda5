/** Training from kept features against training from features computed in the same breath: the gradients must be the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { Philox } from '../../src/engine/random.js';
import { FeatureCache, type FeatureStore, type Features } from '../../src/tasks/fine-tuning/feature-cache.js';
import { FeatureExtractor } from '../../src/tasks/fine-tuning/feature-extraction.js';
import { TailProgram } from '../../src/tasks/fine-tuning/tail-program.js';
import { initialValues, layoutOf, TailBuffers } from '../../src/tasks/fine-tuning/tail-state.js';
import { FrozenProgram } from '../../src/tasks/mobilenet/frozen-program.js';
import { mobileNetLayers, splitLayers } from '../../src/tasks/mobilenet/layers.js';
import { toNetInput } from '../../src/tasks/mobilenet/net-input.js';
import { drawnPicture } from '../support/drawn-pictures.js';
import { nodeEngine } from '../support/node-gpu.js';
import { randomMobileNet } from '../support/random-mobilenet.js';
import { relativeL2 } from '../support/golden.js';

const seed = Date.now() % 2 ** 31;
const SIDE = 32;
/** That of the extraction, so that one set of pipelines serves both. */
const BATCH = 8;
const CLASSES = 4;
const PICTURES = 13;

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

class MemoryStore implements FeatureStore {
  readonly records = new Map<number, Uint8Array<ArrayBuffer>>();
  write(key: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.records.set(key, bytes.slice());
    return Promise.resolve();
  }
  read(key: number): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.records.get(key) ?? new Uint8Array());
  }
  clear(): Promise<void> {
    this.records.clear();
    return Promise.resolve();
  }
}

describe(`kept features (seed ${String(seed)})`, () => {
  it('give the gradients of the uncached net to 1e-5, from memory and from disk, in another order and beside a broken picture', async () => {
    const net = randomMobileNet(seed);
    const layers = mobileNetLayers(net, { height: SIDE, width: SIDE, classes: CLASSES });
    const { frozen, trained, crossing } = splitLayers(layers, 20);
    const lengths = crossing.map(({ height, width, channels }) => height * width * channels);
    const pictures = Array.from({ length: PICTURES }, (_, index) => drawnPicture(index % CLASSES, seed + index, SIDE));
    const layout = layoutOf(trained, layers.at(-2)?.channels ?? 0);
    const buffers = new TailBuffers(engine, layout, 1);
    buffers.write(initialValues(trained, layout, { seed, slots: 1 }));
    const tail = await TailProgram.build(engine, {
      ...{ layers, trained, crossing, layout, buffers, batch: BATCH, classes: CLASSES },
      ...{ features: 'f32', optimizer: 'sgd', nesterov: false, batchNormMomentum: 0.999 },
    });
    const random = new Philox(seed, 4);
    const keys = [9, 2, 7, 0, 4, 12, 10, 3];
    const labels = Uint32Array.from(keys, () => Math.floor(random.nextUniform() * CLASSES));
    const gradientsOf = async (features: Features): Promise<Map<string, Float32Array>> => {
      engine.write(buffers.gradients, new Float32Array(layout.parameterFloats).fill(NaN));
      tail.write({ features, labels, weights: new Float32Array(BATCH).fill(1) });
      tail.train({ update: false });
      const all = await engine.readFloats(buffers.gradients);
      return new Map(layout.parameters.map(({ name, offset, length }) => [name, all.slice(offset, offset + length)]));
    };

    // Uncached: the frozen part runs for exactly this batch, and what it gives goes on at once.
    const forward = await FrozenProgram.build(engine, net, { layers: frozen, outputs: crossing.map(({ name }) => name), batch: BATCH });
    const how = { size: SIDE, resize: 'squash', order: 'rgb', antialias: true, ...net.input } as const;
    keys.forEach((key, position) => {
      forward.write(toNetInput(pictures[key] ?? { height: 0, width: 0, data: new Float32Array() }, how), position);
    });
    forward.run();
    const fresh: Float32Array<ArrayBuffer>[] = [];
    for (const { name } of crossing) fresh.push(new Float32Array(await forward.read(name)));
    const wanted = await gradientsOf(fresh);
    forward.destroy();

    // Cached: all pictures once, in the order of the list; three records fit into memory, the others go to the store.
    const store = new MemoryStore();
    const recordBytes = lengths.reduce((sum, length) => sum + length * 4, 0);
    const cache = new FeatureCache(lengths, 'f32', 3 * recordBytes, store);
    const extractor = await FeatureExtractor.create(engine, net, { frozen, crossing, size: SIDE, features: 'f32' });
    const items = pictures.map((picture, key) => ({
      key,
      id: String(key),
      load: () => (key === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(picture)),
    }));
    const skipped = await extractor.run(items, ({ key }, record) => cache.add(key, record));
    extractor.destroy();
    expect(skipped).toEqual([{ id: '1', reason: 'broken' }]);
    expect(store.records.size).toBe(PICTURES - 1 - 3);
    const kept = await gradientsOf(await cache.gather(keys));
    for (const [name, gradient] of wanted) expect(relativeL2(kept.get(name) ?? new Float32Array(), gradient), name).toBeLessThan(1e-5);

    // The comparison can tell one picture's features from another's.
    const exchanged = await gradientsOf(await cache.gather([9, 2, 7, 0, 5, 12, 10, 3]));
    for (const [name, gradient] of wanted) expect(relativeL2(exchanged.get(name) ?? new Float32Array(), gradient), name).toBeGreaterThan(1e-3);
    tail.destroy();
    buffers.destroy();
  });
});
