/** The optimisers of a step: what they keep between steps, what is recorded, how they start again. */
import type { Engine } from '../engine/engine.js';
import type { ProgramBuilder, TensorHandle } from '../engine/program.js';
import { adam, adamHyper, adamStepSize, lbfgsProducts, lbfgsRecursion, lbfgsUpdate } from '../kernels/run.js';
import { lbfgsHyper, planLength, PRODUCT_COLUMNS, stateLength } from '../kernels/lbfgs/layout.js';
import { DEFAULT_HISTORY, type LiveSettings, type StyleTransferSettings } from './settings.js';

/** An optimiser's tensors. */
export interface OptimiserTensors {
  /** The last image that was taken: Adam's is the one that the net sees, L-BFGS's is the last that its line search took. */
  readonly iterate: TensorHandle;
  /** What the next step depends on besides the iterate, by name. All zero, and `trial` the iterate, is a fresh start. */
  readonly state: ReadonlyMap<string, TensorHandle>;
  /** Adam's step sizes of the steps to come, by step mod capacity. */
  readonly schedule: TensorHandle | undefined;
  /** What {@link optimiserHyper} gives. */
  readonly hyper: TensorHandle;
}

/** What an optimiser reads and changes. */
export interface OptimiserInputs {
  /** The image that the net sees. */
  readonly image: TensorHandle;
  readonly gradient: TensorHandle;
  /** Counter of steps, u32 [1]. */
  readonly step: TensorHandle;
  /** Losses by step mod capacity: style, content, tv, total. */
  readonly ring: TensorHandle;
  readonly capacity: number;
}

/** The name of the image that the net sees, where it is not the iterate. */
export const TRIAL = 'trial';

/** Allocates the optimiser's tensors; `record` records its kernels in the section under way. */
export function makeOptimiser(
  builder: ProgramBuilder,
  settings: StyleTransferSettings,
  inputs: OptimiserInputs,
): { readonly tensors: OptimiserTensors; readonly record: () => void } {
  return settings.optimizer === 'lbfgs' ? makeLbfgs(builder, settings.history ?? DEFAULT_HISTORY, inputs) : makeAdam(builder, inputs);
}

type Made = ReturnType<typeof makeOptimiser>;

function makeAdam(builder: ProgramBuilder, { image, gradient, step, capacity }: OptimiserInputs): Made {
  const moment = (name: string): TensorHandle => builder.persistent(name, image.shape, { category: 'image' });
  const [firstMoment, secondMoment] = [moment('firstMoment'), moment('secondMoment')];
  const schedule = builder.persistent('schedule', [capacity], { category: 'image' });
  const hyper = builder.persistent('hyper', [5], { category: 'image' });
  return {
    tensors: { iterate: image, state: new Map(Object.entries({ firstMoment, secondMoment })), schedule, hyper },
    record: () => {
      const [images, gradients, firsts, seconds] = [image, gradient, firstMoment, secondMoment].map((tensor) => builder.parts(tensor));
      images?.forEach((part, index) => {
        const [slope, first, second] = [gradients, firsts, seconds].map((parts) => parts?.[index]?.tensor);
        if (slope === undefined || first === undefined || second === undefined) return;
        const moments = { image: part.tensor, firstMoment: first, secondMoment: second };
        const label = images.length === 1 ? 'adam' : `adam.${String(index)}`;
        builder.call(label, adam, { count: part.count, capacity, clip: true }, { gradient: slope, schedule, step, hyper, ...moments });
      });
    },
  };
}

