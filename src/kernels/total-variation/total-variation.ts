import strided from '../../../shaders/total-variation/strided.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';
import { weighedDifferences } from './differences.js';

/** Dimensions of the image. */
export type TotalVariationAttributes = {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Beyond an edge lies the other edge. */
  readonly wrap?: boolean;
};

/** 1 / number of differences along each axis, 0 where there is none. */
function differenceScales({ height, width, channels, wrap = false }: TotalVariationAttributes): { scaleX: number; scaleY: number } {
  const countX = height * (wrap ? width : width - 1) * channels;
  const countY = (wrap ? height : height - 1) * width * channels;
  return { scaleX: countX === 0 ? 0 : 1 / countX, scaleY: countY === 0 ? 0 : 1 / countY };
}

/** Mean of squared horizontal differences plus mean of squared vertical differences. */
export function totalVariationReference(attributes: TotalVariationAttributes, values: Values): Values {
  return weighedDifferences(attributes, differenceScales(attributes), () => true, values);
}

/** Total variation of an image, its value and its gradient in one pass over the image. */
export const totalVariation = defineKernel<TotalVariationAttributes>({
  name: 'totalVariation',
  summary: 'Total variation of an image with its gradient, weighted and added to a running gradient.',
  formula: 'tv = mean((x[y, x+1] - x[y, x])^2) + mean((x[y+1, x] - x[y, x])^2); gradient += weight * d tv / d x',
  source: 'Mahendran and Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015, with exponent 2 and means.',
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'image [height, width, channels]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [
    { name: 'gradient', dtype: 'f32', summary: 'running gradient [height, width, channels]', inPlace: true },
    { name: 'total', dtype: 'f32', summary: 'the unweighted value [1]' },
  ],
  attributes: { height: 'rows', width: 'columns', channels: 'channels', wrap: 'whether the other edge lies beyond an edge; left out: no' },
  shapes({ height, width, channels }) {
    requireInteger('totalVariation', 'height', height);
    requireInteger('totalVariation', 'width', width);
    requireInteger('totalVariation', 'channels', channels);
    const image = [height, width, channels];
    return { image, weight: [1], gradient: image, total: [1] };
  },
  reference: totalVariationReference,
  cost: ({ height, width, channels }) => ({ flops: 14 * height * width * channels, bytes: 12 * height * width * channels }),
  variants: sumVariants<TotalVariationAttributes>('One invocation per strided set of elements.', {
    scratch: ({ height, width, channels }) => ({ partials: stridedInvocations(height * width * channels) * 4 }),
    passes: (attributes, method) => {
      const { height, width, channels } = attributes;
      const { scaleX, scaleY } = differenceScales(attributes);
      const invocations = stridedInvocations(height * width * channels);
      return [
        {
          shader: { path: 'total-variation/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP, ...(attributes.wrap === true ? { WRAP: 1 } : {}) },
          params: { height, width, channels, scale_x: scaleX, scale_y: scaleY, invocations },
          workgroups: stridedWorkgroups(invocations),
        },
        sumPass(method, invocations, 'partials', 'total'),
      ];
    },
  }),
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: [
    { height: 1, width: 1, channels: 1 },
    { height: 1, width: 7, channels: 3 },
    { height: 13, width: 1, channels: 3 },
    { height: 8, width: 8, channels: 4 },
    { height: 37, width: 51, channels: 3 },
    { height: 1, width: 7, channels: 3, wrap: true },
    { height: 37, width: 51, channels: 3, wrap: true },
  ],
  largeSamples: [{ height: 521, width: 1031, channels: 3 }],
});
