/** The two probes behind the roofline (Williams, Waterman, Patterson, "Roofline", 2009), as kernels like any other. */
import copyText from '../../../shaders/probe/copy.wgsl?raw';
import scalarText from '../../../shaders/probe/multiply-add.wgsl?raw';
import vectorText from '../../../shaders/probe/multiply-add-vec4.wgsl?raw';
import { defineKernel, type Shader, type Variant } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Invocations of the multiply-add probe, and multiply-adds of one chain. */
export type MultiplyAddAttributes = { readonly invocations: number; readonly rounds: number };
/** Elements that are copied, a multiple of 4. */
export type CopyAttributes = { readonly count: number };

const FACTOR = 0.984375;
const STEP = 0.015625;
const CHAINS = 8;
const WORKGROUPS = [16, 64, 256] as const;

function multiplyAddVariant(form: 'scalar' | 'vec4', shader: Shader, workgroup: number): Variant<MultiplyAddAttributes> {
  return {
    id: `${form}-${String(workgroup)}`,
    summary: `8 chains as ${form === 'vec4' ? 'two vectors' : 'scalars'}, ${String(workgroup)} invocations a workgroup.`,
    accepts: (_, { limits }) => workgroup <= limits.maxComputeInvocationsPerWorkgroup || 'the workgroup is too large for the device',
    passes: ({ invocations, rounds }) => [
      {
        shader,
        constants: { WORKGROUP: workgroup, ROUNDS: rounds },
        params: { factor: FACTOR, step: STEP },
        workgroups: { x: ceilDiv(invocations, workgroup), y: 1, z: 1 },
      },
    ],
  };
}

/** Multiply-adds that wait for nothing. */
export const multiplyAddProbe = defineKernel<MultiplyAddAttributes>({
  name: 'multiplyAddProbe',
  summary: 'Chains of multiply-adds that wait for nothing: the ceiling of arithmetic.',
  formula: 'sums[i] = Σ over c of x after rounds of x = factor · x + step from start[i] + c',
  source: 'Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore architectures", 2009.',
  inputs: [{ name: 'start', dtype: 'f32', summary: 'start of the chains [invocations]' }],
  outputs: [{ name: 'sums', dtype: 'f32', summary: 'sums of the chains [invocations]' }],
  attributes: { invocations: 'invocations', rounds: 'multiply-adds of a chain' },
  shapes({ invocations, rounds }) {
    requireInteger('multiplyAddProbe', 'invocations', invocations);
    requireInteger('multiplyAddProbe', 'rounds', rounds);
    return { start: [invocations], sums: [invocations] };
  },
  reference: ({ rounds }, { start = new Float64Array() }) => ({
    sums: start.map((first) => {
      let sum = 0;
      for (let chain = 0; chain < CHAINS; chain++) {
        let x = first + chain;
        for (let round = 0; round < rounds; round++) x = x * FACTOR + STEP;
        sum += x;
      }
      return sum;
    }),
  }),
  cost: ({ invocations, rounds }) => ({ flops: 2 * CHAINS * rounds * invocations, bytes: 8 * invocations }),
  variants: WORKGROUPS.flatMap((workgroup) => [
    multiplyAddVariant('scalar', { path: 'probe/multiply-add.wgsl', source: scalarText }, workgroup),
    multiplyAddVariant('vec4', { path: 'probe/multiply-add-vec4.wgsl', source: vectorText }, workgroup),
  ]),
  gradient: { none: 'It only measures.' },
  samples: [{ invocations: 67, rounds: 32 }],
  tolerance: () => 1e-4,
});

/** A copy. */
export const copyProbe = defineKernel<CopyAttributes>({
  name: 'copyProbe',
  summary: 'A copy: the ceiling of traffic.',
  formula: 'output = input',
  source: 'McCalpin, "Memory bandwidth and machine balance in current high performance computers", 1995 (STREAM).',
  inputs: [{ name: 'input', dtype: 'f32', summary: 'values [count]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'the same [count]' }],
  attributes: { count: 'elements, a multiple of 4' },
  shapes({ count }) {
    requireInteger('copyProbe', 'count / 4', count / 4);
    return { input: [count], output: [count] };
  },
  reference: (_, { input = new Float64Array() }) => ({ output: input }),
  cost: ({ count }) => ({ flops: 0, bytes: 8 * count }),
  variants: WORKGROUPS.map((workgroup) => ({
    id: `vec4-${String(workgroup)}`,
    summary: `One vec4 an invocation, ${String(workgroup)} invocations a workgroup.`,
    accepts: (_, { limits }) => workgroup <= limits.maxComputeInvocationsPerWorkgroup || 'the workgroup is too large for the device',
    passes: ({ count }, { limits }) => [
      {
        shader: { path: 'probe/copy.wgsl', source: copyText },
        constants: { WORKGROUP: workgroup },
        params: { count: count / 4 },
        workgroups: linearWorkgroups(ceilDiv(count / 4, workgroup), limits.maxComputeWorkgroupsPerDimension),
      },
    ],
  })),
  gradient: { none: 'It only measures.' },
  samples: [{ count: 268 }],
  tolerance: () => 0,
});
