import accumulate from '../../../shaders/average-iterate/accumulate.wgsl?raw';
import correctedShader from '../../../shaders/average-iterate/corrected.wgsl?raw';
import weigh from '../../../shaders/average-iterate/weigh.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';

/** Elements of the image. */
export type AverageAttributes = { readonly count: number };

const WORKGROUP = 64;
const SOURCE =
  'Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992, with exponential weights and the correction of Kingma, Ba, "Adam", ICLR 2015.';

/** The kernel's `hyper`: 1 - decay is given beside it, because it would lose digits if it were computed in f32. */
export function averageHyper(decay: number): Float32Array<ArrayBuffer> {
  return Float32Array.of(decay, 1 - decay);
}

/** One update in float64. */
export function averageIterateReference({ count }: AverageAttributes, values: Values): Values {
  const { image, hyper, average, weight } = values;
  const [decay = 0, rest = 0] = hyper ?? [];
  return {
    average: Float64Array.from({ length: count }, (_, i) => decay * (average?.[i] ?? 0) + rest * (image?.[i] ?? 0)),
    weight: Float64Array.of(decay * (weight?.[0] ?? 0) + rest),
  };
}

/** The corrected average in float64. */
export function averagedImageReference({ count }: AverageAttributes, { image, average, weight }: Values): Values {
  const [sum = 0] = weight ?? [];
  return { corrected: Float64Array.from({ length: count }, (_, i) => (sum > 0 ? (average?.[i] ?? 0) / sum : (image?.[i] ?? 0))) };
}

/** Exponential average of the iterates of an optimisation. */
export const averageIterate = defineKernel<AverageAttributes>({
  name: 'averageIterate',
  summary: 'Exponential average of an image over steps, with the sum of its weights.',
  formula: 'average = decay * average + (1 - decay) * image; weight = decay * weight + 1 - decay',
  source: SOURCE,
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'image [count]' },
    { name: 'hyper', dtype: 'f32', summary: 'decay, 1 - decay [2]' },
  ],
  outputs: [
    { name: 'average', dtype: 'f32', summary: 'weighted sum of the images so far [count]', inPlace: true },
    { name: 'weight', dtype: 'f32', summary: 'sum of their weights [1]', inPlace: true },
  ],
  attributes: { count: 'elements of the image' },
  shapes({ count }) {
    requireInteger('averageIterate', 'count', count);
    return { image: [count], hyper: [2], average: [count], weight: [1] };
  },
  reference: averageIterateReference,
  cost: ({ count }) => ({ flops: 3 * count, bytes: 12 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element, then one for the weight.',
      accepts: () => true,
      passes: ({ count }, device) => [
        {
          shader: { path: 'average-iterate/accumulate.wgsl', source: accumulate },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
        { shader: { path: 'average-iterate/weigh.wgsl', source: weigh }, workgroups: { x: 1, y: 1, z: 1 } },
      ],
    },
  ],
  gradient: { none: 'It only presents.' },
  samples: [{ count: 1 }, { count: 63 }, { count: 65 }, { count: 10_007 }],
  generate: ({ count }, uniform) => {
    const decay = uniform(0.5, 0.99);
    return {
      image: drawValues(count, () => uniform(0, 1)),
      hyper: Float64Array.from(averageHyper(decay)),
      average: drawValues(count, () => uniform(0, 1)),
      weight: Float64Array.of(uniform(0, 1)),
    };
  },
});

/** The average to show. */
export const averagedImage = defineKernel<AverageAttributes>({
  name: 'averagedImage',
  summary: 'An average of averageIterate divided by the sum of its weights; the image itself where nothing was averaged yet.',
  formula: 'corrected = weight > 0 ? average / weight : image',
  source: SOURCE,
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'image [count]' },
    { name: 'average', dtype: 'f32', summary: 'weighted sum of images [count]' },
    { name: 'weight', dtype: 'f32', summary: 'sum of their weights [1]' },
  ],
  outputs: [{ name: 'corrected', dtype: 'f32', summary: 'image to show [count]' }],
  attributes: { count: 'elements of the image' },
  shapes({ count }) {
    requireInteger('averagedImage', 'count', count);
    return { image: [count], average: [count], weight: [1], corrected: [count] };
  },
  reference: averagedImageReference,
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }, device) => [
        {
          shader: { path: 'average-iterate/corrected.wgsl', source: correctedShader },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'It only presents.' },
  samples: [{ count: 1 }, { count: 63 }, { count: 65 }, { count: 10_007 }],
  // Every other count draws a run that has averaged nothing yet.
  generate: ({ count }, uniform) => ({
    image: drawValues(count, () => uniform(0, 1)),
    average: drawValues(count, () => uniform(0, 1)),
    weight: Float64Array.of(count % 4 === 1 ? 0 : Math.fround(uniform(0.1, 1))),
  }),
});
