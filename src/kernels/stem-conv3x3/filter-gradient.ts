import partialsShader from '../../../shaders/stem-conv3x3/filter-gradient-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { columnSumPass } from '../column-sum/column-sum.js';
import { deriveConv3x3, visitConv3x3 } from '../depthwise-conv3x3/geometry.js';
import { requireStem, STEM_ATTRIBUTES, STEM_SAMPLES, type StemGeometry } from './stem-conv3x3.js';

const WORKGROUP = 16;
/** Partial sums over the output rows: enough to occupy a device, few enough for the second pass. */
const MAX_SLICES = 32;

/** The definition, in float64. */
export function stemConv3x3FilterGradientReference(attributes: StemGeometry, values: Values): Values {
  const { outChannels } = attributes;
  const { input = new Float64Array(), gradient = new Float64Array() } = values;
  const filterGradient = new Float64Array(27 * outChannels);
  visitConv3x3({ ...attributes, stride: 2 }, (from, to, tap) => {
    for (let k = 0; k < 3; k++) {
      for (let n = 0; n < outChannels; n++) {
        const at = (tap * 3 + k) * outChannels + n;
        filterGradient[at] = (filterGradient[at] ?? 0) + (input[from * 3 + k] ?? 0) * (gradient[to * outChannels + n] ?? 0);
      }
    }
  });
  return { filterGradient };
}

/** Gradient of the first convolution to its filter. */
export const stemConv3x3FilterGradient = defineKernel<StemGeometry>({
  name: 'stemConv3x3FilterGradient',
  summary: 'Gradient of the 3×3 convolution of a picture with stride 2 to its filter, summed over the batch.',
  formula: 'filterGradient[i, j, k, n] = Σ_{b,y,x} input[b, 2 y + i - padTop, 2 x + j - padLeft, k] gradient[b, y, x, n]',
  source: 'Chain rule of stemConv3x3.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'picture [batch, height, width, 3]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [batch, ceil(height / 2), ceil(width / 2), outChannels]' },
  ],
  outputs: [{ name: 'filterGradient', dtype: 'f32', summary: 'gradient of the filter [3, 3, 3, outChannels]' }],
  attributes: STEM_ATTRIBUTES,
  shapes(attributes) {
    requireStem('stemConv3x3FilterGradient', attributes);
    const { batch, height, width, outChannels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3({ ...attributes, stride: 2 });
    return { input: [batch, height, width, 3], gradient: [batch, outHeight, outWidth, outChannels], filterGradient: [3, 3, 3, outChannels] };
  },
  reference: stemConv3x3FilterGradientReference,
  cost: (attributes) => {
    const { batch, height, width, outChannels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3({ ...attributes, stride: 2 });
    const outputs = batch * outHeight * outWidth * outChannels;
    return { flops: 54 * outputs, bytes: 4 * (3 * batch * height * width + outputs + 27 * outChannels) };
  },
  variants: [
    {
      id: 'row-slices',
      summary: 'One invocation per filter position × 4 channels and slice of output rows; a second pass adds the slices. No workgroup memory.',
      accepts: () => true,
      scratch: (attributes) => ({
        partials: 108 * attributes.outChannels * Math.min(MAX_SLICES, attributes.batch * deriveConv3x3({ ...attributes, stride: 2 }).outHeight),
      }),
      passes: (attributes, device) => {
        const { batch, height, width, outChannels } = attributes;
        const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3({ ...attributes, stride: 2 });
        const rows = batch * outHeight;
        const slices = Math.min(MAX_SLICES, rows);
        return [
          {
            shader: { path: 'stem-conv3x3/filter-gradient-partials.wgsl', source: partialsShader },
            constants: { WORKGROUP, OUT_CHANNELS: outChannels },
            params: {
              height,
              width,
              out_height: outHeight,
              out_width: outWidth,
              pad_top: padTop,
              pad_left: padLeft,
              rows,
              slices,
              rounds: ceilDiv(rows, slices),
            },
            workgroups: linearWorkgroups(ceilDiv((slices * 27 * outChannels) / 4, WORKGROUP)),
          },
          columnSumPass({ rows: slices, columns: 27 * outChannels, slices: 1 }, ['partials', 'filterGradient'], device),
        ];
      },
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: STEM_SAMPLES,
});
