/** Suites as data: which ops, at which shapes. Variants come from the kernels themselves. */
import type { Attributes, Cost, KernelDefinition } from '../../engine/contract.js';

/** One shape of an op. */
export interface SuiteShape {
  /** Short and without blanks, `conv3_2@128`. */
  readonly name: string;
  readonly attributes: Attributes;
  /** In the selection when no shape is named. */
  readonly isStandard?: boolean;
  /** In the selection of `--quick`. */
  readonly isQuick?: boolean;
}

/** What is measured: kernels, the whole optimisation step, its memory, or its start. */
export type SuiteKind = 'kernel' | 'step' | 'memory' | 'cold-start';

/** One op of a suite. */
export interface SuiteOp {
  readonly id: string;
  readonly summary: string;
  readonly kind: SuiteKind;
  /** The kernel that is measured; for whole steps there is none. */
  readonly kernel?: KernelDefinition;
  /** Names of the attributes that a shape typed as `8x16x…` gives, in order. */
  readonly dimensions: readonly string[];
  readonly shapes: readonly SuiteShape[];
  /** The kernel that checks the variants, where those of `kernel` are only parts of its variants. */
  readonly checkedBy?: KernelDefinition;
  /** Least work of one variant, where variants do not all do the same. */
  variantCost?(attributes: Attributes, variant: string): Cost;
}

/** Widens a kernel's own attributes, as a list of kernels does. */
export function erased<A extends Attributes>(kernel: KernelDefinition<A>): KernelDefinition {
  return kernel;
}
