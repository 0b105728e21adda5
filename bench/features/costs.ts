/** What each feature adds to a step, taken in turns with the plain step. */
import type { Engine } from '../../src/engine/engine.js';
import { createRun } from '../../src/tasks/create-run.js';
import { presetByName } from '../../src/tasks/presets.js';
import type { StyleTransferInputs } from '../../src/tasks/run-start.js';
import type { ImageRun } from '../../src/tasks/run-types.js';
import type { TimedFeature } from './list.js';
import { median } from '../../src/bench/statistics/median.js';

/** A feature's step beside the plain one. */
export interface FeatureCost {
  readonly name: string;
  /** Median processor time of a step. */
  readonly processorMs: number;
  /** Median over the rounds of its time over the plain step's in the same round. */
  readonly ratio: number;
  readonly memoryBytes: number;
}

/** Measures `rounds` rounds of `steps` steps of every feature. */
export async function measureCosts(
  engine: Engine,
  features: readonly TimedFeature[],
  inputs: StyleTransferInputs,
  { rounds, steps }: { readonly rounds: number; readonly steps: number },
): Promise<FeatureCost[]> {
  const { height = 128, width = 128 } = inputs.content ?? {};
  const all: { name: string; run: ImageRun; times: number[]; after: TimedFeature['after'] }[] = [];
  const plainStep: TimedFeature = { name: 'plain step', settings: {} };
  for (const { name, settings, inputs: more, after } of [plainStep, ...features]) {
    const run = await createRun(
      engine,
      { ...presetByName('default').settings, height, width, steps: 1_000_000, ...settings },
      { ...inputs, ...more?.(inputs) },
    );
    await run.run({ steps: 2 });
    all.push({ name, run, times: [], after });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { run, times, after } of all) {
      await engine.idle();
      const before = process.cpuUsage();
      await run.run({ steps: run.steps + steps });
      await after?.(engine, run, inputs);
      await engine.idle();
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1_000 / steps);
    }
  }
  const plain = all[0]?.times ?? [];
  const costs = all.map(({ name, run, times }) => ({
    name,
    processorMs: median(times),
    ratio: median(times.map((time, round) => time / (plain[round] ?? NaN))),
    memoryBytes: run.memory.totalBytes,
  }));
  for (const { run } of all) run.destroy();
  return costs;
}
