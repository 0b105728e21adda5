import packShader from '../../../shaders/half/pack.wgsl?raw';
import unpackShader from '../../../shaders/half/unpack.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements. */
export type HalfAttributes = { readonly count: number };

const WORKGROUP = 64;
const SOURCE = 'IEEE 754-2008, binary16.';
const SAMPLES: readonly HalfAttributes[] = [{ count: 1 }, { count: 2 }, { count: 129 }, { count: 10_007 }];
const LARGE_SAMPLES: readonly HalfAttributes[] = [{ count: 65_537 * 2 * WORKGROUP + 3 }];

/** f32 to half precision, without needing shader-f16. */
export const packHalf = defineKernel<HalfAttributes>({
  name: 'packHalf',
  summary: 'f32 numbers as half precision, clamped to its range.',
  formula: 'output = half(min(max(input, -65504), 65504))',
  source: SOURCE,
  inputs: [{ name: 'input', dtype: 'f32', summary: 'tensor [count]' }],
  outputs: [{ name: 'output', dtype: 'f16', summary: 'tensor [count]' }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('packHalf', 'count', count);
    return { input: [count], output: [count] };
  },
  reference: (_, { input = new Float64Array() }) => ({ output: input.map((value) => Math.min(65_504, Math.max(-65_504, value))) }),
  cost: ({ count }) => ({ flops: 0, bytes: 6 * count }),
  variants: [
    {
      id: 'pairs',
      summary: 'One invocation per two elements.',
      accepts: () => true,
      passes: ({ count }) => [
        {
          shader: { path: 'half/pack.wgsl', source: packShader },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, 2 * WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'Storage only.' },
  samples: SAMPLES,
  largeSamples: LARGE_SAMPLES,
  // Half precision has 11 bits: half a unit in the last place of a value near 1 is 2^-11 (2^-10 if rounded the other way).
  tolerance: () => 2e-3,
});

/** Half precision to f32, without needing shader-f16. */
export const unpackHalf = defineKernel<HalfAttributes>({
  name: 'unpackHalf',
  summary: 'Half-precision numbers as f32, exactly.',
  formula: 'output = input',
  source: SOURCE,
  inputs: [{ name: 'input', dtype: 'f16', summary: 'tensor [count]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'tensor [count]' }],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('unpackHalf', 'count', count);
    return { input: [count], output: [count] };
  },
  reference: (_, { input = new Float64Array() }) => ({ output: Float64Array.from(input) }),
  cost: ({ count }) => ({ flops: 0, bytes: 6 * count }),
  variants: [
    {
      id: 'pairs',
      summary: 'One invocation per two elements.',
      accepts: () => true,
      passes: ({ count }) => [
        {
          shader: { path: 'half/unpack.wgsl', source: unpackShader },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, 2 * WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'Storage only.' },
  samples: SAMPLES,
  largeSamples: LARGE_SAMPLES,
  // Numbers that half precision holds exactly.
  generate: ({ count }, uniform) => ({ input: Float64Array.from({ length: count }, () => Math.round(uniform(-1, 1) * 1_024) / 1_024) }),
});
