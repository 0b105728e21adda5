import elementwise from '../../../shaders/lbfgs-update/elementwise.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';
import { isHeld, PLAN_HEADER, planLength, requireLbfgs } from './layout.js';

/** Elements of the image, pairs of the history, and whether the image is clipped to [0, 1]. */
export type LbfgsUpdateAttributes = { readonly count: number; readonly history: number; readonly clip: boolean };

const WORKGROUP = 64;

/** The plan carried out in float64. */
export function lbfgsUpdateReference({ count, history, clip }: LbfgsUpdateAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { gradient = empty, plan = empty } = values;
  const [verdict = 0, slot = -1, length = 0, ofG = 0] = plan;
  const copy = (name: string): Float64Array => Float64Array.from(values[name] ?? empty);
  const [image, base, baseGradient, direction, steps, changes] = [
    copy('image'),
    copy('base'),
    copy('baseGradient'),
    copy('direction'),
    copy('steps'),
    copy('changes'),
  ];
  for (let i = 0; i < count; i++) {
    const at = (array: Float64Array, index = i): number => array[index] ?? 0;
    if (verdict === 1) {
      const s = at(image) - at(base);
      if (slot >= 0) {
        steps[slot * count + i] = s;
        changes[slot * count + i] = s === 0 ? 0 : at(gradient) - at(baseGradient);
      }
      let d = ofG * at(gradient);
      for (let j = 0; j < history; j++) {
        d += at(plan, PLAN_HEADER + j) * at(steps, j * count + i) + at(plan, PLAN_HEADER + history + j) * at(changes, j * count + i);
      }
      direction[i] = isHeld(clip, at(image), at(gradient)) ? 0 : d;
      base[i] = at(image);
      baseGradient[i] = at(gradient);
    } else if (verdict === 2) {
      direction[i] = isHeld(clip, at(base), at(baseGradient)) ? 0 : ofG * at(baseGradient);
    }
    const x = at(base) + length * at(direction);
    image[i] = clip ? Math.min(1, Math.max(0, x)) : x;
  }
  return { image, base, baseGradient, direction, steps, changes };
}

/** Vectors of a step of L-BFGS. */
export const lbfgsUpdate = defineKernel<LbfgsUpdateAttributes>({
  name: 'lbfgsUpdate',
  summary: 'Carries out the plan of lbfgsRecursion on the vectors: keeps the pair, combines the direction, makes the next trial image.',
  formula:
    'taken: s_k = image - base, y_k = gradient - baseGradient, direction = c_g g + Σ c_j s_j + Σ e_j y_j, base = image; image = clip(base + t · direction)',
  source: 'Chen, Wang, Zhou, "Large-scale L-BFGS using MapReduce", NeurIPS 2014; projection as in Bertsekas, "Projected Newton methods", 1982.',
  inputs: [
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the loss at the trial image [count]' },
    { name: 'plan', dtype: 'f32', summary: 'of lbfgsRecursion [4 + 3 history]' },
  ],
  outputs: [
    { name: 'image', dtype: 'f32', summary: 'trial image [count]', inPlace: true },
    { name: 'base', dtype: 'f32', summary: 'the last image that was taken [count]', inPlace: true },
    { name: 'baseGradient', dtype: 'f32', summary: 'its gradient [count]', inPlace: true },
    { name: 'direction', dtype: 'f32', summary: 'where the trial images lie from it [count]', inPlace: true },
    { name: 'steps', dtype: 'f32', summary: 's_j [history, count]', inPlace: true },
    { name: 'changes', dtype: 'f32', summary: 'y_j [history, count]', inPlace: true },
  ],
  attributes: { count: 'elements of the image', history: 'pairs of the history', clip: 'whether the image is clipped to [0, 1]' },
  shapes(attributes) {
    requireLbfgs('lbfgsUpdate', attributes);
    const { count, history } = attributes;
    const vector = [count];
    const matrix = [history, count];
    return {
      gradient: vector,
      plan: [planLength(history)],
      image: vector,
      base: vector,
      baseGradient: vector,
      direction: vector,
      steps: matrix,
      changes: matrix,
    };
  },
  reference: lbfgsUpdateReference,
  cost: ({ count, history }) => ({ flops: count * (4 * history + 5), bytes: 4 * count * (2 * history + 10) }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count, history, clip }, device) => [
        {
          shader: { path: 'lbfgs-update/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP, CLIP: clip ? 1 : 0 },
          params: { count, history },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'An optimiser is not differentiated.' },
  samples: [
    { count: 1, history: 1, clip: true },
    { count: 63, history: 3, clip: false },
    { count: 65, history: 2, clip: true },
    { count: 10_007, history: 10, clip: true },
  ],
  largeSamples: [{ count: 65_535 * WORKGROUP + 1, history: 1, clip: true }],
  generate: ({ count, history }, uniform) => {
    const base = drawValues(count, () => Math.fround(uniform(0, 1)));
    const plan = Float64Array.from({ length: planLength(history) }, () => uniform(-0.1, 0.1));
    const verdict = Math.floor(uniform(0, 3));
    plan.set([verdict, verdict === 1 ? Math.floor(uniform(-1, history)) : -1, uniform(0.1, 1), -uniform(0.05, 0.2)]);
    return { base, image: base.map((x, i) => (i % 5 === 0 ? x : i % 7 === 0 ? Math.round(x) : Math.fround(x + 0.1))), plan };
  },
});
