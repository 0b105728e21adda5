import elementwise from '../../../shaders/relu6/elementwise.wgsl?raw';
import gradientShader from '../../../shaders/relu6/gradient.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements. */
export type Relu6Attributes = { readonly count: number };

const WORKGROUP = 64;
const SOURCE = 'Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.';
const SAMPLES: readonly Relu6Attributes[] = [{ count: 1 }, { count: 63 }, { count: 65 }, { count: 10_007 }];
const LARGE_SAMPLES: readonly Relu6Attributes[] = [{ count: 65_537 * WORKGROUP + 3 }];

/** min(max(x, 0), 6). */
export const relu6 = defineKernel<Relu6Attributes>({
  name: 'relu6',
  summary: 'ReLU6 of every element.',
  formula: 'output = min(max(input, 0), 6)',
  source: SOURCE,
  inputs: [{ name: 'input', dtype: 'f32', summary: 'tensor [count]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'tensor [count]' }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('relu6', 'count', count);
    return { input: [count], output: [count] };
  },
  reference: (_, { input = new Float64Array() }) => ({ output: input.map((value) => Math.min(6, Math.max(0, value))) }),
  cost: ({ count }) => ({ flops: 2 * count, bytes: 8 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }) => [
        {
          shader: { path: 'relu6/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { kernel: 'relu6Gradient', summary: 'to the input' },
  samples: SAMPLES,
  largeSamples: LARGE_SAMPLES,
  generate: ({ count }, uniform) => ({ input: Float64Array.from({ length: count }, () => uniform(-3, 9)) }),
});

/** Gradient of ReLU6; zero at both corners. */
export const relu6Gradient = defineKernel<Relu6Attributes>({
  name: 'relu6Gradient',
  summary: 'Gradient of ReLU6 to its input.',
  formula: 'inputGradient = gradient where 0 < input < 6, else 0',
  source: SOURCE,
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'input of the ReLU6, or its output: both have the same mask [count]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [count]' },
  ],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient of the input [count]' }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('relu6Gradient', 'count', count);
    return { input: [count], gradient: [count], inputGradient: [count] };
  },
  reference: (_, { input = new Float64Array(), gradient = new Float64Array() }) => ({
    inputGradient: gradient.map((value, i) => ((input[i] ?? 0) > 0 && (input[i] ?? 0) < 6 ? value : 0)),
  }),
  cost: ({ count }) => ({ flops: count, bytes: 12 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }) => [
        {
          shader: { path: 'relu6/gradient.wgsl', source: gradientShader },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: SAMPLES,
  largeSamples: LARGE_SAMPLES,
  // The corners themselves are among the values.
  generate: ({ count }, uniform) => ({ input: Float64Array.from({ length: count }, () => Math.round(uniform(-3, 9) * 4) / 4) }),
});
