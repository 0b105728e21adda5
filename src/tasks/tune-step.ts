/** Tuning of a step: measured in the built step with its own tensors, remembered, and the step built again where that changes it. */
import type { Engine } from '../engine/engine.js';
import { isPinned, shapeKey, type VariantPins } from '../engine/select.js';
import { tuneProgram, type TuneOptions, type TuneProgress, type TuneResult } from '../engine/tuner.js';
import type { TuningMemory } from '../engine/tuning-memory.js';
import { KERNELS } from '../kernels/index.js';
import type { StepProgram } from './step-program.js';

/** How a run is tuned before its first step. Candidates take graphics memory of their own while they are measured. */
export interface TuneRequest extends Pick<TuneOptions, 'budgetMs' | 'onProgress' | 'candidates'> {
  /** Shapes that it knows are not measured again; it is told what was measured. */
  readonly memory?: TuningMemory;
}

/** The same without its memory, for runs in f16: what is remembered was measured in f32. */
export function withoutMemory(tune: TuneRequest): TuneRequest {
  const { memory, ...request } = tune;
  return memory === undefined ? tune : request;
}

/** How the step is made and made ready. */
export interface TunableStep {
  /** Builds the step with variants to prefer. */
  readonly build: (preferred: VariantPins) => Promise<StepProgram>;
  /** Writes everything that a step reads. */
  readonly fill: (step: StepProgram) => void;
  /** Calls, shapes and kernels that stay as they are. */
  readonly pins: VariantPins;
  readonly preferred: VariantPins;
  readonly signal?: AbortSignal;
}

/** Choices whose kernel and variant exist; a memory may be older than the kernels. */
export function existingVariants(pins: VariantPins): VariantPins {
  return Object.fromEntries(
    Object.entries(pins).filter(([key, id]) => KERNELS.find(({ name }) => key.startsWith(`${name}(`))?.variants.some((variant) => variant.id === id) === true),
  );
}

/** Builds the step in the variants that were measured to be the fastest. Throws what building and measuring throw. */
export async function tuneStep(
  engine: Engine,
  { build, fill, pins, preferred, signal }: TunableStep,
  { memory, onStage, ...request }: TuneRequest & { readonly onStage?: (done: number, total: number) => void },
): Promise<{ step: StepProgram; tuning: TuneResult }> {
  const known = memory === undefined ? {} : existingVariants(await memory.load());
  const first = await build({ ...preferred, ...known });
  try {
    fill(first);
    const onProgress = (progress: TuneProgress): void => {
      request.onProgress?.(progress);
      onStage?.(progress.done, progress.total);
    };
    const tuning = await tuneProgram(engine, first.program, { ...request, onProgress, known, pinned: pins, ...(signal === undefined ? {} : { signal }) });
    if (tuning.measurements.length > 0) await memory?.remember(tuning.settled);
    const isChanged = first.program.calls.some((call) => {
      const chosen = tuning.pins[shapeKey(call.kernel, call.attributes)];
      return chosen !== undefined && chosen !== call.variant && !isPinned(call, pins);
    });
    if (!isChanged) return { step: first, tuning };
    first.program.destroy();
    return { step: await build({ ...preferred, ...tuning.pins }), tuning };
  } catch (error) {
    first.program.destroy();
    throw error;
  }
}
