import sumPartials from '../../../shaders/gram/sum-partials.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups } from '../sum/passes.js';
import { GRAM_TILE, gramReference, partialsBytes, partialsPass, planSplitK, requireGramAttributes, type GramAttributes } from './split-k.js';

export type { GramAttributes } from './split-k.js';

/** Gram matrix of a feature map. */
export const gram = defineKernel<GramAttributes>({
  name: 'gram',
  summary: 'Gram matrix of a feature map: how often channels are active together, wherever that is.',
  formula: 'gram[i, j] = sum over positions p of features[p, i] * features[p, j] / positions',
  source: 'Gatys, Ecker, Bethge, "A neural algorithm of artistic style", 2015, divided by the number of positions.',
  inputs: [{ name: 'features', dtype: 'f32', summary: 'feature map [positions, channels]' }],
  outputs: [{ name: 'gram', dtype: 'f32', summary: 'Gram matrix [channels, channels], symmetric to the bit' }],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes(attributes) {
    requireGramAttributes('gram', attributes);
    const { positions, channels } = attributes;
    return { features: [positions, channels], gram: [channels, channels] };
  },
  reference: (attributes, { features = new Float64Array() }) => ({ gram: gramReference(attributes, features) }),
  cost: ({ positions, channels }) => ({ flops: positions * channels * (channels + 1), bytes: 4 * (positions * channels + channels * channels) }),
  variants: [
    {
      id: 'symmetric-split-k',
      summary: 'Upper-triangle tiles of 8×8 in registers over slices of positions; a second pass adds the slices in order and mirrors.',
      accepts: () => true,
      scratch: (attributes) => ({ partials: partialsBytes(planSplitK(attributes)) }),
      passes: (attributes) => {
        const { tiles, slices } = planSplitK(attributes);
        const invocations = stridedInvocations(tiles * GRAM_TILE * GRAM_TILE);
        return [
          partialsPass(attributes),
          {
            shader: { path: 'gram/sum-partials.wgsl', source: sumPartials },
            constants: { WORKGROUP: STRIDED_WORKGROUP },
            params: { channels: attributes.channels, slices, invocations, scale: 1 / attributes.positions },
            workgroups: stridedWorkgroups(invocations),
          },
        ];
      },
    },
  ],
  gradient: { kernel: 'gramLossGradient', summary: 'With the gradient of the Gram matrix in the place of the difference.' },
  samples: [
    { positions: 1, channels: 1 },
    { positions: 1, channels: 8 },
    { positions: 3, channels: 7 },
    { positions: 63, channels: 9 },
    { positions: 64, channels: 12 },
    { positions: 65, channels: 16 },
    { positions: 1_031, channels: 3 },
    { positions: 12, channels: 131 },
    { positions: 2_049, channels: 24 },
  ],
  largeSamples: [
    { positions: 262_144, channels: 4 },
    { positions: 4_096, channels: 64 },
  ],
});
