/** The recorded optimisation step: forward, losses, backward, total variation, optimiser. */
import { recordWithin, type BudgetOptions, type Concession } from '../engine/budget.js';
import { elementCount } from '../engine/contract.js';
import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import {
  ProgramBuilder,
  VIEW_ALIGNMENT_BYTES,
  type BoundCall,
  type MemoryPlan,
  type Program,
  type RecordOptions,
  type TensorHandle,
} from '../engine/program.js';
import { advanceStep, contentLoss, HALF_ENTRY, recordHalf, recordLosses, scaleBy, totalVariation } from '../kernels/run.js';
import { makeOptimiser, type OptimiserTensors } from './optimiser.js';
import { makePresentation, type PresentationTensors } from './presentation.js';
import { makeTemporal, type TemporalTensors } from './sequence/temporal-term.js';
import type { StyleTransferSettings } from './settings.js';
import { recordStyleTerm, styleTerms, type RecordedStyleTerm, type StyleTerm, type StyleTermTensors } from './style-terms.js';
import type { ContentTarget } from './targets.js';
import type { TilePlan } from './tiling/windows.js';
import type { StepNet } from './vgg-net.js';
import { recordBackward, recordForward } from './vgg-step.js';

/** Steps that the ring of losses and the schedule of step sizes hold. */
export const RING_CAPACITY = 64;

/** Section of the program that computes losses and gradient of the present image. */
export const EVALUATE = 'evaluate';
/** Section that changes the image. */
export const UPDATE = 'update';

/**
 * Strips of convolutions in half precision, in bytes: forward maps are f32 on their way and half where they are kept, and what lies
 * between the transforms is f32 as well; smaller strips make room for that.
 */
const HALF_STRIP_BYTES = 8 * 2 ** 20;

/** Floats between two loss slots, so that each can be bound on its own. */
const LOSS_STRIDE = VIEW_ALIGNMENT_BYTES / 4;

/** Buffers computed beforehand that the step compares with. */
export interface StepTargets {
  /** Matrix [channels, channels] that a style term compares with, by its id. */
  readonly grams: ReadonlyMap<string, GPUBuffer>;
  /** Feature map by content layer. */
  readonly contents: ReadonlyMap<string, ContentTarget>;
}

/** Tensors of the step that are written or read while it runs. */
export interface StepTensors {
  /** The image that the net sees. */
  readonly image: TensorHandle;
  readonly imageGradient: TensorHandle;
  readonly optimiser: OptimiserTensors;
  readonly presentation: PresentationTensors;
  /** Counter of steps, u32 [1]. */
  readonly step: TensorHandle;
  /** Weights of style, content and total variation. */
  readonly weights: TensorHandle;
  /** Losses of the last RING_CAPACITY steps: style, content, tv, total. */
  readonly ring: TensorHandle;
  readonly tvWeight: TensorHandle;
  /** Of the terms of the style loss by their ids. */
  readonly styleTerms: ReadonlyMap<string, StyleTermTensors>;
  /** By content layer: factor of its gradient. */
  readonly contentWeights: ReadonlyMap<string, TensorHandle>;
  /** Factor of each content term, in the order of the settings. */
  readonly contentFactors: TensorHandle;
  /** Only in f16. */
  readonly half?: HalfTensors;
  /** Only of a frame that is held to the one before it. */
  readonly temporal?: TemporalTensors;
  /** Only of a tiled step, by tap: positions of a tile's piece over those of the picture, which its weights are multiplied with. */
  readonly shares?: ReadonlyMap<string, number>;
}

/** What a step in half precision has besides. */
export interface HalfTensors {
  /** 1 / gradient scale: what the gradient to the image is multiplied with. */
  readonly unscale: TensorHandle;
  /** What did not fit in the last RING_CAPACITY steps (see `recordHalf`). */
  readonly ring: TensorHandle;
  /** Counters of the step under way, of its way there and back. */
  readonly forward: TensorHandle;
  readonly backward: TensorHandle;
}

function halfTensors(builder: ProgramBuilder): HalfTensors {
  const counter = (name: string, length: number): TensorHandle => builder.persistent(name, [length], { category: 'image', dtype: 'u32' });
  return {
    unscale: builder.persistent('unscale', [1], { category: 'image' }),
    ring: counter('halfRing', RING_CAPACITY * HALF_ENTRY),
    forward: counter('halfForward', 2),
    backward: counter('halfBackward', 2),
  };
}

/** A built step with its tensors. */
export interface StepProgram {
  readonly program: Program;
  readonly tensors: StepTensors;
  /** What was given up to stay within the budget. */
  readonly givenUp: readonly Concession[];
  /** Only of a step that is computed tile by tile: its evaluation is no section to run but takes turns (see tiling/). */
  readonly tiles?: TileTensors;
}

