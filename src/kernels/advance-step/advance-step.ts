import singleInvocation from '../../../shaders/advance-step/single-invocation.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';

/** There is nothing to choose. */
export type AdvanceStepAttributes = Readonly<Record<string, never>>;

/** Adds one to the step counter. */
export const advanceStep = defineKernel<AdvanceStepAttributes>({
  name: 'advanceStep',
  summary: 'Adds one to the step counter that optimiser and loss ring read.',
  formula: 'step += 1',
  source: 'A counter on the GPU lets one recorded program be replayed without writing anything per step.',
  inputs: [],
  outputs: [{ name: 'step', dtype: 'u32', summary: 'number of finished steps [1]', inPlace: true }],
  attributes: {},
  shapes: () => ({ step: [1] }),
  reference: (_, { step = new Float64Array() }) => ({ step: step.map((value) => value + 1) }),
  cost: () => ({ flops: 1, bytes: 8 }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation.',
      accepts: () => true,
      passes: () => [{ shader: { path: 'advance-step/single-invocation.wgsl', source: singleInvocation }, workgroups: { x: 1, y: 1, z: 1 } }],
    },
  ],
  gradient: { none: 'It counts.' },
  samples: [{}],
  generate: (_, uniform) => ({ step: Float64Array.of(Math.floor(uniform(0, 5_000))) }),
});
