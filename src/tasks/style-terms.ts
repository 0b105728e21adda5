/** The terms of the style loss: which there are, and how one is recorded with its gradient. */
import type { ProgramBuilder, TensorHandle } from '../engine/program.js';
import {
  addRow,
  addScaledRow,
  columnSum,
  featureCovariance,
  gram,
  gramLoss,
  gramLossGradient,
  matrixSquareRoot,
  pointwiseConv,
  scaleRows,
  wassersteinTerm,
} from '../kernels/run.js';
import type { StyleTransferSettings } from './settings.js';

/** One term: a statistic of one tap, over the whole picture or one region of it. */
export interface StyleTerm {
  /** The tap's name, with the number of the region where there are regions. */
  readonly id: string;
  readonly layer: string;
  readonly weight: number;
  readonly region: number | undefined;
}

/** The terms that settings ask for, in the order of their loss slots. */
export function styleTerms({ styleLayers, regions = 0 }: Pick<StyleTransferSettings, 'styleLayers' | 'regions'>): StyleTerm[] {
  if (regions === 0) return styleLayers.map(({ layer, weight }) => ({ id: layer, layer, weight, region: undefined }));
  return styleLayers.flatMap(({ layer, weight }) =>
    Array.from({ length: regions }, (_, region) => ({ id: `${layer}@${String(region + 1)}`, layer, weight, region })),
  );
}

/** Tensors of a term that are written before the first step. */
export interface StyleTermTensors {
  /** Factor of the loss [1]. */
  readonly normaliser: TensorHandle;
  /** Factor of the gradient [1]. */
  readonly weight: TensorHandle;
  /** Factors of a region's positions [positions]: for the loss and, their squares, for the gradient. */
  readonly guide: { readonly loss: TensorHandle; readonly gradient: TensorHandle } | undefined;
  /** What the Wasserstein distance knows of its target besides the root. */
  readonly moments: { readonly mean: TensorHandle; readonly trace: TensorHandle; readonly ridge: TensorHandle } | undefined;
}

/** A recorded term. */
export interface RecordedStyleTerm extends StyleTermTensors {
  /** Records the gradient of the term, added to the running gradient of its tap. */
  readonly addGradient: (features: TensorHandle, gradient: TensorHandle) => void;
}

/** A tap as a term sees it. */
export interface TermTap {
  /** Feature map [positions, channels]. */
  readonly features: TensorHandle;
  readonly positions: number;
  readonly channels: number;
  /** Gram matrix of the target, or root of its covariance [channels, channels]. */
  readonly target: TensorHandle;
  /** Where the loss goes [1]. */
  readonly loss: TensorHandle;
}

/** Records a term's loss. */
export function recordStyleTerm(
  builder: ProgramBuilder,
  { id, region }: StyleTerm,
  statistic: StyleTransferSettings['statistic'],
  tap: TermTap,
): RecordedStyleTerm {
  const scalar = (name: string): TensorHandle => builder.persistent(`${id}.${name}`, [1], { category: 'image' });
  const tensors = { normaliser: scalar('normaliser'), weight: scalar('styleWeight') };
  const { positions, channels, features, target, loss } = tap;
  const factors = (name: string): TensorHandle => builder.persistent(`${id}.${name}`, [positions], { category: 'targets' });
  const guide = region === undefined ? undefined : { loss: factors('guide'), gradient: factors('guideSquared') };
  const guided = (name: string, map: TensorHandle, by: TensorHandle): TensorHandle => {
    const scaled = builder.transient(`${id}.${name}`, [positions, channels], { dtype: map.dtype });
    builder.call(`${id}.${name}`, scaleRows, { rows: positions, columns: channels }, { matrix: map, factors: by, scaled });
    return scaled;
  };
  if (statistic === 'wasserstein') return recordWasserstein(builder, id, tensors, tap, guide, guided);
  const difference = builder.transient(`${id}.difference`, [channels, channels]);
  const { normaliser, weight } = tensors;
  const own = guide === undefined ? features : guided('guided', features, guide.loss);
  builder.call(`${id}.style`, gramLoss, { positions, channels }, { features: own, target, normaliser, difference, loss });
  return {
    ...tensors,
    guide,
    moments: undefined,
    addGradient: (map, gradient) => {
      const scaled = guide === undefined ? map : guided('guidedGradient', map, guide.gradient);
      builder.call(`${id}.styleGradient`, gramLossGradient, { positions, channels }, { features: scaled, difference, weight, gradient });
    },
  };
}