/** What a tiled step has besides. */
export interface TileTensors {
  readonly plan: TilePlan;
  /** Top, left, rows and columns of the tile under way, u32 [4], and of what it owns of it. */
  readonly window: TensorHandle;
  readonly owned: TensorHandle;
  /** The piece of a content target that belongs to the tile, by layer. */
  readonly contents: ReadonlyMap<string, TensorHandle>;
  /** The piece of a region's factors that belongs to the tile, by style term. */
  readonly guides: ReadonlyMap<string, NonNullable<StyleTermTensors['guide']>>;
  /** Sums over tiles: zero at the beginning of an evaluation. */
  readonly sums: readonly TensorHandle[];
}

/** How a step is recorded. */
export type StepOptions = Omit<BudgetOptions, 'scope'>;

/**
 * Records and builds the step. `onProgress` hears of each compiled pipeline. Throws `out-of-memory` when it cannot keep to its
 * budget, naming the least that is possible.
 */
export async function buildStepProgram(
  engine: Engine,
  net: StepNet,
  settings: StyleTransferSettings,
  targets: StepTargets,
  options: StepOptions & { onProgress?: (done: number, total: number) => void } = {},
): Promise<StepProgram> {
  const { recorded, givenUp } = recordWithin(engine, options, stepRecorder(engine, net, settings, targets));
  return { program: await recorded.builder.build(options.onProgress), tensors: recorded.tensors, givenUp };
}

/** The memory of a step, the variants of its calls and what it gives up. */
export interface StepPlan extends MemoryPlan {
  readonly calls: readonly BoundCall[];
  readonly givenUp: readonly Concession[];
}

/**
 * The memory that a step will need, weights and targets included, before anything is allocated or compiled. `net` needs
 * no buffers. Throws `out-of-memory` when it cannot keep to its budget, naming the least that is possible.
 */
export function planStep(engine: Engine, net: StepNet, settings: StyleTransferSettings, options: StepOptions = {}): StepPlan {
  const targets = {
    grams: new Map(styleTerms(settings).map(({ id }) => [id, undefined])),
    contents: new Map(settings.contentLayers.map((layer) => [layer, undefined])),
  };
  const { recorded, memory, givenUp } = recordWithin(engine, options, stepRecorder(engine, net, settings, targets));
  return { ...memory, calls: recorded.builder.calls, givenUp };
}

function stepRecorder(
  engine: Engine,
  net: StepNet,
  settings: StyleTransferSettings,
  targets: PlannedTargets,
): (options: RecordOptions) => { builder: ProgramBuilder; tensors: StepTensors } {
  return (options) => {
    const { stripBytes = Infinity, ...traits } = options.traits ?? engine.traits;
    const isHalf = settings.precision === 'f16';
    const builder = new ProgramBuilder(engine, isHalf ? { ...options, traits: { ...traits, stripBytes: Math.min(stripBytes, HALF_STRIP_BYTES) } } : options);
    return { builder, tensors: recordStep(builder, net, settings, targets) };
  };
}

/** Targets by layer; without a buffer the tensor is planned as the step's own. */
interface PlannedTargets {
  readonly grams: ReadonlyMap<string, GPUBuffer | undefined>;
  readonly contents: ReadonlyMap<string, Pick<ContentTarget, 'buffer'> | undefined>;
}

function targetOptions(buffer: GPUBuffer | undefined): { category: 'targets'; buffer?: GPUBuffer } {
  return { category: 'targets', ...(buffer === undefined ? {} : { buffer }) };
}

/** What a step consists of besides forward, losses and backward. */
export interface StepFrame {
  readonly tensors: StepTensors;
  readonly terms: readonly StyleTerm[];
  /** Value of the total variation [1]. */
  readonly tv: TensorHandle;
  /** Where the loss of the term or content layer of that number goes [1]. */
  readonly styleLoss: (index: number) => TensorHandle;
  readonly contentLoss: (index: number) => TensorHandle;
  /** Records what follows the gradient: losses into the ring, optimiser, what is shown. */
  readonly finish: () => void;
}

