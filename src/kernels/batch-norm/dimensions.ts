import { requireInteger } from '../../engine/errors.js';

/** Pixels of the whole batch, and channels. */
export type BatchNormDimensions = { readonly pixels: number; readonly channels: number };

/** Workgroup size of all passes. */
export const WORKGROUP = 64;

/** Partial sums over the pixels: enough to occupy a device, few enough for the second pass. */
export function slicesOf({ pixels }: BatchNormDimensions): number {
  return Math.min(32, Math.max(1, Math.floor(Math.sqrt(pixels))));
}

/** Throws `bad-shape` naming the dimension. */
export function requireBatchNorm(owner: string, { pixels, channels }: BatchNormDimensions): void {
  requireInteger(owner, 'pixels', pixels);
  requireInteger(owner, 'channels', channels);
}

/** Means and biased variances of the columns of [pixels, channels], one behind the other. */
export function momentsOf({ pixels, channels }: BatchNormDimensions, input: Float64Array): Float64Array {
  const moments = new Float64Array(2 * channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let p = 0; p < pixels; p++) sum += input[p * channels + c] ?? 0;
    const mean = sum / pixels;
    let squares = 0;
    for (let p = 0; p < pixels; p++) squares += ((input[p * channels + c] ?? 0) - mean) ** 2;
    moments[c] = mean;
    moments[channels + c] = squares / pixels;
  }
  return moments;
}

/** Where the method comes from. */
export const BATCH_NORM_SOURCE =
  'Ioffe, Szegedy, "Batch normalization", ICML 2015; conventions of Keras 3: epsilon inside the root, moving averages of the biased variance.';

/** Sizes that every kernel of the family is tried with. */
export const BATCH_NORM_SAMPLES: readonly BatchNormDimensions[] = [
  { pixels: 5, channels: 1 },
  { pixels: 49, channels: 16 },
  { pixels: 67, channels: 33 },
  { pixels: 1_571, channels: 12 },
];
