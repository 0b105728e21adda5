import elementwise from '../../../shaders/adam/elementwise.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Elements of the image, slots of the schedule, and whether the image is clipped to [0, 1]. */
export type AdamAttributes = { readonly count: number; readonly capacity: number; readonly clip: boolean };

const WORKGROUP = 64;

/**
 * Step size of the t-th update, t from 1: lr · sqrt(1 - β2^t) / (1 - β1^t). In float64, because 1 - β^t loses its digits
 * in f32.
 */
export function adamStepSize(
  { learningRate, beta1, beta2 }: { readonly learningRate: number; readonly beta1: number; readonly beta2: number },
  t: number,
): number {
  return (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
}

/** The kernel's `hyper`: 1 - β is given beside β, because it would lose digits if it were computed in f32. */
export function adamHyper({ beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number }): Float32Array<ArrayBuffer> {
  return Float32Array.of(beta1, 1 - beta1, beta2, 1 - beta2, epsilon);
}

/** One update in float64. */
export function adamReference({ capacity, clip }: AdamAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { gradient = empty, schedule = empty, step = empty, hyper = empty, image = empty, firstMoment = empty, secondMoment = empty } = values;
  const [beta1 = 0, rest1 = 0, beta2 = 0, rest2 = 0, epsilon = 0] = hyper;
  const size = schedule[(step[0] ?? 0) % capacity] ?? 0;
  const m = firstMoment.map((old, i) => beta1 * old + rest1 * (gradient[i] ?? 0));
  const v = secondMoment.map((old, i) => beta2 * old + rest2 * (gradient[i] ?? 0) ** 2);
  const updated = image.map((old, i) => old - (size * (m[i] ?? 0)) / (Math.sqrt(v[i] ?? 0) + epsilon));
  return { image: clip ? updated.map((value) => Math.min(1, Math.max(0, value))) : updated, firstMoment: m, secondMoment: v };
}

/** Adam update of an image. */
export const adam = defineKernel<AdamAttributes>({
  name: 'adam',
  summary: 'One Adam update of an image in Keras’s form, with optional clipping to [0, 1].',
  formula: 'm = β1 m + (1 - β1) g; v = β2 v + (1 - β2) g²; x -= schedule[step mod capacity] * m / (sqrt(v) + ε); schedule: lr * sqrt(1 - β2^t) / (1 - β1^t)',
  source: 'Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, end of section 2; Keras adds ε outside the bias correction.',
  inputs: [
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the loss [count]' },
    { name: 'schedule', dtype: 'f32', summary: 'bias-corrected step sizes by step mod capacity [capacity]' },
    { name: 'step', dtype: 'u32', summary: 'number of finished steps [1]' },
    { name: 'hyper', dtype: 'f32', summary: 'β1, 1 - β1, β2, 1 - β2, ε [5]' },
  ],
  outputs: [
    { name: 'image', dtype: 'f32', summary: 'image [count]', inPlace: true },
    { name: 'firstMoment', dtype: 'f32', summary: 'running mean of gradients [count]', inPlace: true },
    { name: 'secondMoment', dtype: 'f32', summary: 'running mean of squared gradients [count]', inPlace: true },
  ],
  attributes: { count: 'elements of the image', capacity: 'slots of the schedule', clip: 'whether the image is clipped to [0, 1]' },
  shapes({ count, capacity }) {
    requireInteger('adam', 'count', count);
    requireInteger('adam', 'capacity', capacity);
    return { gradient: [count], schedule: [capacity], step: [1], hyper: [5], image: [count], firstMoment: [count], secondMoment: [count] };
  },
  reference: adamReference,
  cost: ({ count }) => ({ flops: 13 * count, bytes: 28 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count, capacity, clip }, device) => [
        {
          shader: { path: 'adam/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP, CLIP: clip ? 1 : 0 },
          params: { count, capacity },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'An optimiser is not differentiated.' },
  samples: [
    { count: 1, capacity: 1, clip: true },
    { count: 63, capacity: 8, clip: false },
    { count: 65, capacity: 7, clip: true },
    { count: 10_007, capacity: 1_024, clip: true },
  ],
  largeSamples: [{ count: 65_535 * WORKGROUP + 1, capacity: 16, clip: true }],
  generate: ({ count, capacity }, uniform) => ({
    schedule: drawValues(capacity, () => uniform(0.01, 0.5)),
    step: Float64Array.of(Math.floor(uniform(0, 5_000))),
    hyper: Float64Array.from(adamHyper({ beta1: uniform(0.8, 0.99), beta2: uniform(0.9, 0.999), epsilon: uniform(0.01, 0.1) })),
    image: drawValues(count, () => uniform(-0.2, 1.2)),
    secondMoment: drawValues(count, () => uniform(0, 1)),
  }),
});
