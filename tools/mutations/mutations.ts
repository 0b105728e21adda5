/** Bugs that a tired person could write, each in one WGSL file. The tests of the kernel must catch every one. */
export interface Mutation {
  readonly kernel: string;
  readonly variant: string;
  /** Path below shaders/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly bug: string;
}

/** At least one in each of five kernels; the first of each kernel runs with every test run. */
export const MUTATIONS: readonly Mutation[] = [
  {
    kernel: 'gram',
    variant: 'symmetric-split-k',
    file: 'gram/symmetric-split-k.wgsl',
    find: 'position < params.positions',
    replace: 'position + 1u < params.positions',
    bug: 'the last position is left out',
  },
  {
    kernel: 'gram',
    variant: 'symmetric-split-k',
    file: 'gram/symmetric-split-k.wgsl',
    find: 'min(row * 2u + 1u, quads - 1u)',
    replace: 'min(row * 2u, quads - 1u)',
    bug: 'the second quad of rows repeats the first',
  },
  {
    kernel: 'gram',
    variant: 'symmetric-split-k',
    file: 'gram/sum-partials.wgsl',
    find: 'slice < params.slices',
    replace: 'slice + 1u < params.slices',
    bug: 'the last slice is left out',
  },
  {
    kernel: 'gram',
    variant: 'symmetric-split-k',
    file: 'gram/sum-partials.wgsl',
    find: 'if (row != column)',
    replace: 'if (row == column)',
    bug: 'the lower triangle is not written',
  },
  {
    kernel: 'gramLoss',
    variant: 'symmetric-split-k',
    file: 'gram-loss/sum-partials.wgsl',
    find: 'loss += below * below;',
    replace: '',
    bug: 'the lower triangle is missing in the loss',
  },
  {
    kernel: 'gramLoss',
    variant: 'symmetric-split-k',
    file: 'gram-loss/sum-partials.wgsl',
    find: '* normaliser[0]',
    replace: '',
    bug: 'the loss is not normalised',
  },
  {
    kernel: 'gramLossGradient',
    variant: 'register-tile',
    file: 'gram-loss-gradient/register-tile.wgsl',
    find: 'gradient[at + high] += factor',
    replace: 'gradient[at + high] = factor',
    bug: 'the running gradient is overwritten',
  },
  {
    kernel: 'gramLossGradient',
    variant: 'subgroup-broadcast',
    file: 'gram-loss-gradient/subgroup-broadcast.wgsl',
    find: 'subgroupBroadcast(own_high, 3u)',
    replace: 'subgroupBroadcast(own_high, 2u)',
    bug: 'a row is broadcast twice',
  },
  {
    kernel: 'adam',
    variant: 'elementwise',
    file: 'adam/elementwise.wgsl',
    find: '% params.capacity',
    replace: '% (params.capacity + 1u)',
    bug: 'the schedule is read past its end',
  },
  { kernel: 'adam', variant: 'elementwise', file: 'adam/elementwise.wgsl', find: 'clamp(x, 0.0, 1.0)', replace: 'max(x, 0.0)', bug: 'no upper clip' },
  {
    kernel: 'totalVariation',
    variant: 'strided',
    file: 'total-variation/strided.wgsl',
    find: 'column >= params.channels',
    replace: 'column > params.channels',
    bug: 'the left neighbour of the second column is left out',
  },
  {
    kernel: 'totalVariation',
    variant: 'strided',
    file: 'total-variation/strided.wgsl',
    find: 'i + row < count',
    replace: 'i + row < count - 1u',
    bug: 'the last element has no difference above',
  },
  {
    kernel: 'contentLoss',
    variant: 'strided',
    file: 'content-loss/mse.wgsl',
    find: 'let factor = 2.0 *',
    replace: 'let factor =',
    bug: 'the factor 2 of the derivative is missing',
  },
  {
    kernel: 'maxPool2x2Gradient',
    variant: 'windows',
    file: 'pool2x2/maximum-gradient.wgsl',
    find: 'input[right] > value',
    replace: 'input[right] >= value',
    bug: 'the last of equal maxima takes the gradient',
  },
  {
    kernel: 'recordLosses',
    variant: 'single-invocation',
    file: 'record-losses/single-invocation.wgsl',
    find: 'weights[1] * content',
    replace: 'weights[0] * content',
    bug: 'content is weighted as style',
  },
  {
    kernel: 'sum',
    variant: 'strided-subgroup',
    file: 'sum/subgroup.wgsl',
    find: 'sums[local] = together',
    replace: 'sums[0] = together',
    bug: 'subgroups overwrite one another',
  },
];
