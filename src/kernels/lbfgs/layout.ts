/** What the kernels of L-BFGS agree upon. */
import { requireInteger } from '../../engine/errors.js';

/** Inner products of one row: with the pair of a slot, or (last row) of the new pair itself. */
export const PRODUCT_COLUMNS = 6;

/** Numbers before the inner products in `state`. */
export const STATE_HEADER = 8;

/** Numbers before the coefficients in `plan`. */
export const PLAN_HEADER = 4;

/** Refusals in a row after which the history is dropped. */
export const MAX_REFUSALS = 8;

/** Elements of `state`. */
export function stateLength(history: number): number {
  return STATE_HEADER + 2 * history * history;
}

/** Elements of `plan`. */
export function planLength(history: number): number {
  return PLAN_HEADER + 3 * history;
}

/** Throws `bad-shape` naming the kernel and the attribute. */
export function requireLbfgs(owner: string, { count, history }: { readonly count: number; readonly history: number }): void {
  requireInteger(owner, 'count', count);
  requireInteger(owner, 'history', history);
}

/** Whether descent along -g would leave the box [0, 1] at x. */
export function isHeld(clip: boolean, x: number, g: number): boolean {
  return clip && ((x <= 0 && g > 0) || (x >= 1 && g < 0));
}

/** Sufficient decrease, root mean square of the change that a first step makes, tolerance of a loss relative to the loss: `hyper` of the recursion. */
export function lbfgsHyper({ learningRate }: { readonly learningRate: number }): Float32Array<ArrayBuffer> {
  // Losses are sums in f32: what differs by less than a millionth is equal.
  return Float32Array.of(1e-4, learningRate, 1e-6);
}
