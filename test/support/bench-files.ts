/** Results files for tests: simulated timings with the noise of a shared machine. */
import { figuresOf } from '../../src/bench/figures.js';
import { benchFile, type BenchFile, type BenchGroup } from '../../src/bench/result.js';
import { summarise } from '../../src/bench/statistics/summary.js';
import { Philox } from '../../src/engine/random.js';

const CASES = 8;
const SAMPLES = 40;
const CEILINGS = { gflops: 10, gigabytesPerSecond: 5, multiplyAdd: 'scalar-64', copy: 'vec4-64' };

/** Timings of one run: skewed noise of 3%, one sample in fifteen disturbed, slow drift, and a machine that is busier from run to run. */
export function simulatedGroups(seed: number, { planted = -1, machine = 1 }: { planted?: number; machine?: number }): BenchGroup[] {
  const random = new Philox(seed);
  const busy = machine * Math.exp(0.05 * random.nextNormal());
  const noisy = (ms: number, round: number): number => {
    const drift = 1 + 0.02 * Math.sin((round / SAMPLES) * 2 * Math.PI);
    const disturbed = random.nextUniform() < 1 / 15 ? 1 + random.nextUniform() : 1;
    return ms * busy * drift * disturbed * Math.exp(0.03 * random.nextNormal());
  };
  const rounds = Array.from({ length: SAMPLES }, (_, round) => round);
  return Array.from({ length: CASES }, (_, index): BenchGroup => {
    const trueMs = (index + 1) * (index === planted ? 1.1 : 1);
    const samplesMs = rounds.map((round) => noisy(trueMs, round));
    return {
      op: 'gram',
      kernel: 'gram',
      shape: `case ${String(index)}`,
      attributes: { positions: index + 1, channels: 4 },
      flops: 1e6,
      bytes: 1e5,
      inputSets: 4,
      yardstickMs: rounds.map((round) => noisy(1, round)),
      cases: [
        {
          variant: 'split-k',
          engine: 'gramarye',
          status: 'measured',
          repeats: 1,
          samplesMs,
          wallMs: samplesMs,
          summary: summarise(samplesMs, samplesMs, 0.03),
        },
      ],
    };
  });
}

/** Two variants of a convolution and one of a peer at three layers of two image sizes, so that every plot has something to show. */
export function layeredGroups(seed: number): BenchGroup[] {
  const random = new Philox(seed);
  const layers = [
    { name: 'conv1_2', halvings: 0, channels: 64 },
    { name: 'conv2_2', halvings: 1, channels: 128 },
    { name: 'conv3_2', halvings: 2, channels: 256 },
  ];
  return [64, 128].flatMap((size) =>
    layers.map(({ name, halvings, channels }): BenchGroup => {
      const side = size >> halvings;
      const attributes = { height: side, width: side, inChannels: channels, outChannels: channels, relu: true };
      const cost = { flops: 18 * side * side * channels * channels, bytes: 4 * (2 * side * side * channels + 9 * channels * channels) };
      const one = (variant: string, engine: string, gflops: number): BenchGroup['cases'][number] => {
        const samplesMs = Array.from({ length: SAMPLES }, () => (cost.flops / gflops) * 1e-6 * Math.exp(0.03 * random.nextNormal()));
        const summary = summarise(samplesMs, samplesMs, 0.03);
        const figures = figuresOf(cost, summary.medianMs, CEILINGS, variant, attributes);
        return { variant, engine, status: 'measured', repeats: 1, samplesMs, wallMs: samplesMs, summary, figures, compileMs: 12, allocatedBytes: cost.bytes };
      };
      return {
        ...{ op: 'conv', kernel: 'conv3x3BiasRelu', shape: `${name}@${String(size)}`, attributes, ...cost, inputSets: 4, yardstickMs: [] },
        cases: [one('direct', 'gramarye', 2), one('winograd-f4-broadcast', 'gramarye', 7), one('stock kernels', 'tfjs-webgpu', 1)],
      };
    }),
  );
}

/** A file of one run. */
export function fakeFile(groups: BenchGroup[], device = 'lavapipe'): BenchFile {
  return benchFile([
    {
      version: '0.0.0',
      date: '2026-01-01T00:00:00.000Z',
      device: { key: device, vendor: 'mesa', architecture: '', device, description: '', isSoftware: true, features: [], limits: {}, subgroupSizes: [8, 8] },
      host: { kind: 'node', name: 'Node', flags: [], system: 'test' },
      clock: { kind: 'wall', quantumMs: 0.001, minimumSampleMs: 5, note: 'simulated' },
      ceilings: CEILINGS,
      settings: { seed: 1, precision: 0.03, maximumSamples: SAMPLES, groupSeconds: 1, quick: false },
      groups,
    },
  ]);
}
