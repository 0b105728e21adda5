import strided from '../../../shaders/lbfgs-products/strided.wgsl?raw';
import sumPartials from '../../../shaders/lbfgs-products/sum-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';
import { isHeld, PRODUCT_COLUMNS, requireLbfgs } from './layout.js';

/** Elements of the image, pairs of the history, and whether the image is kept within [0, 1]. */
export type LbfgsProductsAttributes = { readonly count: number; readonly history: number; readonly clip: boolean };

const WORKGROUP = 64;
/** Enough invocations a row to fill a GPU with a history of ten, few enough for one invocation to add. */
const MAX_INVOCATIONS = 1_024;

function invocationsOf(count: number): number {
  return Math.min(MAX_INVOCATIONS, ceilDiv(count, 4));
}

/** Every inner product in float64. */
export function lbfgsProductsReference({ count, history, clip }: LbfgsProductsAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { image = empty, gradient = empty, base = empty, baseGradient = empty, steps = empty, changes = empty } = values;
  const s = image.map((x, i) => x - (base[i] ?? 0));
  const y = gradient.map((g, i) => (s[i] === 0 ? 0 : g - (baseGradient[i] ?? 0)));
  const g = gradient.map((value, i) => (isHeld(clip, image[i] ?? 0, value) ? 0 : value));
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const rows = Array.from({ length: history }, (_, j) => {
    const [sj, yj] = [steps, changes].map((all) => all.subarray(j * count, (j + 1) * count));
    if (sj === undefined || yj === undefined) return [];
    return [dot(sj, y), dot(s, yj), dot(yj, y), dot(sj, g), dot(yj, g), 0];
  });
  return { products: Float64Array.from([...rows.flat(), dot(s, y), dot(s, baseGradient), dot(y, y), dot(s, g), dot(y, g), dot(g, g)]) };
}

/** The inner products that L-BFGS needs of a trial image. */
export const lbfgsProducts = defineKernel<LbfgsProductsAttributes>({
  name: 'lbfgsProducts',
  summary: 'Every inner product that a step of L-BFGS needs, in one reading of the history, summed in a fixed order.',
  formula:
    's = image - base; y = gradient - baseGradient (0 where s = 0); g = gradient (0 at a bound that holds it); row j: s_j·y, s·y_j, y_j·y, s_j·g, y_j·g, 0; last row: s·y, s·baseGradient, y·y, s·g, y·g, g·g',
  source: 'Chen, Wang, Zhou, "Large-scale L-BFGS using MapReduce", NeurIPS 2014; the free variables as in Bertsekas, "Projected Newton methods", 1982.',
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'trial image [count]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the loss there [count]' },
    { name: 'base', dtype: 'f32', summary: 'the last image that was taken [count]' },
    { name: 'baseGradient', dtype: 'f32', summary: 'its gradient [count]' },
    { name: 'steps', dtype: 'f32', summary: 's_j [history, count]' },
    { name: 'changes', dtype: 'f32', summary: 'y_j [history, count]' },
  ],
  outputs: [{ name: 'products', dtype: 'f32', summary: 'inner products [history + 1, 6]' }],
  attributes: { count: 'elements of the image', history: 'pairs of the history', clip: 'whether the image is kept within [0, 1]' },
  shapes(attributes) {
    requireLbfgs('lbfgsProducts', attributes);
    const { count, history } = attributes;
    const vector = [count];
    const matrix = [history, count];
    return {
      image: vector,
      gradient: vector,
      base: vector,
      baseGradient: vector,
      steps: matrix,
      changes: matrix,
      products: [history + 1, PRODUCT_COLUMNS],
    };
  },
  reference: lbfgsProductsReference,
  cost: ({ count, history }) => ({ flops: count * (10 * history + 16), bytes: 4 * count * (2 * history + 4) }),
  variants: [
    {
      id: 'strided',
      summary: 'One row of products for each pair, one invocation per strided set of elements; a second pass adds the partial sums.',
      accepts: () => true,
      scratch: ({ count, history }) => ({ partials: invocationsOf(count) * (history + 1) * PRODUCT_COLUMNS * 4 }),
      passes: ({ count, history, clip }) => {
        const invocations = invocationsOf(count);
        const sums = (history + 1) * PRODUCT_COLUMNS;
        return [
          {
            shader: { path: 'lbfgs-products/strided.wgsl', source: strided },
            constants: { WORKGROUP, CLIP: clip ? 1 : 0 },
            params: { count, invocations, history },
            workgroups: { x: ceilDiv(invocations, WORKGROUP), y: history + 1, z: 1 },
          },
          {
            shader: { path: 'lbfgs-products/sum-partials.wgsl', source: sumPartials },
            constants: { WORKGROUP },
            params: { invocations, sums },
            workgroups: { x: ceilDiv(sums, WORKGROUP), y: 1, z: 1 },
          },
        ];
      },
    },
  ],
  gradient: { none: 'An optimiser is not differentiated.' },
  samples: [
    { count: 1, history: 1, clip: true },
    { count: 63, history: 3, clip: false },
    { count: 257, history: 2, clip: true },
    { count: 10_007, history: 10, clip: true },
  ],
  largeSamples: [{ count: 1_000_003, history: 2, clip: true }],
  // Sums that do not cancel, images at both bounds, and elements that did not move.
  generate: ({ count, history }, uniform) => {
    const base = drawValues(count, () => Math.fround(uniform(0, 1)));
    return {
      base,
      image: base.map((x, i) => (i % 5 === 0 ? x : i % 7 === 0 ? Math.round(x) : Math.fround(x + 0.1))),
      gradient: drawValues(count, () => uniform(-1, 2)),
      baseGradient: drawValues(count, () => uniform(-2, 0)),
      steps: drawValues(history * count, () => uniform(0, 1)),
      changes: drawValues(history * count, () => uniform(0, 1)),
    };
  },
});