function recordWasserstein(
  builder: ProgramBuilder,
  id: string,
  tensors: Pick<StyleTermTensors, 'normaliser' | 'weight'>,
  { features, positions, channels, target, loss }: TermTap,
  guide: StyleTermTensors['guide'],
  guided: (name: string, map: TensorHandle, by: TensorHandle) => TensorHandle,
): RecordedStyleTerm {
  const moments = momentTensors(builder, id, channels);
  const second = builder.transient(`${id}.gram`, [channels, channels]);
  // Weighed by a mask, second moments are those of the features times the roots of its weights, means those times the weights.
  const own = guide === undefined ? features : guided('guided', features, guide.loss);
  builder.call(`${id}.gram`, gram, { positions, channels }, { features: own, gram: second });
  const sums = builder.transient(`${id}.sums`, [channels]);
  const weighed = guide === undefined ? features : guided('weighed', features, guide.gradient);
  builder.call(`${id}.sums`, columnSum, { rows: positions, columns: channels }, { input: weighed, output: sums });
  const derivatives = { difference: builder.transient(`${id}.difference`, [channels, channels]), row: builder.transient(`${id}.row`, [channels]) };
  recordTransport(builder, id, { second, sums, positions, channels, target, loss, normaliser: tensors.normaliser, moments, ...derivatives });
  const addGradient = wassersteinGradient(builder, id, { ...derivatives, positions, channels, weight: tensors.weight, factors: guide?.gradient });
  return {
    ...tensors,
    guide,
    moments,
    addGradient: (map, gradient) => {
      addGradient(guide === undefined ? map : guided('guidedGradient', map, guide.gradient), gradient);
    },
  };
}

/** Allocates what the Wasserstein distance knows of its target besides the root. */
export function momentTensors(builder: ProgramBuilder, id: string, channels: number): NonNullable<StyleTermTensors['moments']> {
  return {
    mean: builder.persistent(`${id}.meanTarget`, [channels], { category: 'targets' }),
    trace: builder.persistent(`${id}.traceTarget`, [1], { category: 'targets' }),
    ridge: builder.persistent(`${id}.ridge`, [1], { category: 'targets' }),
  };
}

/** Second moments and sums of a tap, and where the distance and its derivatives go. */
interface TransportTensors extends Omit<TermTap, 'features'> {
  /** [channels, channels]. */
  readonly second: TensorHandle;
  /** [channels]. */
  readonly sums: TensorHandle;
  readonly normaliser: TensorHandle;
  readonly moments: NonNullable<StyleTermTensors['moments']>;
  readonly difference: TensorHandle;
  readonly row: TensorHandle;
}

/** Records the Wasserstein distance of moments that were gathered before, with its derivatives. */
export function recordTransport(builder: ProgramBuilder, id: string, tap: TransportTensors): void {
  const { second, sums, positions, channels, target, loss, normaliser, moments, difference, row } = tap;
  const square = (name: string): TensorHandle => builder.transient(`${id}.${name}`, [channels, channels]);
  const product = (name: string, input: TensorHandle, weights: TensorHandle): TensorHandle => {
    const output = square(name);
    const attributes = { pixels: channels, inChannels: channels, outChannels: channels, bias: false, relu6: false };
    builder.call(`${id}.${name}`, pointwiseConv, attributes, { input, weights, bias: moments.mean, output });
    return output;
  };
  const covariance = square('covariance');
  const mean = builder.transient(`${id}.mean`, [channels]);
  builder.call(`${id}.covariance`, featureCovariance, { positions, channels }, { gram: second, sums, ridge: moments.ridge, covariance, mean });
  const middle = product('middle', product('left', target, covariance), target);
  const [root, inverseRoot] = [square('root'), square('inverseRoot')];
  builder.call(`${id}.root`, matrixSquareRoot, { size: channels }, { matrix: middle, root, inverseRoot });
  const transport = product('transport', product('inverse', target, inverseRoot), target);
  const { mean: meanTarget, trace: traceTarget } = moments;
  builder.call(
    `${id}.style`,
    wassersteinTerm,
    { positions, channels },
    { covariance, root, transport, mean, meanTarget, traceTarget, normaliser, difference, row, loss },
  );
}

/** Records the gradient of the Wasserstein distance from its derivatives; `features` are weighed by `factors` where there are any. */
export function wassersteinGradient(
  builder: ProgramBuilder,
  id: string,
  tensors: {
    readonly difference: TensorHandle;
    readonly row: TensorHandle;
    readonly weight: TensorHandle;
    readonly positions: number;
    readonly channels: number;
    /** Weights of the positions in the mean [positions]. */
    readonly factors: TensorHandle | undefined;
  },
): RecordedStyleTerm['addGradient'] {
  const { difference, row, weight, positions, channels, factors } = tensors;
  return (features, gradient) => {
    builder.call(`${id}.styleGradient`, gramLossGradient, { positions, channels }, { features, difference, weight, gradient });
    const attributes = { rows: positions, columns: channels };
    if (factors === undefined) builder.call(`${id}.styleRow`, addRow, attributes, { row, weight, matrix: gradient });
    else builder.call(`${id}.styleRow`, addScaledRow, attributes, { row, factors, weight, matrix: gradient });
  };
}
