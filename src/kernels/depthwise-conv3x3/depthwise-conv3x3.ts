import stripStride1 from '../../../shaders/depthwise-conv3x3/strip-stride-1.wgsl?raw';
import stripStride2 from '../../../shaders/depthwise-conv3x3/strip-stride-2.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { CONV3X3_ATTRIBUTES, CONV3X3_SAMPLES, deriveConv3x3, requireConv3x3, visitConv3x3, type Conv3x3Geometry } from './geometry.js';

/** Sizes, and what is fused into the end. */
export type DepthwiseConv3x3Attributes = Conv3x3Geometry & { readonly bias: boolean; readonly relu6: boolean };

const SOFTWARE_WORKGROUP = 16;
const GPU_WORKGROUP = 64;

/** The definition, in float64. */
export function depthwiseConv3x3Reference(attributes: DepthwiseConv3x3Attributes, values: Values): Values {
  const { batch, channels, bias: hasBias, relu6 } = attributes;
  const { input = new Float64Array(), weights = new Float64Array(), bias = new Float64Array() } = values;
  const { outHeight, outWidth } = deriveConv3x3(attributes);
  const output = Float64Array.from({ length: batch * outHeight * outWidth * channels }, (_, i) => (hasBias ? (bias[i % channels] ?? 0) : 0));
  visitConv3x3(attributes, (from, to, tap) => {
    for (let c = 0; c < channels; c++) {
      output[to * channels + c] = (output[to * channels + c] ?? 0) + (input[from * channels + c] ?? 0) * (weights[tap * channels + c] ?? 0);
    }
  });
  return { output: relu6 ? output.map((value) => Math.min(6, Math.max(0, value))) : output };
}

/** Depthwise 3×3 convolution of a batch, stride 1 or 2. */
export const depthwiseConv3x3 = defineKernel<DepthwiseConv3x3Attributes>({
  name: 'depthwiseConv3x3',
  summary: 'Depthwise 3×3 convolution with stride 1 or 2, an optional bias and ReLU6.',
  formula: 'output[b, y, x, c] = act(bias[c] + Σ_{i,j} input[b, s y + i - padTop, s x + j - padLeft, c] weights[i, j, c])',
  source: 'Howard et al., "MobileNets", 2017; zero padding as TensorFlow (same) or PyTorch (symmetric).',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [batch, height, width, channels]' },
    { name: 'weights', dtype: 'f32', summary: 'filter [3, 3, channels]' },
    { name: 'bias', dtype: 'f32', summary: 'bias [channels], not read without bias' },
  ],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [batch, ceil(height / stride), ceil(width / stride), channels]' }],
  attributes: { ...CONV3X3_ATTRIBUTES, bias: 'whether a bias is added', relu6: 'whether ReLU6 follows' },
  shapes(attributes) {
    requireConv3x3('depthwiseConv3x3', attributes);
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    return {
      input: [batch, height, width, channels],
      weights: [3, 3, channels],
      bias: [channels],
      output: [batch, outHeight, outWidth, channels],
    };
  },
  reference: depthwiseConv3x3Reference,
  cost: (attributes) => {
    const { batch, height, width, channels } = attributes;
    const { outHeight, outWidth } = deriveConv3x3(attributes);
    const outputs = batch * outHeight * outWidth * channels;
    return { flops: 18 * outputs, bytes: 4 * (batch * height * width * channels + outputs + 9 * channels) };
  },
  variants: [
    {
      id: 'strip',
      summary: 'One invocation per 4 neighbouring pixels of a row × 4 channels, lanes along the channels, no workgroup memory.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { batch, height, width, channels, stride, bias, relu6 } = attributes;
        const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3(attributes);
        const workgroup = device.isSoftware ? SOFTWARE_WORKGROUP : GPU_WORKGROUP;
        const stripsPerRow = ceilDiv(outWidth, 4);
        const invocations = (batch * outHeight * stripsPerRow * channels) / 4;
        return [
          {
            shader:
              stride === 1
                ? { path: 'depthwise-conv3x3/strip-stride-1.wgsl', source: stripStride1 }
                : { path: 'depthwise-conv3x3/strip-stride-2.wgsl', source: stripStride2 },
            constants: { WORKGROUP: workgroup, CHANNELS: channels, HAS_BIAS: bias ? 1 : 0, RELU6: relu6 ? 1 : 0 },
            params: {
              height,
              width,
              out_height: outHeight,
              out_width: outWidth,
              pad_top: padTop,
              pad_left: padLeft,
              strips_per_row: stripsPerRow,
              invocations,
            },
            workgroups: linearWorkgroups(ceilDiv(invocations, workgroup)),
          },
        ];
      },
    },
  ],
  gradient: { kernel: 'depthwiseConv3x3InputGradient', summary: 'to the input; depthwiseConv3x3FilterGradient to the filter, columnSum to the bias' },
  samples: CONV3X3_SAMPLES.map((geometry, index) => ({ ...geometry, bias: index % 3 !== 1, relu6: index % 2 === 0 })),
  largeSamples: [{ batch: 2, height: 1_031, width: 517, channels: 4, stride: 1, padding: 'same', bias: true, relu6: true }],
  generate: ({ channels }, uniform) => ({ weights: Float64Array.from({ length: 9 * channels }, () => uniform(-4, 4)) }),
});
