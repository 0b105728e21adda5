import sumPartials from '../../../shaders/gram-loss/sum-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { GRAM_TILE, gramReference, partialsBytes, partialsPass, planSplitK, requireGramAttributes, type GramAttributes } from '../gram/split-k.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumPass } from '../sum/passes.js';

/** The Gram matrix's difference to its target and the mean of its squares, in float64. */
export function gramLossReference(attributes: GramAttributes, values: Values): Values {
  const { features = new Float64Array(), target = new Float64Array(), normaliser = new Float64Array() } = values;
  const difference = gramReference(attributes, features).map((value, index) => value - (target[index] ?? 0));
  const mean = difference.reduce((total, value) => total + value * value, 0) / difference.length;
  return { difference, loss: Float64Array.of((normaliser[0] ?? 0) * mean) };
}

function sumInvocations(attributes: GramAttributes): number {
  return stridedInvocations(planSplitK(attributes).tiles * GRAM_TILE * GRAM_TILE);
}

/** Style loss of one tap. */
export const gramLoss = defineKernel<GramAttributes>({
  name: 'gramLoss',
  summary: 'Style loss of one tap: Gram matrix, its difference to the target and the normalised mean square, fused.',
  formula: 'difference = featuresᵀ · features / positions - target; loss = normaliser * mean(difference^2)',
  source: 'Gatys, Ecker, Bethge, "A neural algorithm of artistic style", 2015, with means in the place of sums.',
  inputs: [
    { name: 'features', dtype: 'f32', summary: 'feature map [positions, channels]' },
    { name: 'target', dtype: 'f32', summary: 'Gram matrix to reach [channels, channels]' },
    { name: 'normaliser', dtype: 'f32', summary: 'factor of the loss [1]' },
  ],
  outputs: [
    { name: 'difference', dtype: 'f32', summary: 'gram - target, unscaled [channels, channels]' },
    { name: 'loss', dtype: 'f32', summary: 'normaliser * mean(difference^2) [1]' },
  ],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes(attributes) {
    requireGramAttributes('gramLoss', attributes);
    const { positions, channels } = attributes;
    return { features: [positions, channels], target: [channels, channels], normaliser: [1], difference: [channels, channels], loss: [1] };
  },
  reference: gramLossReference,
  cost: ({ positions, channels }) => ({
    flops: positions * channels * (channels + 1) + 3 * channels * channels,
    bytes: 4 * (positions * channels + 2 * channels * channels),
  }),
  variants: [
    {
      id: 'symmetric-split-k',
      summary: 'Upper-triangle tiles of 8×8 in registers over slices of positions; a second pass adds the slices in order, subtracts and mirrors.',
      accepts: () => true,
      scratch: (attributes) => ({ partials: partialsBytes(planSplitK(attributes)), losses: sumInvocations(attributes) * 4 }),
      passes: (attributes) => {
        const { slices } = planSplitK(attributes);
        const { channels, positions } = attributes;
        const invocations = sumInvocations(attributes);
        return [
          partialsPass(attributes),
          {
            shader: { path: 'gram-loss/sum-partials.wgsl', source: sumPartials },
            constants: { WORKGROUP: STRIDED_WORKGROUP },
            params: { channels, slices, invocations, scale: 1 / positions, mean: 1 / (channels * channels) },
            workgroups: stridedWorkgroups(invocations),
            bind: { target_gram: 'target' },
          },
          sumPass(invocations, 'losses', 'loss'),
        ];
      },
    },
  ],
  gradient: { kernel: 'gramLossGradient', summary: 'From the difference, with normaliser times the style weight as its weight.' },
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
