/**
 * Comparison of two runs by blocks. Samples that follow each other share what the machine did meanwhile, so counting each as
 * independent makes intervals too narrow. Blocks of neighbours have one value each, and the spread of these values says how much a run
 * differs from itself.
 */
import { median } from './median.js';
import type { Ratio } from './rank-test.js';

/** Samples of a block, at least, and most blocks of a run. */
const BLOCK_SAMPLES = 5;
const MAXIMUM_BLOCKS = 12;
/** Fewer blocks say too little about their spread. */
export const MINIMUM_BLOCKS = 4;

/** Quantile 0.975 of the normal distribution. */
const NORMAL_975 = 1.959964;

/** Neighbours in equal parts, at least {@link BLOCK_SAMPLES} each; one part of fewer samples. */
export function splitBlocks<T>(samples: readonly T[]): T[][] {
  const count = Math.max(1, Math.min(MAXIMUM_BLOCKS, Math.floor(samples.length / BLOCK_SAMPLES)));
  return Array.from({ length: count }, (_, block) =>
    samples.slice(Math.round((block * samples.length) / count), Math.round(((block + 1) * samples.length) / count)),
  );
}

/** Quantile 0.975 of Student's t with ν degrees of freedom, by the expansion around the normal one (Abramowitz and Stegun, 26.7.5). */
export function student975(degrees: number): number {
  const z = NORMAL_975;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sum of squared distances from the mean. */
function scatter(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

/** Spread of the logarithms of blocks within each of two runs; what lies between the runs does not count. */
export function spreadWithin(a: readonly number[], b: readonly number[]): number {
  const degrees = a.length + b.length - 2;
  return degrees <= 0 ? Infinity : Math.sqrt((scatter(a.map(Math.log)) + scatter(b.map(Math.log))) / degrees);
}

/** The factor between the blocks of two runs, with Welch's interval on logarithms (Welch, 1947). */
export function ratioByBlocks(a: readonly number[], b: readonly number[]): Ratio {
  const [before, after] = [a.map(Math.log), b.map(Math.log)];
  const difference = mean(after) - mean(before);
  const [u, v] = [scatter(before) / (a.length - 1) / a.length, scatter(after) / (b.length - 1) / b.length];
  const degrees = (u + v) ** 2 / (u ** 2 / (a.length - 1) + v ** 2 / (b.length - 1));
  const half = u + v === 0 ? 0 : student975(degrees) * Math.sqrt(u + v);
  return { ratio: Math.exp(difference), interval: [Math.exp(difference - half), Math.exp(difference + half)] };
}

/** Medians of blocks. */
export function blockMedians(blocks: readonly (readonly number[])[]): number[] {
  return blocks.map(median);
}
