import strided from '../../../shaders/temporal-loss/strided.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';

/** Number of elements at hand, and of the whole image, of which they may be a part. */
export type TemporalLossAttributes = { readonly count: number; readonly total: number };

/** Temporal loss and its gradient in float64. */
export function temporalLossReference({ total }: TemporalLossAttributes, values: Values): Values {
  const { image = new Float64Array(), previous = new Float64Array(), steadiness = new Float64Array(), weight, gradient: before = new Float64Array() } = values;
  const difference = image.map((value, i) => value - (previous[i] ?? 0));
  const pull = difference.map((value, i) => value * (steadiness[i] ?? 0));
  return {
    gradient: before.map((value, i) => value + ((weight?.[0] ?? 0) * 2 * (pull[i] ?? 0)) / total),
    loss: Float64Array.of(pull.reduce((sum, value, i) => sum + value * (difference[i] ?? 0), 0) / total),
  };
}

/** What holds a frame to the one before it. */
export const temporalLoss = defineKernel<TemporalLossAttributes>({
  name: 'temporalLoss',
  summary: 'Mean squared difference of an image to the result before it, weighed by how steady each place is, with its gradient.',
  formula: 'loss = sum(steadiness * (image - previous)^2) / total; gradient += weight * d loss / d image',
  source: 'Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", GCPR 2016, section 4.2, without the warp of the result before.',
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'image, or a part of it [count]' },
    { name: 'previous', dtype: 'f32', summary: 'the result before it [count]' },
    { name: 'steadiness', dtype: 'f32', summary: 'how much each element is held, 0 to 1 [count]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [
    { name: 'gradient', dtype: 'f32', summary: 'running gradient [count]', inPlace: true },
    { name: 'loss', dtype: 'f32', summary: 'the unweighted loss [1]' },
  ],
  attributes: { count: 'elements at hand', total: 'elements of the whole image' },
  shapes({ count, total }) {
    requireInteger('temporalLoss', 'count', count);
    requireInteger('temporalLoss', 'total', total, count);
    return { image: [count], previous: [count], steadiness: [count], weight: [1], gradient: [count], loss: [1] };
  },
  reference: temporalLossReference,
  cost: ({ count }) => ({ flops: 6 * count, bytes: 20 * count }),
  variants: sumVariants<TemporalLossAttributes>('One invocation per strided set of elements.', {
    scratch: ({ count }) => ({ partials: stridedInvocations(count) * 4 }),
    passes: ({ count, total }, method) => {
      const invocations = stridedInvocations(count);
      return [
        {
          shader: { path: 'temporal-loss/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { count, invocations, scale: 1 / total },
          workgroups: stridedWorkgroups(invocations),
        },
        sumPass(method, invocations, 'partials', 'loss'),
      ];
    },
  }),
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: [
    { count: 1, total: 1 },
    { count: 3, total: 9 },
    { count: 255, total: 255 },
    { count: 257, total: 300 },
    { count: 10_007, total: 10_007 },
  ],
  largeSamples: [{ count: 1_000_003, total: 1_000_003 }],
  // A weight that makes the slope visible beside the old gradient.
  generate: ({ count, total }, uniform) => ({
    image: drawValues(count, () => uniform(0, 1)),
    previous: drawValues(count, () => uniform(0, 1)),
    steadiness: drawValues(count, () => uniform(0, 1)),
    weight: Float64Array.of(Math.fround(uniform(0.5, 1) * total)),
  }),
});
