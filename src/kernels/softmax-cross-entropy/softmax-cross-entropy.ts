import row from '../../../shaders/softmax-cross-entropy/row.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Examples, classes, and the factor of the gradient: 1 / batch for a mean. */
export type SoftmaxCrossEntropyAttributes = { readonly batch: number; readonly classes: number; readonly scale: number };

const WORKGROUP = 16;

/** A label that marks an example of no account, such as the filling of a last batch. */
export const NO_LABEL = 0xffff_ffff;

/** The definition, in float64. */
export function softmaxCrossEntropyReference({ batch, classes, scale }: SoftmaxCrossEntropyAttributes, values: Values): Values {
  const { logits = new Float64Array(), labels = new Float64Array(), weights = new Float64Array() } = values;
  const probabilities = new Float64Array(batch * classes);
  const gradient = new Float64Array(batch * classes);
  const losses = new Float64Array(batch);
  const hits = new Float64Array(batch);
  for (let b = 0; b < batch; b++) {
    const rowLogits = logits.subarray(b * classes, (b + 1) * classes);
    const label = labels[b] ?? 0;
    const largest = Math.max(...rowLogits);
    const sum = rowLogits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    const weight = label < classes ? (weights[b] ?? 0) : 0;
    rowLogits.forEach((logit, c) => {
      const probability = Math.exp(logit - largest) / sum;
      probabilities[b * classes + c] = probability;
      gradient[b * classes + c] = scale * weight * (probability - (c === label ? 1 : 0));
    });
    losses[b] = label < classes ? weight * (Math.log(sum) + largest - (rowLogits[label] ?? 0)) : 0;
    hits[b] = rowLogits.indexOf(largest) === label ? 1 : 0;
  }
  return { probabilities, losses, hits, gradient };
}

/** Softmax, cross-entropy from sparse labels, its gradient to the logits, and hits. */
export const softmaxCrossEntropy = defineKernel<SoftmaxCrossEntropyAttributes>({
  name: 'softmaxCrossEntropy',
  summary: 'Softmax with cross-entropy from sparse labels: probabilities, losses, hits and the gradient to the logits.',
  formula:
    'p = softmax(logits); losses[b] = -weights[b] log p[b, labels[b]]; gradient = scale weights[b] (p - onehot(labels)); hits[b] = 1 where the largest p is the label’s',
  source: 'Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.',
  inputs: [
    { name: 'logits', dtype: 'f32', summary: 'outputs of the last layer [batch, classes]' },
    { name: 'labels', dtype: 'u32', summary: 'class numbers [batch]; at or past classes: an example of no account' },
    { name: 'weights', dtype: 'f32', summary: 'weight of each example [batch]' },
  ],
  outputs: [
    { name: 'probabilities', dtype: 'f32', summary: 'softmax [batch, classes]' },
    { name: 'losses', dtype: 'f32', summary: 'weighted losses [batch]' },
    { name: 'hits', dtype: 'f32', summary: '1 or 0 [batch]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of scale · Σ losses to the logits [batch, classes]' },
  ],
  attributes: { batch: 'examples', classes: 'classes', scale: 'factor of the gradient' },
  shapes({ batch, classes }) {
    requireInteger('softmaxCrossEntropy', 'batch', batch);
    requireInteger('softmaxCrossEntropy', 'classes', classes);
    const map = [batch, classes];
    return { logits: map, labels: [batch], weights: [batch], probabilities: map, losses: [batch], hits: [batch], gradient: map };
  },
  reference: softmaxCrossEntropyReference,
  cost: ({ batch, classes }) => ({ flops: 8 * batch * classes, bytes: 12 * batch * classes }),
  variants: [
    {
      id: 'row',
      summary: 'One invocation per example.',
      accepts: () => true,
      passes: ({ batch, classes, scale }) => [
        {
          shader: { path: 'softmax-cross-entropy/row.wgsl', source: row },
          constants: { WORKGROUP },
          params: { batch, classes, scale },
          workgroups: linearWorkgroups(ceilDiv(batch, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'The kernel computes its own gradient.' },
  samples: [
    { batch: 1, classes: 1, scale: 1 },
    { batch: 7, classes: 2, scale: 0.5 },
    { batch: 33, classes: 120, scale: 1 / 33 },
    { batch: 17, classes: 1_001, scale: 1 / 17 },
  ],
  largeSamples: [{ batch: 65_537 * WORKGROUP + 1, classes: 2, scale: 1 }],
  generate: ({ batch, classes }, uniform) => ({
    logits: Float64Array.from({ length: batch * classes }, () => uniform(-12, 12)),
    labels: Float64Array.from({ length: batch }, (_, b) => (b % 5 === 4 ? NO_LABEL : Math.floor(uniform(0, classes)))),
    weights: Float64Array.from({ length: batch }, () => uniform(0.5, 2)),
  }),
  tolerance: () => 1e-4,
});
