/** Throughput from times. */
import type { Attributes, Cost } from '../engine/contract.js';
import type { CaseFigures, Ceilings } from './result.js';
import { winogradFlops } from './suites/winograd-work.js';

/** Figures of one call of `medianMs`. `ceilings` are those of the device, where they were measured. */
export function figuresOf(cost: Cost, medianMs: number, ceilings: Ceilings | undefined, variant = '', attributes: Attributes = {}): CaseFigures {
  const perSecond = 1e-6 / medianMs;
  const winograd = winogradFlops(variant, attributes);
  const isWhole = !variant.includes('/');
  const actual = isWhole && winograd !== undefined ? winograd : cost.flops;
  const rooflineMs = ceilings === undefined ? 0 : Math.max(actual / ceilings.gflops, cost.bytes / ceilings.gigabytesPerSecond) * 1e-6;
  return {
    effectiveGflops: cost.flops * perSecond,
    ...(isWhole && winograd !== undefined ? { actualGflops: winograd * perSecond } : {}),
    gigabytesPerSecond: cost.bytes * perSecond,
    rooflineShare: rooflineMs / medianMs,
  };
}
