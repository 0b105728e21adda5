import singleInvocation from '../../../shaders/lbfgs-recursion/single-invocation.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { MAX_REFUSALS, PLAN_HEADER, planLength, PRODUCT_COLUMNS, requireLbfgs, STATE_HEADER, stateLength } from './layout.js';

/** Elements of the image, pairs of the history, entries of the ring of losses. */
export type LbfgsRecursionAttributes = { readonly count: number; readonly history: number; readonly capacity: number };

/** A pair is kept when the slope changed by at least this share of itself. */
const LEAST_CURVATURE = 1e-4;

/**
 * The decisions in float64. `state`: number of pairs, newest slot, loss at base, step length, refusals in a row, 1 once there is a base,
 * g·g at base, 0, then s_i·y_j and y_i·y_j. `plan`: verdict (1 taken, 0 refused, 2 restart), slot of the new pair or -1, step length,
 * coefficients of g, s_j and y_j, and the α_j.
 */
export function lbfgsRecursionReference({ count, history: m, capacity }: LbfgsRecursionAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { products = empty, ring = empty, step = empty, hyper = empty } = values;
  const state = Float64Array.from(values.state ?? empty);
  const plan = new Float64Array(planLength(m));
  const [decrease = 0, rms = 0, tolerance = 0] = hyper;
  const at = (array: Float64Array, index: number): number => array[index] ?? 0;
  const product = (row: number, column: number): number => at(products, row * PRODUCT_COLUMNS + column);
  const sy = (i: number, j: number): number => STATE_HEADER + i * m + j;
  const yy = (i: number, j: number): number => STATE_HEADER + m * m + i * m + j;
  const steepest = (norm2: number): number => (norm2 > 0 ? (-rms * Math.sqrt(count)) / Math.sqrt(norm2) : 0);
  const loss = at(ring, (at(step, 0) % capacity) * 4 + 3);
  const slope = product(m, 1);
  const isFirst = at(state, 5) === 0;
  plan[1] = -1;
  if (!isFirst && !(loss <= at(state, 2) + decrease * slope + tolerance * Math.abs(at(state, 2)))) {
    state[4] = at(state, 4) + 1;
    if (at(state, 4) > MAX_REFUSALS) {
      state.set([0, at(state, 1), at(state, 2), 0.1, 0]);
      plan.set([2, -1, 0.1, steepest(at(state, 6))]);
      return { state, plan };
    }
    const bend = loss - at(state, 2) - slope;
    state[3] = at(state, 3) * (bend > 0 && bend < 3e38 ? Math.min(0.5, Math.max(0.1, -slope / (2 * bend))) : 0.1);
    plan.set([0, -1, at(state, 3)]);
    return { state, plan };
  }
  let pairs = at(state, 0);
  let newest = at(state, 1);
  const hasPair = !isFirst && product(m, 2) > 0 && product(m, 0) > LEAST_CURVATURE * Math.abs(slope);
  if (hasPair) {
    newest = pairs === 0 ? 0 : (newest + 1) % m;
    pairs = Math.min(pairs + 1, m);
    for (let j = 0; j < m; j++) {
      state[sy(j, newest)] = product(j, 0);
      state[sy(newest, j)] = product(j, 1);
      state[yy(j, newest)] = state[yy(newest, j)] = product(j, 2);
    }
    state[sy(newest, newest)] = product(m, 0);
    state[yy(newest, newest)] = product(m, 2);
    plan[1] = newest;
  }
  const rowOf = (slot: number): number => (hasPair && slot === newest ? m : slot);
  const ages = Array.from({ length: pairs }, (_, age) => (newest + m - age) % m);
  const [ofS, ofY, alpha] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  let ofG = 1;
  let descent = 0;
  if (pairs > 0) {
    for (const i of ages) {
      const dot = ages.reduce((sum, j) => sum + at(ofY, j) * at(state, sy(i, j)), product(rowOf(i), 3));
      alpha[i] = dot / at(state, sy(i, i));
      ofY[i] = at(ofY, i) - at(alpha, i);
    }
    ofG = at(state, sy(newest, newest)) / at(state, yy(newest, newest));
    ofY.forEach((value, j) => (ofY[j] = value * ofG));
    for (const i of ages.toReversed()) {
      const dot = ages.reduce((sum, j) => sum + at(ofY, j) * at(state, yy(i, j)) + at(ofS, j) * at(state, sy(j, i)), ofG * product(rowOf(i), 4));
      ofS[i] = at(ofS, i) + at(alpha, i) - dot / at(state, sy(i, i));
    }
    descent = ages.reduce((sum, j) => sum + at(ofS, j) * product(rowOf(j), 3) + at(ofY, j) * product(rowOf(j), 4), ofG * product(m, 5));
  }
  if (descent > 0 && descent < 3e38) {
    plan.set([...ofS.map((value) => -value), ...ofY.map((value) => -value), ...alpha], PLAN_HEADER);
    plan[3] = -ofG;
  } else {
    pairs = 0;
    plan[1] = -1;
    plan[3] = steepest(product(m, 5));
  }
  plan[0] = plan[2] = 1;
  state.set([pairs, newest, loss, 1, 0, 1, product(m, 5)]);
  return { state, plan };
}

