/**
 * What a tuning is worth: a run of full-width VGG19 as it is by default and as tuned, step by step in turns, beside what the measurements
 * of single calls predict. `node bench/run-node.mjs bench/tuner.ts --size 128 --seconds 60 --out FILE.json`.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { TuneMeasurement } from '../src/engine/tuner.js';
import { shapeKey } from '../src/engine/select.js';
import { adapterName } from '../src/engine/variant-map.js';
import { randomVgg19 } from '../src/models/random-vgg19.js';
import { presetByName } from '../src/tasks/presets.js';
import { createStyleTransfer, noisePicture, type StyleTransferRun } from '../src/tasks/style-transfer.js';
import { nodeEngine } from './node-gpu.js';
import { median } from '../src/bench/statistics/median.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a change of variants should save in a step: the measured difference of one call, for every call of that shape. */
function predictedSavingMs(run: StyleTransferRun, measurements: readonly TuneMeasurement[]): number {
  return measurements.reduce((sum, { key, present, chosen, ms }) => {
    const calls = run.calls.filter(({ kernel, attributes }) => shapeKey(kernel, attributes) === key).length;
    return sum + calls * ((ms[present] ?? 0) - (ms[chosen] ?? 0));
  }, 0);
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '128' },
      divisor: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      rounds: { type: 'string', default: '9' },
      out: { type: 'string' },
    },
  });
  const size = Number(values.size);
  const engine = await nodeEngine();
  const divisor = Number(values.divisor) as 1 | 2 | 4 | 8 | 16;
  const net = randomVgg19({ seed: 1, divisor });
  const settings = {
    ...presetByName('chapter-transfer').settings,
    height: size,
    width: size,
    steps: 1_000,
    styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
    contentLayers: ['block5_conv2'],
  };
  const inputs = { net, content: noisePicture(size, size, 1), styles: [noisePicture(size, size, 2)] };
  const plain = await createStyleTransfer(engine, settings, inputs);
  const budgetMs = Number(values.seconds) * 1_000;
  const tuned = await createStyleTransfer(engine, settings, inputs, { tune: { budgetMs } });
  const { tuning } = tuned;
  if (tuning === undefined) throw new Error('The run was not tuned.');
  const samples = { default: [] as number[], tuned: [] as number[] };
  for (let round = -1; round < Number(values.rounds); round++) {
    const turns = [
      ['default', plain],
      ['tuned', tuned],
    ] as const;
    for (const [name, run] of round % 2 === 0 ? turns : [...turns].reverse()) {
      const start = performance.now();
      await run.step();
      if (round >= 0) samples[name].push(performance.now() - start);
    }
  }
  const changed = tuning.measurements.filter(({ present, chosen }) => present !== chosen);
  const predictedMs = median(samples.default) - predictedSavingMs(plain, tuning.measurements);
  const result = {
    adapter: adapterName(engine.traits),
    size,
    divisor,
    budgetMs,
    elapsedMs: tuning.elapsedMs,
    isComplete: tuning.isComplete,
    measured: tuning.measurements.length,
    refused: tuning.measurements.flatMap(({ label, refused }) => Object.entries(refused).map(([variant, reason]) => ({ label, variant, reason }))),
    defaultMs: median(samples.default),
    predictedMs,
    tunedMs: median(samples.tuned),
    samples,
    measurements: tuning.measurements,
  };
  for (const { label, key, present, chosen, ms } of changed) {
    print(`${label} (${key}): ${present} ${(ms[present] ?? 0).toFixed(2)} ms, ${chosen} ${(ms[chosen] ?? 0).toFixed(2)} ms`);
  }
  print(
    `${result.adapter}, ${String(size)}²: ${String(result.measured)} shapes in ${(result.elapsedMs / 1e3).toFixed(1)} s${result.isComplete ? '' : ' (not all)'}; ` +
      `step ${result.defaultMs.toFixed(0)} ms by default, ${predictedMs.toFixed(0)} ms predicted, ${result.tunedMs.toFixed(0)} ms tuned`,
  );
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  plain.destroy();
  tuned.destroy();
  engine.destroy();
  return 0;
}
