import inputGradientShader from '../../../shaders/depthwise-conv3x3/input-gradient.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { CONV3X3_ATTRIBUTES, CONV3X3_SAMPLES, deriveConv3x3, requireConv3x3, visitConv3x3, type Conv3x3Geometry } from './geometry.js';

const SOFTWARE_WORKGROUP = 16;
const GPU_WORKGROUP = 64;

/** The definition, in float64. */
export function depthwiseConv3x3InputGradientReference(attributes: Conv3x3Geometry, values: Values): Values {
  const { batch, height, width, channels } = attributes;
  const { gradient = new Float64Array(), weights = new Float64Array() } = values;
  const inputGradient = new Float64Array(batch * height * width * channels);
  visitConv3x3(attributes, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      inputGradient[from * channels + c] = (inputGradient[from * channels + c] ?? 0) + (gradient[to * channels + c] ?? 0) * (weights[tap * channels + c] ?? 0);
    }
  });
  return { inputGradient };
}

/** Gradient of a depthwise 3×3 convolution to its input. */
export const depthwiseConv3x3InputGradient = defineKernel<Conv3x3Geometry>({
  name: 'depthwiseConv3x3InputGradient',
  summary: 'Gradient of a depthwise 3×3 convolution to its input.',
  formula: 'inputGradient[b, v, u, c] = Σ gradient[b, y, x, c] weights[i, j, c] over v = s y + i - padTop, u = s x + j - padLeft',
  source: 'Chain rule of depthwiseConv3x3.',
  inputs: [
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [batch, ceil(height / stride), ceil(width / stride), channels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, channels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient of the input [batch, height, width, channels]' }],
  attributes: CONV3X3_ATTRIBUTES,
  shapes(attributes) {
    requireConv3x3('depthwiseConv3x3InputGradient', attributes);
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    return { gradient: [batch, outHeight, outWidth, channels], weights: [3, 3, channels], inputGradient: [batch, height, width, channels] };
  },
  reference: depthwiseConv3x3InputGradientReference,
  cost: (attributes) => {
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    const outputs = batch * outHeight * outWidth * channels;
    return { flops: 18 * outputs, bytes: 4 * (batch * height * width * channels + outputs + 9 * channels) };
  },
  variants: [
    {
      id: 'gather',
      summary: 'One invocation per pixel × 4 channels gathers the outputs it took part in; no workgroup memory.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { batch, height, width, channels, stride } = attributes;
        const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3(attributes);
        const workgroup = device.isSoftware ? SOFTWARE_WORKGROUP : GPU_WORKGROUP;
        const invocations = (batch * height * width * channels) / 4;
        return [
          {
            shader: { path: 'depthwise-conv3x3/input-gradient.wgsl', source: inputGradientShader },
            constants: { WORKGROUP: workgroup, CHANNELS: channels, STRIDE: stride },
            params: { height, width, out_height: outHeight, out_width: outWidth, pad_top: padTop, pad_left: padLeft, invocations },
            workgroups: linearWorkgroups(ceilDiv(invocations, workgroup)),
          },
        ];
      },
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: CONV3X3_SAMPLES,
  largeSamples: [{ batch: 1, height: 1_031, width: 1_033, channels: 4, stride: 2, padding: 'same' }],
});
