/** The stages of a Winograd convolution on their own: filter, input transform, products, output transform. */
import type { Attributes, Cost, Pass, Variant } from '../../engine/contract.js';
import { defineKernel } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv } from '../../engine/grid.js';
import { conv3x3BiasRelu } from '../../kernels/index.js';
import { METHODS_BY_ID } from './winograd-work.js';

const STAGES = ['filter', 'input', 'products', 'output'] as const;
type Stage = (typeof STAGES)[number];

type ConvolutionAttributes = Parameters<typeof conv3x3BiasRelu.cost>[0];
type Convolution = Variant<ConvolutionAttributes>;

const isWinograd = ({ id }: Convolution): boolean => id.startsWith('winograd-');

/** The passes of a variant's forward direction lie strip by strip, three a strip. */
function stagePasses(variant: Convolution, stage: Stage, attributes: ConvolutionAttributes, device: DeviceTraits): readonly Pass[] {
  if (stage === 'filter') return variant.prepare?.(attributes, device).passes ?? [];
  const wanted = STAGES.indexOf(stage) - 1;
  return variant.passes(attributes, device).filter((_, index) => index % 3 === wanted);
}

function stageVariant(variant: Convolution, stage: Stage): Convolution {
  return {
    id: `${variant.id}/${stage}`,
    summary: `The ${stage} stage of ${variant.id}, all strips.`,
    accepts: (attributes, device) => variant.accepts(attributes, device),
    preference: (attributes, device) => variant.preference?.(attributes, device) ?? 0,
    ...(stage === 'filter' || variant.prepare === undefined ? {} : { prepare: variant.prepare.bind(variant) }),
    scratch: (attributes, device) =>
      stage === 'filter' ? (variant.prepare?.(attributes, device).tensors ?? {}) : (variant.scratch?.(attributes, device) ?? {}),
    passes: (attributes, device) => stagePasses(variant, stage, attributes, device),
  };
}

/** The convolution with its stages as variants. They write parts of the result only: the whole variants are checked. */
export const winogradStages = defineKernel<ConvolutionAttributes>({
  ...conv3x3BiasRelu,
  name: 'winogradStages',
  summary: 'The stages of a Winograd convolution on their own.',
  variants: conv3x3BiasRelu.variants.filter(isWinograd).flatMap((variant) => STAGES.map((stage) => stageVariant(variant, stage))),
  gradient: { none: 'A stage is no function of the inputs alone.' },
});

/** Least arithmetic and traffic of one stage. Only products count as operations: the transforms wait for memory. */
export function stageCost(attributes: Attributes, id: string): Cost {
  const { height, width, inChannels, outChannels } = attributes as ConvolutionAttributes;
  const [variant = '', stage] = id.split('/');
  const { tile, points } = METHODS_BY_ID[variant.startsWith('winograd-f2') ? 'f2' : 'f4'];
  const tiles = ceilDiv(height, tile) * ceilDiv(width, tile);
  const filter = points * inChannels * outChannels;
  switch (stage as Stage) {
    case 'filter':
      return { flops: 0, bytes: 4 * (9 * inChannels * outChannels + filter) };
    case 'input':
      return { flops: 0, bytes: 4 * inChannels * (height * width + points * tiles) };
    case 'products':
      return { flops: 2 * tiles * filter, bytes: 4 * (points * tiles * (inChannels + outChannels) + filter) };
    case 'output':
      return { flops: 0, bytes: 4 * outChannels * (height * width + points * tiles) };
  }
}
