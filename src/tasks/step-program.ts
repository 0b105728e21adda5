/** The recorded optimisation step: forward, losses, backward, total variation, Adam. */
import type { Engine } from '../engine/engine.js';
import { ProgramBuilder, VIEW_ALIGNMENT_BYTES, type MemoryPlan, type Program, type TensorHandle } from '../engine/program.js';
import type { VariantPins } from '../engine/select.js';
import { adam, advanceStep, contentLoss, gramLoss, gramLossGradient, recordLosses, totalVariation } from '../kernels/index.js';
import type { StyleTransferSettings } from './settings.js';
import type { ContentTarget } from './targets.js';
import type { StepNet } from './vgg-net.js';
import { recordBackward, recordForward } from './vgg-step.js';

/** Steps that the ring of losses and the schedule of step sizes hold. */
export const RING_CAPACITY = 64;

/** Section of the program that computes losses and gradient of the present image. */
export const EVALUATE = 'evaluate';
/** Section that changes the image. */
export const UPDATE = 'update';

/** Floats between two loss slots, so that each can be bound on its own. */
const LOSS_STRIDE = VIEW_ALIGNMENT_BYTES / 4;

/** Buffers computed beforehand that the step compares with. */
export interface StepTargets {
  /** Gram target [channels, channels] by style layer. */
  readonly grams: ReadonlyMap<string, GPUBuffer>;
  /** Feature map by content layer. */
  readonly contents: ReadonlyMap<string, ContentTarget>;
}

/** Tensors of the step that are written or read while it runs. */
export interface StepTensors {
  readonly image: TensorHandle;
  readonly imageGradient: TensorHandle;
  readonly firstMoment: TensorHandle;
  readonly secondMoment: TensorHandle;
  /** Step sizes [RING_CAPACITY] of the steps to come. */
  readonly schedule: TensorHandle;
  /** β1, 1 − β1, β2, 1 − β2, ε. */
  readonly hyper: TensorHandle;
  /** Counter of steps, u32 [1]. */
  readonly step: TensorHandle;
  /** Weights of style, content and total variation. */
  readonly weights: TensorHandle;
  /** Losses of the last RING_CAPACITY steps: style, content, tv, total. */
  readonly ring: TensorHandle;
  readonly tvWeight: TensorHandle;
  /** By style layer: factor of its loss term. */
  readonly normalisers: ReadonlyMap<string, TensorHandle>;
  /** By style layer: factor of its gradient. */
  readonly styleWeights: ReadonlyMap<string, TensorHandle>;
  /** By content layer: factor of its gradient. */
  readonly contentWeights: ReadonlyMap<string, TensorHandle>;
  /** Factor of each content term, in the order of the settings. */
  readonly contentFactors: TensorHandle;
}

/** A built step with its tensors. */
export interface StepProgram {
  readonly program: Program;
  readonly tensors: StepTensors;
}

/** Records and builds the step. `onProgress` hears of each compiled pipeline. */
export async function buildStepProgram(
  engine: Engine,
  net: StepNet,
  settings: StyleTransferSettings,
  targets: StepTargets,
  options: { pins?: VariantPins; onProgress?: (done: number, total: number) => void } = {},
): Promise<StepProgram> {
  const builder = new ProgramBuilder(engine, { pins: options.pins ?? {} });
  const tensors = recordStep(builder, net, settings, targets);
  return { program: await builder.build(options.onProgress), tensors };
}

/**
 * The memory that a step will need, weights and targets included, before anything is allocated or compiled. `net` needs
 * no buffers.
 */
export function planStep(engine: Engine, net: StepNet, settings: StyleTransferSettings, pins: VariantPins = {}): MemoryPlan {
  const builder = new ProgramBuilder(engine, { pins });
  recordStep(builder, net, settings, {
    grams: new Map(settings.styleLayers.map(({ layer }) => [layer, undefined])),
    contents: new Map(settings.contentLayers.map((layer) => [layer, undefined])),
  });
  return builder.planMemory();
}

/** Targets by layer; without a buffer the tensor is planned as the step's own. */
interface PlannedTargets {
  readonly grams: ReadonlyMap<string, GPUBuffer | undefined>;
  readonly contents: ReadonlyMap<string, Pick<ContentTarget, 'buffer'> | undefined>;
}

function targetOptions(buffer: GPUBuffer | undefined): { category: 'targets'; buffer?: GPUBuffer } {
  return { category: 'targets', ...(buffer === undefined ? {} : { buffer }) };
}

