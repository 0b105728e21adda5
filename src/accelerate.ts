import type { Acceleration } from './kernels/tfjs-ops/accelerate-tfjs.js';

export type { Acceleration, KernelCounts } from './kernels/tfjs-ops/accelerate-tfjs.js';

/**
 * Lets our kernels compute the convolutions of any tfjs program on the `webgpu` backend: 3×3 with stride 1, 1×1, depthwise 3×3 with
 * stride 1 or 2, and 3×3 with stride 2 of three-channel pictures; forward, gradient to the input (but for the last) and to the
 * filter. Everything else (other filters, strides, dilations, data formats, dtypes and activations) goes to tfjs's own kernels as
 * before. Values differ from tfjs's by rounding: 3×3 convolutions may be computed by Winograd's method, with errors up to
 * 4e-5 of the output's root mean square.
 *
 * The backend, its device and its tensors stay as they are. On the device of `Engine.create()`, which has subgroups and raised
 * limits where the adapter offers them, more variants are available than on the device that tfjs makes by itself.
 *
 * @returns what was replaced: `statistics` tells which calls were taken, `restore()` undoes it. Called again before `restore()`, the
 * same object.
 * @throws GramaryeError `unsupported` when the `webgpu` backend of tfjs is not ready.
 */
export async function accelerate(): Promise<Acceleration> {
  const { accelerateTfjs } = await import('./kernels/tfjs-ops/accelerate-tfjs.js');
  return accelerateTfjs();
}
