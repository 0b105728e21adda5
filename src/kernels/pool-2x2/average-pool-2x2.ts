import average from '../../../shaders/pool2x2/average.wgsl?raw';
import averageGradient from '../../../shaders/pool2x2/average-gradient.wgsl?raw';
import { defineKernel, elementCount, type Values } from '../../engine/contract.js';
import { elementwisePass, forEachWindow, POOL_ATTRIBUTES, POOL_SAMPLES, POOL_SOURCE, poolShapes, type PoolAttributes } from './shared.js';

/** Float64 mean of every 2×2 window. */
export function averagePool2x2Reference(attributes: PoolAttributes, { input = new Float64Array() }: Values): Values {
  const output = new Float64Array(elementCount(poolShapes('averagePool2x2', attributes).output));
  forEachWindow(attributes, (o, inputs) => {
    output[o] = inputs.reduce((sum, i) => sum + (input[i] ?? NaN), 0) / 4;
  });
  return { output };
}

/** A quarter of each window's gradient for each of its elements. */
export function averagePool2x2GradientReference(attributes: PoolAttributes, { outputGradient = new Float64Array() }: Values): Values {
  const inputGradient = new Float64Array(elementCount(poolShapes('averagePool2x2Gradient', attributes).input));
  forEachWindow(attributes, (o, inputs) => {
    for (const i of inputs) inputGradient[i] = (outputGradient[o] ?? NaN) / 4;
  });
  return { inputGradient };
}

/** 2×2 average pooling. */
export const averagePool2x2 = defineKernel<PoolAttributes>({
  name: 'averagePool2x2',
  summary: '2×2 average pooling with stride 2; odd last rows and columns are dropped.',
  formula: 'output[y, x, c] = mean(input[2y + (0|1), 2x + (0|1), c])',
  source: 'Gatys, Ecker and Bethge, "Image style transfer using convolutional neural networks", CVPR 2016.',
  inputs: [{ name: 'input', dtype: 'f32', summary: 'feature map [height, width, channels]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [floor(height / 2), floor(width / 2), channels]' }],
  half: ['input', 'output'],
  attributes: POOL_ATTRIBUTES,
  shapes: (attributes) => poolShapes('averagePool2x2', attributes),
  reference: averagePool2x2Reference,
  cost: ({ height, width, channels }) => ({ flops: height * width * channels, bytes: 5 * height * width * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per output element.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { output } = poolShapes('averagePool2x2', attributes);
        const outWidth = output[1] ?? 0;
        return [
          elementwisePass({ path: 'pool2x2/average.wgsl', source: average }, device, elementCount(output), {
            width: attributes.width,
            channels: attributes.channels,
            out_width: outWidth,
          }),
        ];
      },
    },
  ],
  gradient: { kernel: 'averagePool2x2Gradient', summary: 'Needs the gradient to the output alone.' },
  samples: POOL_SAMPLES,
});

/** Gradient of 2×2 average pooling. */
export const averagePool2x2Gradient = defineKernel<PoolAttributes>({
  name: 'averagePool2x2Gradient',
  summary: 'Gradient of 2×2 average pooling: a quarter to each element of a window.',
  formula: 'inputGradient[y, x, c] = outputGradient[floor(y / 2), floor(x / 2), c] / 4, or 0 at a dropped edge',
  source: POOL_SOURCE,
  inputs: [{ name: 'outputGradient', dtype: 'f32', summary: 'gradient to the pooled map [floor(height / 2), floor(width / 2), channels]' }],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient to the input, fully written [height, width, channels]' }],
  half: ['outputGradient', 'inputGradient'],
  attributes: POOL_ATTRIBUTES,
  shapes(attributes) {
    const { input, output } = poolShapes('averagePool2x2Gradient', attributes);
    return { outputGradient: output, inputGradient: input };
  },
  reference: averagePool2x2GradientReference,
  cost: ({ height, width, channels }) => ({ flops: 0.25 * height * width * channels, bytes: 5 * height * width * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element of the input gradient.',
      accepts: () => true,
      passes: ({ height, width, channels }, device) => {
        const shader = { path: 'pool2x2/average-gradient.wgsl', source: averageGradient };
        return [
          elementwisePass(shader, device, height * width * channels, { width, channels, out_height: Math.floor(height / 2), out_width: Math.floor(width / 2) }),
        ];
      },
    },
  ],
  gradient: { none: 'It is a gradient itself; no task needs second derivatives.' },
  samples: POOL_SAMPLES,
});
