import meanDifferenceShader from '../../../shaders/content-loss/mean-difference.wgsl?raw';
import squaredMeanShader from '../../../shaders/content-loss/squared-mean.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';

/** Number of elements. */
export type MeanDifferenceAttributes = { readonly count: number };

const SAMPLES = [1, 3, 255, 257, 10_007].map((count) => ({ count }));
const ATTRIBUTES = { count: 'elements' };
const SOURCE = 'The two halves of contentLoss in its mode squared-mean, for means that are gathered over tiles in between.';

/** Mean difference of a feature map to a target. */
export const meanDifference = defineKernel<MeanDifferenceAttributes>({
  name: 'meanDifference',
  summary: 'Mean difference of a feature map to a target, in a fixed order.',
  formula: 'mean = mean(features - target)',
  source: SOURCE,
  inputs: [
    { name: 'features', dtype: 'f32', summary: 'feature map [count]' },
    { name: 'target', dtype: 'f32', summary: 'feature map of the content picture [count]' },
  ],
  outputs: [{ name: 'mean', dtype: 'f32', summary: 'mean of the differences [1]' }],
  half: ['features', 'target'],
  attributes: ATTRIBUTES,
  shapes({ count }) {
    requireInteger('meanDifference', 'count', count);
    return { features: [count], target: [count], mean: [1] };
  },
  reference: ({ count }, { features = new Float64Array(), target }) => ({
    mean: Float64Array.of(features.reduce((total, value, i) => total + value - (target?.[i] ?? 0), 0) / count),
  }),
  cost: ({ count }) => ({ flops: 2 * count, bytes: 8 * count }),
  variants: sumVariants<MeanDifferenceAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count }) => ({ partials: stridedInvocations(count) * 4 }),
    passes: ({ count }, method) => {
      const invocations = stridedInvocations(count);
      return [
        {
          shader: { path: 'content-loss/mean-difference.wgsl', source: meanDifferenceShader },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { count, invocations, scale: 1 / count },
          workgroups: stridedWorkgroups(invocations),
          bind: { target_features: 'target' },
        },
        sumPass(method, invocations, 'partials', 'mean'),
      ];
    },
  }),
  gradient: { kernel: 'squaredMean', summary: 'The same for every element.' },
  samples: SAMPLES,
  // Differences that do not cancel in their mean.
  generate: ({ count }, uniform) => ({ features: drawValues(count, () => uniform(0, 2)), target: drawValues(count, () => uniform(-1, 1)) }),
});

/** The square of a mean as a loss, with its gradient. */
export const squaredMean = defineKernel<MeanDifferenceAttributes>({
  name: 'squaredMean',
  summary: 'The square of a mean over elements as a loss, with its gradient, weighted and added to a running gradient.',
  formula: 'loss = mean^2; gradient += weight * 2 * mean / count',
  source: SOURCE,
  inputs: [
    { name: 'mean', dtype: 'f32', summary: 'the mean [1]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [
    { name: 'gradient', dtype: 'f32', summary: 'running gradient [count]', inPlace: true },
    { name: 'loss', dtype: 'f32', summary: 'the unweighted loss [1]' },
  ],
  half: ['gradient'],
  attributes: ATTRIBUTES,
  shapes({ count }) {
    requireInteger('squaredMean', 'count', count);
    return { mean: [1], weight: [1], gradient: [count], loss: [1] };
  },
  reference: ({ count }, { mean, weight, gradient = new Float64Array() }) => {
    const value = mean?.[0] ?? NaN;
    return { gradient: gradient.map((before) => before + ((weight?.[0] ?? NaN) * 2 * value) / count), loss: Float64Array.of(value * value) };
  },
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  variants: [
    {
      id: 'strided',
      summary: 'One invocation per strided set of elements.',
      accepts: () => true,
      passes: ({ count }) => {
        const invocations = stridedInvocations(count);
        return [
          {
            shader: { path: 'content-loss/squared-mean.wgsl', source: squaredMeanShader },
            constants: { WORKGROUP: STRIDED_WORKGROUP },
            params: { count, invocations, scale: 1 / count },
            workgroups: stridedWorkgroups(invocations),
          },
        ];
      },
    },
  ],
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: SAMPLES,
  generate: ({ count }, uniform) => ({
    mean: Float64Array.of(uniform(-1, 1)),
    weight: Float64Array.of(Math.fround(uniform(0.5, 1) * count)),
    gradient: drawValues(count, () => uniform(-1, 1)),
  }),
});
