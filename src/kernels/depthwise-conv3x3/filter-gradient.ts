import partialsShader from '../../../shaders/depthwise-conv3x3/filter-gradient-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { columnSumPass } from '../column-sum/column-sum.js';
import { CONV3X3_ATTRIBUTES, CONV3X3_SAMPLES, deriveConv3x3, requireConv3x3, visitConv3x3, type Conv3x3Geometry } from './geometry.js';

const SOFTWARE_WORKGROUP = 16;
const GPU_WORKGROUP = 64;
/** Partial sums over the output rows: enough to occupy a device, few enough for the second pass. */
const MAX_SLICES = 64;

/** The definition, in float64. */
export function depthwiseConv3x3FilterGradientReference(attributes: Conv3x3Geometry, values: Values): Values {
  const { channels } = attributes;
  const { input = new Float64Array(), gradient = new Float64Array() } = values;
  const filterGradient = new Float64Array(9 * channels);
  visitConv3x3(attributes, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      filterGradient[tap * channels + c] = (filterGradient[tap * channels + c] ?? 0) + (gradient[to * channels + c] ?? 0) * (input[from * channels + c] ?? 0);
    }
  });
  return { filterGradient };
}

/** Gradient of a depthwise 3×3 convolution to its filter. */
export const depthwiseConv3x3FilterGradient = defineKernel<Conv3x3Geometry>({
  name: 'depthwiseConv3x3FilterGradient',
  summary: 'Gradient of a depthwise 3×3 convolution to its filter, summed over the batch.',
  formula: 'filterGradient[i, j, c] = Σ_{b,y,x} input[b, s y + i - padTop, s x + j - padLeft, c] gradient[b, y, x, c]',
  source: 'Chain rule of depthwiseConv3x3.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [batch, height, width, channels]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [batch, ceil(height / stride), ceil(width / stride), channels]' },
  ],
  outputs: [{ name: 'filterGradient', dtype: 'f32', summary: 'gradient of the filter [3, 3, channels]' }],
  attributes: CONV3X3_ATTRIBUTES,
  shapes(attributes) {
    requireConv3x3('depthwiseConv3x3FilterGradient', attributes);
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    return { input: [batch, height, width, channels], gradient: [batch, outHeight, outWidth, channels], filterGradient: [3, 3, channels] };
  },
  reference: depthwiseConv3x3FilterGradientReference,
  cost: (attributes) => {
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    const outputs = batch * outHeight * outWidth * channels;
    return { flops: 18 * outputs, bytes: 4 * (batch * height * width * channels + outputs + 9 * channels) };
  },
  variants: [
    {
      id: 'row-slices',
      summary: 'One invocation per 4 channels and slice of output rows keeps 9 sums; a second pass adds the slices. No workgroup memory.',
      accepts: () => true,
      scratch: ({ batch, channels, ...rest }) => ({ partials: 36 * channels * Math.min(MAX_SLICES, batch * deriveConv3x3(rest).outHeight) }),
      passes: (attributes, device) => {
        const { batch, height, width, channels, stride } = attributes;
        const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3(attributes);
        const workgroup = device.isSoftware ? SOFTWARE_WORKGROUP : GPU_WORKGROUP;
        const rows = batch * outHeight;
        const slices = Math.min(MAX_SLICES, rows);
        return [
          {
            shader: { path: 'depthwise-conv3x3/filter-gradient-partials.wgsl', source: partialsShader },
            constants: { WORKGROUP: workgroup, CHANNELS: channels, STRIDE: stride },
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
            workgroups: linearWorkgroups(ceilDiv((slices * channels) / 4, workgroup)),
          },
          columnSumPass({ rows: slices, columns: 9 * channels, slices: 1 }, ['partials', 'filterGradient'], device),
        ];
      },
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: CONV3X3_SAMPLES,
});
