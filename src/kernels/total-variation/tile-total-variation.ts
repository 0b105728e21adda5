import strided from '../../../shaders/tile-total-variation/strided.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { drawValues } from '../../engine/random.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass, sumVariants } from '../sum/passes.js';
import { weighedDifferences } from './differences.js';

/** Dimensions of the tile, and how many differences the whole picture has along each axis. */
export type TileTotalVariationAttributes = {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly countX: number;
  readonly countY: number;
};

function scalesOf({ countX, countY }: TileTotalVariationAttributes): { scaleX: number; scaleY: number } {
  return { scaleX: countX === 0 ? 0 : 1 / countX, scaleY: countY === 0 ? 0 : 1 / countY };
}

/** Total variation of a picture, the share of the pixels that one tile owns. */
export const tileTotalVariation = defineKernel<TileTotalVariationAttributes>({
  name: 'tileTotalVariation',
  summary: 'Total variation of a picture with its gradient, the share of the pixels that one tile owns.',
  formula: 'as totalVariation, with the means of the whole picture, at the pixels inside the rectangle',
  source: 'Mahendran and Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015, with exponent 2 and means.',
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'tile of the picture [height, width, channels]' },
    { name: 'rectangle', dtype: 'u32', summary: 'top, left, rows, columns of the pixels that it owns [4]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [
    { name: 'gradient', dtype: 'f32', summary: 'running gradient [height, width, channels]', inPlace: true },
    { name: 'total', dtype: 'f32', summary: 'the unweighted share [1]' },
  ],
  attributes: {
    height: 'rows',
    width: 'columns',
    channels: 'channels',
    countX: 'horizontal differences of the whole picture',
    countY: 'vertical differences of the whole picture',
  },
  shapes({ height, width, channels }) {
    requireInteger('tileTotalVariation', 'height', height);
    requireInteger('tileTotalVariation', 'width', width);
    requireInteger('tileTotalVariation', 'channels', channels);
    const image = [height, width, channels];
    return { image, rectangle: [4], weight: [1], gradient: image, total: [1] };
  },
  reference: (attributes, values) => {
    const [top = 0, left = 0, rows = 0, columns = 0] = values.rectangle ?? [];
    const owns = (y: number, x: number): boolean => y >= top && y < top + rows && x >= left && x < left + columns;
    return weighedDifferences(attributes, scalesOf(attributes), owns, values);
  },
  cost: ({ height, width, channels }) => ({ flops: 14 * height * width * channels, bytes: 12 * height * width * channels }),
  variants: sumVariants<TileTotalVariationAttributes>('One invocation per strided set of elements.', {
    scratch: ({ height, width, channels }) => ({ partials: stridedInvocations(height * width * channels) * 4 }),
    passes: (attributes, method) => {
      const { height, width, channels } = attributes;
      const { scaleX, scaleY } = scalesOf(attributes);
      const invocations = stridedInvocations(height * width * channels);
      return [
        {
          shader: { path: 'tile-total-variation/strided.wgsl', source: strided },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { height, width, channels, scale_x: scaleX, scale_y: scaleY, invocations },
          workgroups: stridedWorkgroups(invocations),
        },
        sumPass(method, invocations, 'partials', 'total'),
      ];
    },
  }),
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: [
    { height: 1, width: 1, channels: 1, countX: 0, countY: 3 },
    { height: 8, width: 8, channels: 4, countX: 224, countY: 224 },
    { height: 13, width: 1, channels: 3, countX: 0, countY: 36 },
    { height: 37, width: 51, channels: 3, countX: 7_000, countY: 7_100 },
  ],
  generate: ({ height, width, channels }, uniform) => {
    const below = (end: number): number => Math.min(Math.floor(uniform(0, end)), end - 1);
    const [rows, columns] = [1 + below(height), 1 + below(width)];
    return {
      image: drawValues(height * width * channels, () => uniform(0, 1)),
      rectangle: Float64Array.of(below(height - rows + 1), below(width - columns + 1), rows, columns),
      weight: Float64Array.of(uniform(0.5, 1) * height * width),
    };
  },
});
