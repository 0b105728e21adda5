import sumPartials from '../../../shaders/gram/sum-partials.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { STRIDED_WORKGROUP, stridedInvocations, stridedWorkgroups } from '../sum/passes.js';
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
} from './split-k.js';

export type { GramAttributes } from './split-k.js';

/** Gram matrix of a feature map. */
export const gram = defineKernel<GramAttributes>({
  name: 'gram',
  summary: 'Gram matrix of a feature map: how often channels are active together, wherever that is.',
  formula: 'gram[i, j] = sum over positions p of features[p, i] * features[p, j] / positions',
  source: 'Gatys, Ecker, Bethge, "A neural algorithm of artistic style", 2015, divided by the number of positions.',
  inputs: [{ name: 'features', dtype: 'f32', summary: 'feature map [positions, channels]' }],
  outputs: [{ name: 'gram', dtype: 'f32', summary: 'Gram matrix [channels, channels], symmetric to the bit' }],
  half: ['features'],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes(attributes) {
    requireGramAttributes('gram', attributes);
    const { positions, channels } = attributes;
    return { features: [positions, channels], gram: [channels, channels] };
  },
  reference: (attributes, { features = new Float64Array() }) => ({ gram: gramReference(attributes, features) }),
  cost: ({ positions, channels }) => ({ flops: positions * channels * (channels + 1), bytes: 4 * (positions * channels + channels * channels) }),
  variants: PARTIALS_METHODS.map((method) => ({
    ...method,
    summary: `${method.summary} A second pass adds the slices in order and mirrors.`,
    scratch: (attributes, device) => ({ partials: partialsBytes(planSplitK(attributes, method.id, device)) }),
    passes: (attributes, device) => {
      const { tiles, slices } = planSplitK(attributes, method.id, device);
      const invocations = stridedInvocations(tiles * GRAM_TILE * GRAM_TILE);
      return [
        partialsPass(attributes, method.id, device),
        {
          shader: { path: 'gram/sum-partials.wgsl', source: sumPartials },
          constants: { WORKGROUP: STRIDED_WORKGROUP },
          params: { channels: attributes.channels, slices, invocations, scale: 1 / attributes.positions },
          workgroups: stridedWorkgroups(invocations),
        },
      ];
    },
  })),
  gradient: { kernel: 'gramLossGradient', summary: 'With the gradient of the Gram matrix in the place of the difference.' },
  samples: GRAM_SAMPLES,
  largeSamples: GRAM_LARGE_SAMPLES,
});
