import elementwise from '../../../shaders/cast/elementwise.wgsl?raw';
import vec4 from '../../../shaders/cast/vec4.wgsl?raw';
import { defineKernel, type Pass, type Shader } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many elements. */
export type CastAttributes = { readonly count: number };

const WORKGROUP = 64;

function copyPass(shader: Shader, count: number, { limits }: DeviceTraits): Pass {
  return {
    shader,
    constants: { WORKGROUP },
    params: { count },
    workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), limits.maxComputeWorkgroupsPerDimension),
  };
}

/** The same numbers in another tensor: a feature map goes on in f32, what is kept of it for the way back is half. */
export const cast = defineKernel<CastAttributes>({
  name: 'cast',
  summary: 'The same numbers in a tensor that may be stored in another precision.',
  formula: 'output = input',
  source: 'By definition.',
  inputs: [{ name: 'input', dtype: 'f32', summary: 'tensor [count]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'tensor [count]' }],
  half: ['input', 'output'],
  attributes: { count: 'elements' },
  shapes({ count }) {
    requireInteger('cast', 'count', count);
    return { input: [count], output: [count] };
  },
  reference: (_, { input = new Float64Array() }) => ({ output: Float64Array.from(input) }),
  cost: ({ count }) => ({ flops: 0, bytes: 8 * count }),
  variants: [
    {
      id: 'vec4',
      summary: 'One invocation per four elements.',
      accepts: ({ count }) => (count % 4 === 0 ? true : 'needs a multiple of 4 elements'),
      passes: ({ count }, device) => [copyPass({ path: 'cast/vec4.wgsl', source: vec4 }, count / 4, device)],
    },
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }, device) => [copyPass({ path: 'cast/elementwise.wgsl', source: elementwise }, count, device)],
    },
  ],
  gradient: { none: 'The gradient is the incoming one.' },
  samples: [{ count: 1 }, { count: 4 }, { count: 63 }, { count: 260 }, { count: 10_007 }, { count: 10_008 }],
  largeSamples: [{ count: 65_537 * WORKGROUP + 3 }, { count: 65_537 * WORKGROUP * 4 }],
});
