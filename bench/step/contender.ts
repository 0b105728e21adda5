import type { StepProblem } from './problem.js';

/** Gram targets by style layer, row-major. */
export type GramTargets = ReadonlyMap<string, Float64Array>;

/** A step of one engine, ready to be taken. */
export interface ReadyStep {
  /** Total loss and its gradient to the image [height, width, 3] at the start. */
  evaluate(): Promise<{ loss: number; gradient: Float32Array }>;
  /** One step: loss, gradient, Adam; resolves when the new image and the loss are there. */
  step(): Promise<void>;
  /** Bytes that the engine planned, where it plans. */
  readonly memoryBytes?: number;
  /** Variant of each recorded kernel call, where there are variants. */
  readonly variants?: readonly string[];
  destroy(): void;
}

/** An engine that can take the step. */
export interface Contender {
  readonly name: string;
  /** What runs it, for the report. */
  describe(): Promise<string>;
  /** `targets` are those of Gramarye, so that all minimise the same function. */
  prepare(problem: StepProblem, targets: GramTargets): Promise<ReadyStep>;
}
