import maximum from '../../../shaders/pool2x2/maximum.wgsl?raw';
import maximumGradient from '../../../shaders/pool2x2/maximum-gradient.wgsl?raw';
import { defineKernel, elementCount, type Values } from '../../engine/contract.js';
import { ceilDiv } from '../../engine/grid.js';
import { elementwisePass, forEachWindow, POOL_ATTRIBUTES, POOL_SAMPLES, POOL_SOURCE, poolShapes, type PoolAttributes } from './shared.js';

/** Float64 maximum of every 2×2 window. */
export function maxPool2x2Reference(attributes: PoolAttributes, { input = new Float64Array() }: Values): Values {
  const output = new Float64Array(elementCount(poolShapes('maxPool2x2', attributes).output));
  forEachWindow(attributes, (o, inputs) => {
    output[o] = Math.max(...inputs.map((i) => input[i] ?? NaN));
  });
  return { output };
}

/** The gradient goes to the first largest element of each window in row order. */
export function maxPool2x2GradientReference(attributes: PoolAttributes, { input = new Float64Array(), outputGradient = new Float64Array() }: Values): Values {
  const inputGradient = new Float64Array(elementCount(poolShapes('maxPool2x2Gradient', attributes).input));
  forEachWindow(attributes, (o, inputs) => {
    const first = inputs.reduce((best, i) => ((input[i] ?? NaN) > (input[best] ?? NaN) ? i : best), inputs[0]);
    inputGradient[first] = outputGradient[o] ?? NaN;
  });
  return { inputGradient };
}

/** 2×2 maximum pooling. */
export const maxPool2x2 = defineKernel<PoolAttributes>({
  name: 'maxPool2x2',
  summary: '2×2 maximum pooling with stride 2; odd last rows and columns are dropped.',
  formula: 'output[y, x, c] = max(input[2y + (0|1), 2x + (0|1), c])',
  source: POOL_SOURCE,
  inputs: [{ name: 'input', dtype: 'f32', summary: 'feature map [height, width, channels]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'feature map [floor(height / 2), floor(width / 2), channels]' }],
  half: ['input', 'output'],
  attributes: POOL_ATTRIBUTES,
  shapes: (attributes) => poolShapes('maxPool2x2', attributes),
  reference: maxPool2x2Reference,
  cost: ({ height, width, channels }) => ({ flops: 0.75 * height * width * channels, bytes: 5 * height * width * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per output element.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { output } = poolShapes('maxPool2x2', attributes);
        const outWidth = output[1] ?? 0;
        return [
          elementwisePass({ path: 'pool2x2/maximum.wgsl', source: maximum }, device, elementCount(output), {
            width: attributes.width,
            channels: attributes.channels,
            out_width: outWidth,
          }),
        ];
      },
    },
  ],
  gradient: { kernel: 'maxPool2x2Gradient', summary: 'Needs the input again, to find the largest elements.' },
  samples: POOL_SAMPLES,
});

/** Gradient of 2×2 maximum pooling. */
export const maxPool2x2Gradient = defineKernel<PoolAttributes>({
  name: 'maxPool2x2Gradient',
  summary: 'Gradient of 2×2 maximum pooling: to the first largest element of each window in row order.',
  formula: 'inputGradient[i] = outputGradient[window] where i is the first largest element of its window, else 0',
  source: POOL_SOURCE,
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'input of the pooling [height, width, channels]' },
    { name: 'outputGradient', dtype: 'f32', summary: 'gradient to the pooled map [floor(height / 2), floor(width / 2), channels]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient to the input, fully written [height, width, channels]' }],
  half: ['input', 'outputGradient', 'inputGradient'],
  attributes: POOL_ATTRIBUTES,
  shapes(attributes) {
    const { input, output } = poolShapes('maxPool2x2Gradient', attributes);
    return { input, outputGradient: output, inputGradient: input };
  },
  reference: maxPool2x2GradientReference,
  cost: ({ height, width, channels }) => ({ flops: 0.75 * height * width * channels, bytes: 9 * height * width * channels }),
  variants: [
    {
      id: 'windows',
      summary: 'One invocation per window and channel, cut-off windows included.',
      accepts: () => true,
      passes: ({ height, width, channels }, device) => {
        const cellsPerRow = ceilDiv(width, 2);
        const shader = { path: 'pool2x2/maximum-gradient.wgsl', source: maximumGradient };
        return [elementwisePass(shader, device, ceilDiv(height, 2) * cellsPerRow * channels, { height, width, channels, cells_per_row: cellsPerRow })];
      },
    },
  ],
  gradient: { none: 'It is a gradient itself; no task needs second derivatives.' },
  samples: POOL_SAMPLES,
  // Few distinct values, so that many windows hold equal maxima, as after a ReLU.
  generate: ({ height, width, channels }, uniform) => ({
    input: Float64Array.from({ length: height * width * channels }, () => Math.max(Math.round(uniform(-3, 3)), 0)),
  }),
});
