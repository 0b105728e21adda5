/** What runs are made with, tell and promise. */
import type { Concession } from '../engine/budget.js';
import type { BoundCall, MemoryPlan } from '../engine/program.js';
import type { VariantPins } from '../engine/select.js';
import type { TuneResult } from '../engine/tuner.js';
import type { Losses } from './loss-reader.js';
import type { Picture } from './picture.js';
import type { Dimensions } from './pictures/picture-size.js';
import type { LiveSettings, StyleTransferSettings } from './settings.js';
import type { GramTarget } from './targets.js';
import type { TilePlan } from './tiling/windows.js';
import type { TuneRequest } from './tune-step.js';

/** What a run is doing. */
export type RunStage = 'styles' | 'content' | 'compiling' | 'tuning' | 'steps';

/** Progress of a stage; in stage `steps` with the losses of the newest image that is known. */
export interface RunProgress {
  readonly stage: RunStage;
  readonly done: number;
  readonly total: number;
  readonly losses?: TraceEntry;
  /** Tiles done of both passes of the step under way, where the picture is computed in tiles. */
  readonly tile?: { readonly done: number; readonly total: number };
}

/** Losses of the image before update k; `ms` is the time of the step, 0 for the evaluation of the result. */
export interface TraceEntry extends Losses {
  readonly step: number;
  readonly ms: number;
}

/** Everything the next step depends on, and the losses so far; restoring it goes on bit by bit as if nothing had happened. */
export interface RunSnapshot extends Dimensions {
  readonly step: number;
  /** The iterate itself [height, width, 3], not what is made of it to be shown. */
  readonly image: Float32Array<ArrayBuffer>;
  /** What optimiser and presentation keep, by name; what is not there starts afresh. */
  readonly state: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  readonly trace: readonly TraceEntry[];
  /** The step at which Adam began with moments of zero, where that is not the first: its bias correction counts from there. */
  readonly optimiserStart?: number;
  /** Of a run in f16, where it chose the scale itself. */
  readonly gradientScale?: number;
}

/** Where an earlier run of the same settings, net and pictures stopped. */
export interface ResumeState {
  readonly snapshot: RunSnapshot;
  /** Variants of the size that it was at. */
  readonly variants: VariantPins;
}

/** How a run is made. */
export interface CreateOptions {
  /** Goes on from there in place of the start. */
  readonly resume?: ResumeState;
  /**
   * Variants of calls, shapes or kernels. Calls are those of {@link ImageRun.variants}, with the targets' behind
   * `style-1/` and so on, and `content/`.
   */
  readonly pins?: VariantPins;
  /** Variants to use where `pins` says nothing and memory allows, such as measured ones. */
  readonly preferred?: VariantPins;
  /** The most graphics memory that the run may take, in bytes; what it gives up for it is in `givenUp`. */
  readonly memoryBudgetBytes?: number;
  /** Measures the variants of every call and takes the fastest, before the first step. */
  readonly tune?: TuneRequest;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** How far a run goes on. */
export interface RunOptions {
  /** Steps in all; default: the settings'. */
  readonly steps?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
}

/** A run under way, of one size or several. All methods but `pause` and `destroy` may be called only while no `run()` is pending. */
export interface ImageRun {
  readonly settings: StyleTransferSettings;
  /** Memory of the recorded step; `totalBytes` and `externalBytes` (weights and targets) together are what the run takes. */
  readonly memory: MemoryPlan;
  /** What the step gave up to stay within the memory budget. */
  readonly givenUp: readonly Concession[];
  /** How the picture is cut, where it is computed in tiles. */
  readonly tiles: TilePlan | undefined;
  /** What was measured, where the run was tuned. */
  readonly tuning: TuneResult | undefined;
  /** Kernels and variants of one step, in order. */
  readonly calls: readonly BoundCall[];
  /** The variant of every call by label, of the targets as well: as `pins` they give the same bits on the same adapter. */
  readonly variants: VariantPins;
  /** Steps done. */
  readonly steps: number;
  /** Entry k holds the losses of the image before update k. */
  readonly trace: readonly TraceEntry[];
  /** The power of two that gradients are multiplied with on their way; 1 in f32. */
  readonly gradientScale: number;
  /** Gram targets, blended over the styles, by layer. */
  readonly gramTargets: readonly GramTarget[];
  /** Height and width of the image as it is now. */
  readonly imageSize: Dimensions;
  /** The image in GPU memory, f32 [height, width, 3] of {@link imageSize}, for drawing without a read-back. */
  readonly imageBuffer: GPUBuffer;
  /** Back to the start: image, optimiser, counter, trace. */
  reset(): void;
  /** Reads back the present state, to return to it or to go on from it in another run of the same settings. */
  snapshot(): Promise<RunSnapshot>;
  /** Comes back to a state that {@link snapshot} gave. Throws `bad-picture` when it is of another size. */
  restore(snapshot: RunSnapshot): void;
  /** Changes weights and optimiser settings from the next step on. Throws `bad-option`. */
  setLive(changes: Partial<LiveSettings>): void;
  /** Lets a pending `run()` end after the steps already submitted. */
  pause(): void;
  /**
   * Takes steps until `steps` are done in all, a pause or an abort. Resolves with the number of steps done; an abort rejects with
   * `aborted` and leaves the run as it was after its last step.
   */
  run(options?: RunOptions): Promise<number>;
  /** Takes one step. */
  step(): Promise<void>;
  /** Losses of the present image, without changing it. */
  evaluate(): Promise<Losses>;
  /** The trace with the losses of the present image as its last entry. */
  completeTrace(): Promise<TraceEntry[]>;
  /** The gradient of the total loss at the present image, f32 [height, width, 3]; for checks. */
  gradient(): Promise<Float32Array<ArrayBuffer>>;
  /** The present image. Throws `non-finite` when the optimisation has diverged. */
  image(): Promise<Picture>;
  /** Frees everything the run holds on the GPU. */
  destroy(): void;
}
