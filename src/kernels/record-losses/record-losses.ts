import singleInvocation from '../../../shaders/record-losses/single-invocation.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';

/** Numbers of loss terms, slots of the ring, and elements from one term to the next. */
export type RecordLossesAttributes = { readonly styleTerms: number; readonly contentTerms: number; readonly capacity: number; readonly stride: number };

/** Numbers per entry of the ring: style, content, total variation, weighted total. */
export const LOSS_ENTRY = 4;

/** The ring with the entry of this step. */
export function recordLossesReference({ styleTerms, contentTerms, capacity, stride }: RecordLossesAttributes, values: Values): Values {
  const empty = new Float64Array();
  const { styleLosses = empty, contentLosses = empty, contentFactors = empty, tv = empty, weights = empty, step = empty, ring: before = empty } = values;
  const total = (losses: Float64Array, terms: number, factors?: Float64Array): number => {
    let sum = 0;
    for (let term = 0; term < terms; term++) sum += (losses[term * stride] ?? 0) * (factors === undefined ? 1 : (factors[term] ?? 0));
    return sum;
  };
  const entry = [total(styleLosses, styleTerms), total(contentLosses, contentTerms, contentFactors), tv[0] ?? 0];
  const weighted = entry.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);
  const ring = Float64Array.from(before);
  ring.set([...entry, weighted], ((step[0] ?? 0) % capacity) * LOSS_ENTRY);
  return { ring };
}

/** The losses of one step, written into a ring on the GPU. */
export const recordLosses = defineKernel<RecordLossesAttributes>({
  name: 'recordLosses',
  summary: 'Sums the loss terms of a step and writes them into a ring, from which they are read without waiting.',
  formula: 'ring[step mod capacity] = (sum of style terms, sum of factor * content term, tv, weighted total)',
  source: 'Losses are read a few steps late, so that no step waits for the CPU.',
  inputs: [
    { name: 'styleLosses', dtype: 'f32', summary: 'style terms, term k at element k * stride [max(1, styleTerms * stride)]' },
    { name: 'contentLosses', dtype: 'f32', summary: 'content terms, term k at element k * stride [max(1, contentTerms * stride)]' },
    { name: 'contentFactors', dtype: 'f32', summary: 'factor of each content term [max(1, contentTerms)]' },
    { name: 'tv', dtype: 'f32', summary: 'total variation [1]' },
    { name: 'weights', dtype: 'f32', summary: 'weights of style, content and total variation [3]' },
    { name: 'step', dtype: 'u32', summary: 'number of finished steps [1]' },
  ],
  outputs: [{ name: 'ring', dtype: 'f32', summary: 'entries of style, content, tv and total [capacity, 4]', inPlace: true }],
  attributes: {
    styleTerms: 'number of style terms',
    contentTerms: 'number of content terms',
    capacity: 'entries of the ring',
    stride: 'elements from one term to the next',
  },
  shapes({ styleTerms, contentTerms, capacity, stride }) {
    requireInteger('recordLosses', 'styleTerms', styleTerms, 0);
    requireInteger('recordLosses', 'contentTerms', contentTerms, 0);
    requireInteger('recordLosses', 'capacity', capacity);
    requireInteger('recordLosses', 'stride', stride);
    return {
      styleLosses: [Math.max(1, styleTerms * stride)],
      contentLosses: [Math.max(1, contentTerms * stride)],
      contentFactors: [Math.max(1, contentTerms)],
      tv: [1],
      weights: [3],
      step: [1],
      ring: [capacity, LOSS_ENTRY],
    };
  },
  reference: recordLossesReference,
  cost: ({ styleTerms, contentTerms }) => ({ flops: styleTerms + contentTerms + 5, bytes: 4 * (styleTerms + contentTerms + 9) }),
  variants: [
    {
      id: 'single-invocation',
      summary: 'One invocation; there are a dozen terms at most.',
      accepts: () => true,
      passes: ({ styleTerms, contentTerms, capacity, stride }) => [
        {
          shader: { path: 'record-losses/single-invocation.wgsl', source: singleInvocation },
          params: { style_terms: styleTerms, content_terms: contentTerms, capacity, stride },
          workgroups: { x: 1, y: 1, z: 1 },
        },
      ],
    },
  ],
  gradient: { none: 'It only reports.' },
  samples: [
    { styleTerms: 0, contentTerms: 0, capacity: 1, stride: 64 },
    { styleTerms: 5, contentTerms: 1, capacity: 7, stride: 64 },
    { styleTerms: 16, contentTerms: 3, capacity: 64, stride: 64 },
    { styleTerms: 2, contentTerms: 2, capacity: 3, stride: 1 },
  ],
  generate: (_, uniform) => ({ step: Float64Array.of(Math.floor(uniform(0, 5_000))) }),
});
