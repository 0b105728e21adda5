import meanDifference from '../../../shaders/content-loss/mean-difference.wgsl?raw';
import mse from '../../../shaders/content-loss/mse.wgsl?raw';
import squaredMean from '../../../shaders/content-loss/squared-mean.wgsl?raw';
import { defineKernel, type Pass, type Values } from '../../engine/contract.js';
import { GramaryeError, requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';

/** Number of elements, and which loss: the mean of squares, or the square of the mean. */
export type ContentLossAttributes = { readonly count: number; readonly mode: 'mse' | 'squared-mean' };

/** Content loss and its gradient in float64. */
export function contentLossReference({ count, mode }: ContentLossAttributes, values: Values): Values {
  const { features = new Float64Array(), target = new Float64Array(), weight = new Float64Array(), gradient: before = new Float64Array() } = values;
  const difference = features.map((value, index) => value - (target[index] ?? 0));
  const mean = difference.reduce((total, value) => total + value, 0) / count;
  const meanOfSquares = difference.reduce((total, value) => total + value * value, 0) / count;
  const slope = (index: number): number => (2 / count) * (mode === 'mse' ? (difference[index] ?? 0) : mean);
  return {
    gradient: before.map((value, index) => value + (weight[0] ?? 0) * slope(index)),
    loss: Float64Array.of(mode === 'mse' ? meanOfSquares : mean * mean),
  };
}

function stridedPass(path: string, source: string, count: number): Pass {
  const invocations = stridedInvocations(count);
  return {
    shader: { path, source },
    constants: { WORKGROUP: STRIDED_WORKGROUP },
    params: { count, invocations, scale: 1 / count },
    workgroups: stridedWorkgroups(invocations),
    bind: path.endsWith('squared-mean.wgsl') ? {} : { target_features: 'target' },
  };
}

/** Content loss of one tap. */
export const contentLoss = defineKernel<ContentLossAttributes>({
  name: 'contentLoss',
  summary: 'Content loss of one tap with its gradient, weighted and added to a running gradient.',
  formula: 'mse: loss = mean((features - target)^2); squared-mean: loss = mean(features - target)^2; gradient += weight * d loss / d features',
  source: 'Gatys, Ecker, Bethge, "A neural algorithm of artistic style", 2015, with means in the place of sums.',
  inputs: [
    { name: 'features', dtype: 'f32', summary: 'feature map [count]' },
    { name: 'target', dtype: 'f32', summary: 'feature map of the content picture [count]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [
    { name: 'gradient', dtype: 'f32', summary: 'running gradient [count]', inPlace: true },
    { name: 'loss', dtype: 'f32', summary: 'the unweighted loss [1]' },
  ],
  half: ['features', 'target', 'gradient'],
  attributes: { count: 'elements of the feature map', mode: 'mse or squared-mean' },
  shapes({ count, mode }) {
    requireInteger('contentLoss', 'count', count);
    // Attributes come from plain JavaScript as well.
    if (!['mse', 'squared-mean'].includes(mode)) throw new GramaryeError('bad-shape', `contentLoss: mode is "${mode}"; wanted mse or squared-mean.`);
    return { features: [count], target: [count], weight: [1], gradient: [count], loss: [1] };
  },
  reference: contentLossReference,
  cost: ({ count }) => ({ flops: 5 * count, bytes: 16 * count }),
  variants: sumVariants<ContentLossAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count, mode }) => ({ partials: stridedInvocations(count) * 4, ...(mode === 'squared-mean' ? { mean: 4 } : {}) }),
    passes: ({ count, mode }, method) =>
      mode === 'mse'
        ? [stridedPass('content-loss/mse.wgsl', mse, count), sumPass(method, stridedInvocations(count), 'partials', 'loss')]
        : [
            stridedPass('content-loss/mean-difference.wgsl', meanDifference, count),
            sumPass(method, stridedInvocations(count), 'partials', 'mean'),
            stridedPass('content-loss/squared-mean.wgsl', squaredMean, count),
          ],
  }),
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: [1, 3, 255, 257, 10_007].flatMap((count) => [
    { count, mode: 'mse' as const },
    { count, mode: 'squared-mean' as const },
  ]),
  largeSamples: [
    { count: 1_000_003, mode: 'mse' },
    { count: 1_000_003, mode: 'squared-mean' },
  ],
  // Differences that do not cancel in their mean, and a weight that makes the slope visible beside the old gradient.
  generate: ({ count }, uniform) => ({
    features: drawValues(count, () => uniform(0, 2)),
    target: drawValues(count, () => uniform(-1, 1)),
    weight: Float64Array.of(Math.fround(uniform(0.5, 1) * count)),
  }),
});
