import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Variant } from '../../src/engine/contract.js';
import type { Engine } from '../../src/engine/engine.js';
import type { BoundCall } from '../../src/engine/program.js';
import { memoryTuningStore, TuningMemory } from '../../src/engine/tuning-memory.js';
import { makeVariantMap, mapDifferences, parseVariantMap } from '../../src/engine/variant-map.js';
import { shapeKey, type VariantPins } from '../../src/engine/select.js';
import { VERSION } from '../../src/engine/version.js';
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import { presetByName } from '../../src/tasks/presets.js';
import { createStyleTransfer, noisePicture, type CreateOptions, type StyleTransferRun } from '../../src/tasks/style-transfer.js';
import { expectCode } from '../support/expect-code.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

const net = randomVgg19({ seed: 3, divisor: 16 });

async function makeRun(pins: VariantPins, options: CreateOptions = {}): Promise<StyleTransferRun> {
  const { settings } = presetByName('default');
  const layers = { styleLayers: [{ layer: 'block1_conv1', weight: 1 }], contentLayers: ['block3_conv2'] };
  const whole = { ...settings, ...layers, height: 32, width: 32, steps: 4 };
  return createStyleTransfer(engine, whole, { net, content: noisePicture(32, 32, 1), styles: [noisePicture(32, 32, 2)] }, { ...options, pins });
}

async function result(pins: VariantPins): Promise<{ bits: Float32Array; variants: VariantPins; calls: StyleTransferRun['calls'] }> {
  const run = await makeRun(pins);
  try {
    await run.run();
    return { bits: (await run.image()).data, variants: run.variants, calls: run.calls };
  } finally {
    run.destroy();
  }
}

describe('a variant map', () => {
  it('names the variant of every call and gives the same bits again; one that differs gives its variants', async () => {
    const first = await result({});
    expect(Object.keys(first.variants)).toEqual(
      expect.arrayContaining(['block3_conv2', 'block3_conv2.backward', 'style-1/block1_conv1', 'content/block3_conv2']),
    );
    const map = parseVariantMap(JSON.parse(JSON.stringify(makeVariantMap(engine.traits, first.variants))), 'the map');
    expect(mapDifferences(map, engine.traits)).toEqual([]);
    const again = await result(map.variants);
    expect(again.variants).toEqual(first.variants);
    expect(again.bits).toEqual(first.bits);

    const other = await result({ ...map.variants, block3_conv2: 'winograd-f4-register', 'block2_conv2.backward': 'winograd-f4-register' });
    const variantOf = (label: string): string | undefined => other.calls.find((call) => call.label === label)?.variant;
    expect(first.variants.block3_conv2).not.toBe('winograd-f4-register');
    expect([variantOf('block3_conv2'), variantOf('block3_conv2.backward')]).toEqual(['winograd-f4-register', first.variants['block3_conv2.backward']]);
    expect([variantOf('block2_conv2'), variantOf('block2_conv2.backward')]).toEqual([first.variants.block2_conv2, 'winograd-f4-register']);
    expect(other.bits).not.toEqual(first.bits);
  });

  it('pins by shape reach every call of that shape, a call by label goes before them', async () => {
    const run = await makeRun({});
    const call = run.calls.find(({ label }) => label === 'block3_conv2');
    run.destroy();
    if (call === undefined) throw new Error('There is no call block3_conv2.');
    const pinned = await makeRun({
      [shapeKey(call.kernel, call.attributes)]: 'winograd-f4-register',
      [shapeKey('gram', { positions: 1, channels: 1 })]: 'shared-memory',
    });
    expect(pinned.variants.block3_conv2).toBe('winograd-f4-register');
    pinned.destroy();
    const both = await makeRun({ [shapeKey(call.kernel, call.attributes)]: 'winograd-f4-register', block3_conv2: 'direct' });
    expect(both.variants.block3_conv2).toBe('direct');
    both.destroy();
  });

  it('comes from a tuning as well, which is remembered', async () => {
    const memory = new TuningMemory(memoryTuningStore(), engine.traits);
    const twoOf = (call: BoundCall, variants: readonly Variant[]): readonly Variant[] =>
      call.label === 'block3_conv2' ? variants.filter(({ id }) => id === 'winograd-f4-register' || id === 'direct') : [];
    const tune = { budgetMs: 60_000, memory, candidates: twoOf };
    const run = await makeRun({ block1_conv2: 'winograd-f4-register' }, { tune });
    const [measured] = run.tuning?.measurements ?? [];
    expect(run.tuning?.measurements).toHaveLength(1);
    expect(measured).toMatchObject({ label: 'block3_conv2', refused: {} });
    expect(run.variants).toMatchObject({ block1_conv2: 'winograd-f4-register', block3_conv2: measured?.chosen });
    await run.run({ steps: 1 });
    run.destroy();
    const again = await makeRun({}, { tune });
    expect(again.tuning?.measurements).toEqual([]);
    expect(again.variants.block3_conv2).toBe(measured?.chosen);
    again.destroy();
  });

  it('refuses calls and variants that do not exist, and leaves nothing behind', async () => {
    const before = engine.allocatedBytes;
    await expectCode('unknown-variant', () => makeRun({ block9_conv9: 'direct' }));
    await expectCode('unknown-variant', () => makeRun({ block3_conv2: 'fastest' }));
    await expectCode('unknown-variant', () => makeRun({ conv3x3ReluGate: 'fastest' }));
    // 3 channels: Winograd takes multiples of 4.
    await expectCode('unknown-variant', () => makeRun({ block1_conv1: 'winograd-f4-register' }));
    expect(engine.allocatedBytes).toBe(before);
  });

  it('tells another adapter and another version', () => {
    const trace = { version: '0.0.1', adapter: { vendor: 'intel', architecture: 'xe' }, variants: { adam: 'linear' } };
    const differences = mapDifferences(parseVariantMap(trace, 'the trace'), engine.traits);
    expect(differences).toHaveLength(2);
    expect(differences[0]).toContain('intel xe');
    expect(differences[1]).toContain(VERSION);
  });

  it.each([
    [null, 'holds no variants'],
    [{ version: 1, variants: {} }, 'which version'],
    [{ version: '0.1.0', variants: {} }, 'which adapter'],
    [{ version: '0.1.0', adapter: {}, variants: { adam: 3 } }, 'adam'],
  ])('refuses %j', (value, named) => {
    expect(() => parseVariantMap(value, 'FILE')).toThrow(named);
  });
});