/** Records one step. */
function recordStep(builder: ProgramBuilder, net: StepNet, settings: StyleTransferSettings, targets: PlannedTargets): StepTensors {
  const { height, width } = settings;
  const shape = [height, width, 3];
  const count = height * width * 3;
  const scalar = (name: string, length = 1): TensorHandle => builder.persistent(name, [length], { category: 'image' });
  const styleNames = settings.styleLayers.map(({ layer }) => layer);
  const slots = (name: string, terms: number): TensorHandle => scalar(name, Math.max(terms * LOSS_STRIDE, 1));
  const styleLosses = slots('styleLosses', styleNames.length);
  const contentLosses = slots('contentLosses', settings.contentLayers.length);
  const tensors = {
    image: builder.persistent('image', shape, { category: 'image' }),
    imageGradient: builder.transient('imageGradient', shape),
    firstMoment: builder.persistent('firstMoment', shape, { category: 'image' }),
    secondMoment: builder.persistent('secondMoment', shape, { category: 'image' }),
    schedule: scalar('schedule', RING_CAPACITY),
    hyper: scalar('hyper', 5),
    step: builder.persistent('step', [1], { category: 'image', dtype: 'u32' }),
    weights: scalar('weights', 3),
    ring: scalar('ring', RING_CAPACITY * 4),
    tvWeight: scalar('tvWeight'),
    normalisers: new Map(styleNames.map((name) => [name, scalar(`${name}.normaliser`)])),
    styleWeights: new Map(styleNames.map((name) => [name, scalar(`${name}.styleWeight`)])),
    contentWeights: new Map(settings.contentLayers.map((name) => [name, scalar(`${name}.contentWeight`)])),
    contentFactors: scalar('contentFactors', Math.max(settings.contentLayers.length, 1)),
  };
  const tv = scalar('tv');

  builder.section(EVALUATE);
  const forward = recordForward(builder, net, tensors.image, {
    size: { height, width },
    pooling: settings.pooling,
    taps: new Set([...styleNames, ...settings.contentLayers]),
  });
  const slot = (losses: TensorHandle, index: number): TensorHandle =>
    builder.view(`${losses.name}.${String(index)}`, losses, index * VIEW_ALIGNMENT_BYTES, [1]);
  const differences = new Map<string, TensorHandle>();
  for (const { layer, size, output } of forward.layers) {
    const gramTarget = targets.grams.get(layer.name);
    const normaliser = tensors.normalisers.get(layer.name);
    if (!targets.grams.has(layer.name) || normaliser === undefined || output === undefined) continue;
    const channels = layer.outChannels;
    const target = builder.persistent(`${layer.name}.target`, [channels, channels], targetOptions(gramTarget));
    const difference = builder.transient(`${layer.name}.difference`, [channels, channels]);
    differences.set(layer.name, difference);
    builder.call(
      `${layer.name}.style`,
      gramLoss,
      { positions: size.height * size.width, channels },
      {
        features: output,
        target,
        normaliser,
        difference,
        loss: slot(styleLosses, styleNames.indexOf(layer.name)),
      },
    );
  }
  const mode = settings.contentLoss;
  recordBackward(
    builder,
    forward,
    (layer, features, gradient) => {
      const difference = differences.get(layer);
      const weight = tensors.styleWeights.get(layer);
      if (difference !== undefined && weight !== undefined) {
        const channels = features.shape.at(-1) ?? 0;
        const positions = features.sizeBytes / 4 / channels;
        builder.call(`${layer}.styleGradient`, gramLossGradient, { positions, channels }, { features, difference, weight, gradient });
      }
      const content = targets.contents.get(layer);
      const contentWeight = tensors.contentWeights.get(layer);
      if (!targets.contents.has(layer) || contentWeight === undefined) return;
      const target = builder.persistent(`${layer}.contentTarget`, features.shape, targetOptions(content?.buffer));
      builder.call(
        `${layer}.content`,
        contentLoss,
        { count: features.sizeBytes / 4, mode },
        {
          features,
          target,
          weight: contentWeight,
          gradient,
          loss: slot(contentLosses, settings.contentLayers.indexOf(layer)),
        },
      );
    },
    tensors.imageGradient,
  );
  builder.call(
    'totalVariation',
    totalVariation,
    { height, width, channels: 3 },
    { image: tensors.image, weight: tensors.tvWeight, gradient: tensors.imageGradient, total: tv },
  );
  builder.call(
    'recordLosses',
    recordLosses,
    { styleTerms: styleNames.length, contentTerms: settings.contentLayers.length, capacity: RING_CAPACITY, stride: LOSS_STRIDE },
    { styleLosses, contentLosses, contentFactors: tensors.contentFactors, tv, weights: tensors.weights, step: tensors.step, ring: tensors.ring },
  );

  builder.section(UPDATE);
  const { image, firstMoment, secondMoment, schedule, hyper, step, imageGradient: gradient } = tensors;
  builder.call('adam', adam, { count, capacity: RING_CAPACITY, clip: true }, { gradient, schedule, step, hyper, image, firstMoment, secondMoment });
  builder.call('advanceStep', advanceStep, {}, { step });
  return tensors;
}