/** Decisions of a step of L-BFGS. */
export const lbfgsRecursion = defineKernel<LbfgsRecursionAttributes>({
  name: 'lbfgsRecursion',
  summary: 'Takes or refuses a trial image by its loss and finds the next direction’s coefficients by the two-loop recursion on inner products.',
  formula:
    'taken when loss <= loss0 + 1e-4 · g0·(x - x0) + tolerance; refused: step length times -slope / (2 (loss - loss0 - slope)) within [0.1, 0.5]; direction = -H g by the two loops over coefficients; H0 = s·y / y·y',
  source:
    'Nocedal, "Updating quasi-Newton matrices with limited storage", 1980; Chen, Wang, Zhou, "Large-scale L-BFGS using MapReduce", NeurIPS 2014; line search: Nocedal, Wright, "Numerical optimization", 2006, sections 3.1 and 3.5.',
  inputs: [
    { name: 'products', dtype: 'f32', summary: 'inner products of lbfgsProducts [history + 1, 6]' },
    { name: 'ring', dtype: 'f32', summary: 'entries of style, content, tv and total loss [capacity, 4]' },
    { name: 'step', dtype: 'u32', summary: 'number of finished steps [1]' },
    { name: 'hyper', dtype: 'f32', summary: 'sufficient decrease, rms change of a first step, tolerance [3]' },
  ],
  outputs: [
    { name: 'state', dtype: 'f32', summary: 'what is known of the history [8 + 2 history²]', inPlace: true },
    { name: 'plan', dtype: 'f32', summary: 'what lbfgsUpdate is to do [4 + 3 history]' },
  ],
  attributes: { count: 'elements of the image', history: 'pairs of the history', capacity: 'entries of the ring' },
  shapes(attributes) {
    requireLbfgs('lbfgsRecursion', attributes);
    const { history, capacity } = attributes;
    requireInteger('lbfgsRecursion', 'capacity', capacity);
    return {
      products: [history + 1, PRODUCT_COLUMNS],
      ring: [capacity, 4],
      step: [1],
      hyper: [3],
      state: [stateLength(history)],
      plan: [planLength(history)],
    };
  },
  reference: lbfgsRecursionReference,
  cost: ({ history }) => ({ flops: 8 * history * history, bytes: 4 * (stateLength(history) * 2 + planLength(history) + (history + 1) * PRODUCT_COLUMNS) }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation; the history has a dozen pairs.',
      accepts: () => true,
      passes: ({ count, history, capacity }) => [
        {
          shader: { path: 'lbfgs-recursion/single-invocation.wgsl', source: singleInvocation },
          constants: { MAX_REFUSALS },
          params: { count, history, capacity },
          workgroups: { x: 1, y: 1, z: 1 },
        },
      ],
    },
  ],
  gradient: { none: 'An optimiser is not differentiated.' },
  samples: [
    { count: 48, history: 1, capacity: 1 },
    { count: 48, history: 3, capacity: 4 },
    { count: 3_072, history: 7, capacity: 64 },
    { count: 3_072, history: 10, capacity: 64 },
  ],
  generate: generateRecursion,
  // Differences of products of the same size.
  tolerance: () => 2e-4,
});

/**
 * Inner products of real vectors, so that the recursion is well conditioned: s_j random, y_j = A s_j with a positive diagonal A. Each draw
 * is one of: first evaluation, taken, refused, refused once too often.
 */
function generateRecursion({ history: m, capacity }: LbfgsRecursionAttributes, uniform: (low: number, high: number) => number): Values {
  const size = 40;
  const diagonal = Float64Array.from({ length: size }, () => uniform(0.5, 2));
  const vector = (): Float64Array => Float64Array.from({ length: size }, () => uniform(-1, 1));
  const bend = (s: Float64Array): Float64Array => s.map((value, i) => value * (diagonal[i] ?? 0));
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const s = Array.from({ length: m }, vector);
  const y = s.map(bend);
  const fresh = vector();
  const change = bend(fresh);
  const g = vector();
  const slope = -uniform(0.5, 1);
  const kind = Math.floor(uniform(0, 4));
  const products = [
    ...s.flatMap((sj, j) => [dot(sj, change), dot(fresh, y[j] ?? sj), dot(y[j] ?? sj, change), dot(sj, g), dot(y[j] ?? sj, g), 0]),
    ...[dot(fresh, change), slope, dot(change, change), dot(fresh, g), dot(change, g), dot(g, g)],
  ];
  const baseLoss = uniform(4, 5);
  const step = Math.floor(uniform(0, 500));
  const ring = Float64Array.from({ length: capacity * 4 }, () => uniform(0, 1));
  ring[(step % capacity) * 4 + 3] = kind >= 2 ? baseLoss + uniform(0.5, 1) : baseLoss - uniform(0.5, 1);
  const header = [Math.floor(uniform(0, m + 1)), Math.floor(uniform(0, m)), baseLoss, uniform(0.5, 1), kind === 3 ? MAX_REFUSALS : 2];
  const sy = s.flatMap((si) => y.map((yj) => dot(si, yj)));
  const yy = y.flatMap((yi) => y.map((yj) => dot(yi, yj)));
  return {
    products: Float64Array.from(products),
    ring,
    step: Float64Array.of(step),
    hyper: Float64Array.of(1e-4, 0.05, 1e-6),
    state: Float64Array.from([...header, kind === 0 ? 0 : 1, uniform(1, 2), 0, ...sy, ...yy]),
  };
}
