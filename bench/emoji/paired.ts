/** Two methods on the same pictures. */
import { Philox } from '../../src/engine/random.js';

/** Right answers of two methods: by seed, then by picture. */
export interface PairedHits {
  readonly a: readonly (readonly boolean[])[];
  readonly b: readonly (readonly boolean[])[];
  /** Pictures with the same number stand or fall together, e.g. one sign as two vendors draw it. */
  readonly clusters: readonly number[];
}

const RESAMPLES = 4_000;

/**
 * Mean of a's share of right answers less b's, with the 95% interval of the percentile bootstrap that draws clusters of pictures and seeds anew
 * (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13).
 */
export function pairedDifference({ a, b, clusters }: PairedHits): { readonly difference: number; readonly low: number; readonly high: number } {
  const members = new Map<number, number[]>();
  clusters.forEach((cluster, picture) => members.set(cluster, [...(members.get(cluster) ?? []), picture]));
  const groups = [...members.values()];
  // Sums per seed and cluster, so that a resample only adds numbers.
  const sums = a.map((hits, seed) =>
    groups.map((pictures) => pictures.reduce((sum, picture) => sum + Number(hits[picture] ?? false) - Number(b[seed]?.[picture] ?? false), 0)),
  );
  const total = (seeds: readonly number[], chosen: readonly number[]): number => {
    let sum = 0;
    let count = 0;
    for (const seed of seeds) {
      for (const group of chosen) {
        sum += sums[seed]?.[group] ?? 0;
        count += groups[group]?.length ?? 0;
      }
    }
    return sum / count;
  };
  const random = new Philox(1, 31);
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.floor(random.nextUniform() * count));
  const resampled = Array.from({ length: RESAMPLES }, () => total(draw(a.length), draw(groups.length))).sort((x, y) => x - y);
  const at = (share: number): number => resampled[Math.round(share * (RESAMPLES - 1))] ?? NaN;
  return { difference: total([...sums.keys()], [...groups.keys()]), low: at(0.025), high: at(0.975) };
}

/**
 * McNemar's exact test: pictures that only a has right, those that only b has right, and the two-sided probability of so uneven a division if both
 * were as good (McNemar, "Note on the sampling error of the difference between correlated proportions", 1947).
 */
export function mcNemar(a: readonly boolean[], b: readonly boolean[]): { readonly onlyA: number; readonly onlyB: number; readonly p: number } {
  const onlyA = a.filter((hit, picture) => hit && b[picture] === false).length;
  const onlyB = a.filter((hit, picture) => !hit && b[picture] === true).length;
  const count = onlyA + onlyB;
  let term = 0.5 ** count;
  let tail = term;
  for (let k = 1; k <= Math.min(onlyA, onlyB); k++) {
    term *= (count - k + 1) / k;
    tail += term;
  }
  return { onlyA, onlyB, p: Math.min(1, 2 * tail) };
}