function makeLbfgs(builder: ProgramBuilder, history: number, { image, gradient, step, ring, capacity }: OptimiserInputs): Made {
  const tensor = (name: string, shape: readonly number[]): TensorHandle => builder.persistent(name, shape, { category: 'image' });
  const [base, baseGradient, direction] = [tensor('base', image.shape), tensor('baseGradient', image.shape), tensor('direction', image.shape)];
  const [steps, changes] = [tensor('lbfgs.steps', [history, ...image.shape]), tensor('lbfgs.changes', [history, ...image.shape])];
  const [state, hyper] = [tensor('lbfgs.state', [stateLength(history)]), tensor('hyper', [3])];
  const products = builder.transient('lbfgs.products', [history + 1, PRODUCT_COLUMNS]);
  const plan = builder.transient('lbfgs.plan', [planLength(history)]);
  const count = image.sizeBytes / 4;
  return {
    tensors: {
      iterate: base,
      state: new Map(Object.entries({ [TRIAL]: image, baseGradient, direction, steps, changes, state })),
      schedule: undefined,
      hyper,
    },
    record: () => {
      builder.call('lbfgsProducts', lbfgsProducts, { count, history, clip: true }, { image, gradient, base, baseGradient, steps, changes, products });
      builder.call('lbfgsRecursion', lbfgsRecursion, { count, history, capacity }, { products, ring, step, hyper, state, plan });
      builder.call('lbfgsUpdate', lbfgsUpdate, { count, history, clip: true }, { gradient, plan, image, base, baseGradient, direction, steps, changes });
    },
  };
}

/** What the optimiser's kernels read of the settings. */
export function optimiserHyper({ optimizer }: Pick<StyleTransferSettings, 'optimizer'>, live: LiveSettings): Float32Array<ArrayBuffer> {
  return optimizer === 'lbfgs' ? lbfgsHyper(live) : adamHyper(live);
}

/** Adam's step sizes of the `capacity` steps after `first` finished ones, by step mod capacity; its moments were zero after `start` steps. */
export function adamSchedule(live: LiveSettings, first: number, start: number, capacity: number): Float32Array<ArrayBuffer> {
  const sizes = new Float32Array(capacity);
  for (let step = first; step < first + capacity; step++) sizes[step % capacity] = adamStepSize(live, step - start + 1);
  return sizes;
}

/** Whether a change of weights makes another function of it, about which the history of L-BFGS says nothing. */
export function changesLoss(before: LiveSettings, after: LiveSettings): boolean {
  return before.styleWeight !== after.styleWeight || before.contentWeight !== after.contentWeight || before.tvWeight !== after.tvWeight;
}

/** Where a tensor's buffer is found. */
interface Buffers {
  bufferOf(tensor: TensorHandle): GPUBuffer;
}

/** Forgets the history of L-BFGS and tries its iterate again. Adam goes on. */
export function restartOptimiser(engine: Engine, buffers: Buffers, { iterate, state }: OptimiserTensors): void {
  const [trial, decisions] = [state.get(TRIAL), state.get('state')];
  if (trial === undefined || decisions === undefined) return;
  const encoder = engine.device.createCommandEncoder({ label: 'restart' });
  encoder.copyBufferToBuffer(buffers.bufferOf(iterate), 0, buffers.bufferOf(trial), 0, iterate.sizeBytes);
  encoder.clearBuffer(buffers.bufferOf(decisions));
  engine.device.queue.submit([encoder.finish()]);
}

/** Runs `evaluate` with the iterate as the image that the net sees. */
export async function atIterate(engine: Engine, buffers: Buffers, { iterate, state }: OptimiserTensors, evaluate: () => Promise<unknown>): Promise<void> {
  const trial = state.get(TRIAL);
  if (trial === undefined) {
    await evaluate();
    return;
  }
  const copy = (from: GPUBuffer, to: GPUBuffer): void => {
    const encoder = engine.device.createCommandEncoder({ label: 'iterate' });
    encoder.copyBufferToBuffer(from, 0, to, 0, iterate.sizeBytes);
    engine.device.queue.submit([encoder.finish()]);
  };
  const aside = engine.createBuffer('trial aside', iterate.sizeBytes);
  const image = buffers.bufferOf(trial);
  copy(image, aside);
  copy(buffers.bufferOf(iterate), image);
  await evaluate();
  copy(aside, image);
  engine.destroyBuffer(aside);
}
