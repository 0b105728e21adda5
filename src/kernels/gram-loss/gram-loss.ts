import sumPartials from '../../../shaders/gram-loss/sum-partials.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import {
  GRAM_LARGE_SAMPLES,
  GRAM_SAMPLES,
  GRAM_TILE,
  gramReference,
  PARTIALS_METHODS,
  partialsBytes,
  partialsPass,
  planSplitK,
  requireGramAttributes,
  type GramAttributes,
  type SplitK,
} from '../gram/split-k.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups, sumMethodFor, sumPass } from '../sum/passes.js';

/** The Gram matrix's difference to its target and the mean of its squares, in float64. */
export function gramLossReference(attributes: GramAttributes, values: Values): Values {
  const { features = new Float64Array(), target = new Float64Array(), normaliser = new Float64Array() } = values;
  const difference = gramReference(attributes, features).map((value, index) => value - (target[index] ?? 0));
  const mean = difference.reduce((total, value) => total + value * value, 0) / difference.length;
  return { difference, loss: Float64Array.of((normaliser[0] ?? 0) * mean) };
}

function sumInvocations({ tiles }: SplitK): number {
  return stridedInvocations(tiles * GRAM_TILE * GRAM_TILE);
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
  half: ['features'],
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
  variants: PARTIALS_METHODS.map((method) => ({
    ...method,
    summary: `${method.summary} A second pass adds the slices in order, subtracts and mirrors, a third sums the loss.`,
    scratch: (attributes, device) => {
      const plan = planSplitK(attributes, method.id, device);
      return { partials: partialsBytes(plan), losses: sumInvocations(plan) * 4 };
    },
    passes: (attributes, device) => {
      const plan = planSplitK(attributes, method.id, device);
      const { channels, positions } = attributes;
      const invocations = sumInvocations(plan);
      return [
        partialsPass(attributes, method.id, device),
        {
          shader: { path: 'gram-loss/sum-partials.wgsl', source: sumPartials },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { channels, slices: plan.slices, invocations, scale: 1 / positions, mean: 1 / (channels * channels) },
          workgroups: stridedWorkgroups(invocations),
          bind: { target_gram: 'target' },
        },
        sumPass(sumMethodFor(device), invocations, 'losses', 'loss'),
      ];
    },
  })),
  gradient: { kernel: 'gramLossGradient', summary: 'From the difference, with normaliser times the style weight as its weight.' },
  samples: GRAM_SAMPLES,
  largeSamples: GRAM_LARGE_SAMPLES,
});