/** Allocates what a step keeps. `gradient` holds the gradient to the image, `recorded` gets the style terms. */
export function frameStep(
  builder: ProgramBuilder,
  settings: StyleTransferSettings,
  gradient: TensorHandle,
  recorded: ReadonlyMap<string, StyleTermTensors>,
  shares?: ReadonlyMap<string, number>,
): StepFrame {
  const { height, width, precision = 'f32' } = settings;
  const scalar = (name: string, length = 1): TensorHandle => builder.persistent(name, [length], { category: 'image' });
  const terms = styleTerms(settings);
  const slots = (name: string, count: number): TensorHandle => scalar(name, Math.max(count * LOSS_STRIDE, 1));
  const styleLosses = slots('styleLosses', terms.length);
  const contentLosses = slots('contentLosses', settings.contentLayers.length);
  const inputs = {
    image: builder.persistent('image', [height, width, 3], { category: 'image' }),
    gradient,
    step: builder.persistent('step', [1], { category: 'image', dtype: 'u32' }),
    ring: scalar('ring', RING_CAPACITY * 4),
    capacity: RING_CAPACITY,
  };
  const optimiser = makeOptimiser(builder, settings, inputs);
  const presentation = makePresentation(builder, settings, optimiser.tensors.iterate);
  const temporal = makeTemporal(builder, settings, inputs);
  const tensors = {
    image: inputs.image,
    imageGradient: gradient,
    optimiser: optimiser.tensors,
    presentation: presentation.tensors,
    step: inputs.step,
    weights: scalar('weights', 3),
    ring: inputs.ring,
    tvWeight: scalar('tvWeight'),
    styleTerms: recorded,
    contentWeights: new Map(settings.contentLayers.map((name) => [name, scalar(`${name}.contentWeight`)])),
    contentFactors: scalar('contentFactors', Math.max(settings.contentLayers.length, 1)),
    ...(precision === 'f16' ? { half: halfTensors(builder) } : {}),
    ...(shares === undefined ? {} : { shares }),
    ...(temporal === undefined ? {} : { temporal: temporal.tensors }),
  };
  const tv = scalar('tv');
  const slot = (losses: TensorHandle, index: number): TensorHandle =>
    builder.view(`${losses.name}.${String(index)}`, losses, index * VIEW_ALIGNMENT_BYTES, [1]);
  const { half } = tensors;
  const finish = (): void => {
    temporal?.addGradient();
    builder.call(
      'recordLosses',
      recordLosses,
      { styleTerms: terms.length, contentTerms: settings.contentLayers.length, capacity: RING_CAPACITY, stride: LOSS_STRIDE },
      { styleLosses, contentLosses, contentFactors: tensors.contentFactors, tv, weights: tensors.weights, step: tensors.step, ring: tensors.ring },
    );
    temporal?.addLoss();
    if (half !== undefined) {
      const { forward: there, backward, ring } = half;
      builder.call('recordHalf', recordHalf, { capacity: RING_CAPACITY }, { step: tensors.step, forward: there, backward, ring });
    }
    builder.section(UPDATE);
    optimiser.record();
    builder.call('advanceStep', advanceStep, {}, { step: tensors.step });
    presentation.record();
  };
  return { tensors, terms, tv, styleLoss: (index) => slot(styleLosses, index), contentLoss: (index) => slot(contentLosses, index), finish };
}

/** Records one step. */
function recordStep(builder: ProgramBuilder, given: StepNet, settings: StyleTransferSettings, targets: PlannedTargets): StepTensors {
  const { height, width, precision = 'f32' } = settings;
  if ((given.precision ?? precision) !== precision) throw new GramaryeError('internal', `The net is in ${String(given.precision)}, the step in ${precision}.`);
  const net = { layers: given.layers, preprocess: given.preprocess, precision };
  const recorded = new Map<string, RecordedStyleTerm>();
  const frame = frameStep(builder, settings, builder.transient('imageGradient', [height, width, 3]), recorded);
  const { tensors, terms, tv } = frame;
  const { half } = tensors;

  builder.section(EVALUATE);
  builder.watchHalf(half?.forward);
  const forward = recordForward(builder, net, tensors.image, {
    size: { height, width },
    pooling: settings.pooling,
    wrap: settings.seamless === true,
    taps: new Set([...terms.map(({ layer }) => layer), ...settings.contentLayers]),
  });
  for (const { layer, size, output } of forward.layers) {
    const channels = layer.outChannels;
    terms.forEach((term, index) => {
      if (term.layer !== layer.name || !targets.grams.has(term.id) || output === undefined) return;
      const target = builder.persistent(`${term.id}.target`, [channels, channels], targetOptions(targets.grams.get(term.id)));
      const tap = { features: output, positions: size.height * size.width, channels, target, loss: frame.styleLoss(index) };
      recorded.set(term.id, recordStyleTerm(builder, term, settings.statistic, tap));
    });
  }
  const mode = settings.contentLoss;
  builder.watchHalf(half?.backward);
  recordBackward(
    builder,
    forward,
    (layer, features, gradient) => {
      for (const term of terms) if (term.layer === layer) recorded.get(term.id)?.addGradient(features, gradient);
      const content = targets.contents.get(layer);
      const contentWeight = tensors.contentWeights.get(layer);
      if (!targets.contents.has(layer) || contentWeight === undefined) return;
      const target = builder.persistent(`${layer}.contentTarget`, features.shape, { ...targetOptions(content?.buffer), dtype: precision });
      builder.call(
        `${layer}.content`,
        contentLoss,
        { count: elementCount(features.shape), mode },
        {
          features,
          target,
          weight: contentWeight,
          gradient,
          loss: frame.contentLoss(settings.contentLayers.indexOf(layer)),
        },
      );
    },
    tensors.imageGradient,
  );
  builder.watchHalf(undefined);
  if (half !== undefined) builder.call('unscale', scaleBy, { count: height * width * 3 }, { factor: half.unscale, values: tensors.imageGradient });
  builder.call(
    'totalVariation',
    totalVariation,
    { height, width, channels: 3, ...forward.padding },
    { image: tensors.image, weight: tensors.tvWeight, gradient: tensors.imageGradient, total: tv },
  );
  frame.finish();
  return tensors;
}
