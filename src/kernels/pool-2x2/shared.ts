/** What the four 2×2 pooling kernels have in common. */
import type { Pass, Shader } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Dimensions of the input of the pooling. */
export type PoolAttributes = { readonly height: number; readonly width: number; readonly channels: number };

const WORKGROUP = 64;

/** Where the definition comes from. */
export const POOL_SOURCE =
  'Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015; odd edges as in PyTorch with ceil_mode=False.';

/** What the attributes mean. */
export const POOL_ATTRIBUTES = { height: 'rows of the input', width: 'columns of the input', channels: 'channels' } as const;

/** Shapes before and after pooling. Throws `bad-shape` when a dimension is no positive integer or leaves no window. */
export function poolShapes(kernel: string, { height, width, channels }: PoolAttributes): { input: number[]; output: number[] } {
  requireInteger(kernel, 'height', height, 2);
  requireInteger(kernel, 'width', width, 2);
  requireInteger(kernel, 'channels', channels);
  return { input: [height, width, channels], output: [Math.floor(height / 2), Math.floor(width / 2), channels] };
}

/** A pass with one invocation per element of a tensor of `count` elements. */
export function elementwisePass(shader: Shader, device: DeviceTraits, count: number, params: Readonly<Record<string, number>>): Pass {
  return {
    shader,
    constants: { WORKGROUP },
    params: { ...params, count },
    workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/** Calls `take` for every window: its output index and the indices of its four inputs in row order. */
export function forEachWindow(
  { height, width, channels }: PoolAttributes,
  take: (output: number, inputs: readonly [number, number, number, number]) => void,
): void {
  const outWidth = Math.floor(width / 2);
  for (let y = 0; y < Math.floor(height / 2); y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number): number => (row * width + column) * channels + c;
        take((y * outWidth + x) * channels + c, [at(2 * y, 2 * x), at(2 * y, 2 * x + 1), at(2 * y + 1, 2 * x), at(2 * y + 1, 2 * x + 1)]);
      }
    }
  }
}

/** Attribute sets for the tests of all four kernels. */
export const POOL_SAMPLES: readonly PoolAttributes[] = [
  { height: 2, width: 2, channels: 1 },
  { height: 3, width: 2, channels: 5 },
  { height: 2, width: 37, channels: 1 },
  { height: 13, width: 11, channels: 3 },
  { height: 8, width: 16, channels: 64 },
  { height: 31, width: 9, channels: 12 },
];
