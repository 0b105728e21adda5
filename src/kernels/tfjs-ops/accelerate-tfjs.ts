/** Convolutions of any tfjs program by our kernels: which kernels of tfjs are replaced, and how to put them back. */
import { overrideKernels, type OverrideOptions, type Replacement } from '../../engine/tfjs-bridge-override.js';
import { acceleratedConv2D, acceleratedConv2DBackpropFilter, acceleratedConv2DBackpropInput } from './accelerated-convolutions.js';
import { acceleratedDepthwise, acceleratedDepthwiseBackpropFilter, acceleratedDepthwiseBackpropInput } from './accelerated-depthwise.js';

const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  Conv2D: acceleratedConv2D,
  FusedConv2D: acceleratedConv2D,
  Conv2DBackpropInput: acceleratedConv2DBackpropInput,
  Conv2DBackpropFilter: acceleratedConv2DBackpropFilter,
  DepthwiseConv2dNative: acceleratedDepthwise,
  FusedDepthwiseConv2D: acceleratedDepthwise,
  DepthwiseConv2dNativeBackpropInput: acceleratedDepthwiseBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: acceleratedDepthwiseBackpropFilter,
};

/** How often a kernel of tfjs was called since it was replaced. */
export interface KernelCounts {
  /** Calls that our kernels computed. */
  readonly taken: number;
  /** Calls left to tfjs's own kernel. */
  readonly refused: number;
  /** Why, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** What {@link accelerateTfjs} changed. */
export interface Acceleration {
  /** Calls so far by tfjs's name of the kernel. */
  readonly statistics: Readonly<Record<string, KernelCounts>>;
  /** Puts tfjs's own kernels back and frees what ours kept. A second call does nothing. */
  restore(): void;
}

interface Counts {
  taken: number;
  refused: number;
  reasons: Record<string, number>;
}

let current: Acceleration | undefined;

/** See `accelerate` of the package. A second call without `restore()` between gives the first one's object. */
export function accelerateTfjs(options: OverrideOptions = {}): Acceleration {
  if (current !== undefined) return current;
  const counts: Record<string, Counts> = {};
  const observe = (kernel: string, refused: string | undefined): void => {
    const count = (counts[kernel] ??= { taken: 0, refused: 0, reasons: {} });
    if (refused === undefined) count.taken++;
    else {
      count.refused++;
      count.reasons[refused] = (count.reasons[refused] ?? 0) + 1;
    }
  };
  const putBack = overrideKernels(REPLACEMENTS, observe, options);
  const acceleration: Acceleration = {
    get statistics() {
      return structuredClone(counts);
    },
    restore: () => {
      putBack();
      if (current === acceleration) current = undefined;
    },
  };
  current = acceleration;
  return acceleration;
}
