import { GramaryeError, requireInteger } from '../../engine/errors.js';
import { ceilDiv } from '../../engine/grid.js';

/**
 * Where the zeros lie. `same` is TensorFlow's, Keras's and TFLite's: with stride 2 an even size gets them at the end only
 * (Keras's `ZeroPadding2D(((0, 1), (0, 1)))` before a `valid` convolution is the same). `symmetric` is PyTorch's: one on
 * each side. `valid` has none: outputs lie where the filter is inside.
 */
export type Padding = 'same' | 'symmetric' | 'valid';

/** Sizes of a 3×3 convolution of a batch. */
export type Conv3x3Geometry = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly stride: number;
  readonly padding: Padding;
};

/** What follows from the sizes. */
export interface Conv3x3Derived {
  readonly outHeight: number;
  readonly outWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** Zeros before the first pixel of an axis. */
function padBefore(size: number, stride: number, padding: Padding): number {
  if (padding === 'symmetric') return 1;
  if (padding === 'valid') return 0;
  const total = Math.max((ceilDiv(size, stride) - 1) * stride + 3 - size, 0);
  return Math.floor(total / 2);
}

function outputLength(size: number, stride: number, padding: Padding): number {
  return padding === 'valid' ? Math.floor((size - 3) / stride) + 1 : ceilDiv(size, stride);
}

/** Output size and padding: ceil(size / stride) pixels, except for `valid`. */
export function deriveConv3x3({ height, width, stride, padding }: Omit<Conv3x3Geometry, 'batch' | 'channels'>): Conv3x3Derived {
  return {
    outHeight: outputLength(height, stride, padding),
    outWidth: outputLength(width, stride, padding),
    padTop: padBefore(height, stride, padding),
    padLeft: padBefore(width, stride, padding),
  };
}

/** Throws `bad-shape` naming the dimension. */
export function requireConv3x3(owner: string, { batch, height, width, channels, stride, padding }: Conv3x3Geometry): void {
  requireInteger(owner, 'batch', batch);
  requirePaddable(owner, { height, width, padding });
  requireFours(owner, 'channels', channels);
  if (stride !== 1 && stride !== 2) throw new GramaryeError('bad-shape', `${owner}: stride is ${String(stride)}; wanted 1 or 2.`);
}

/** Throws `bad-shape` unless the padding is known and gives at least one output. */
export function requirePaddable(owner: string, { height, width, padding }: Pick<Conv3x3Geometry, 'height' | 'width' | 'padding'>): void {
  if (!['same', 'symmetric', 'valid'].includes(padding)) {
    throw new GramaryeError('bad-shape', `${owner}: padding is ${padding}; wanted same, symmetric or valid.`);
  }
  const smallest = padding === 'valid' ? 3 : 1;
  requireInteger(owner, 'height', height, smallest);
  requireInteger(owner, 'width', width, smallest);
}

/** Throws `bad-shape` unless a channel count is a positive multiple of 4; MobileNetV2's are multiples of 8. */
export function requireFours(owner: string, name: string, value: number): void {
  requireInteger(owner, name, value);
  if (value % 4 !== 0) throw new GramaryeError('bad-shape', `${owner}: ${name} is ${String(value)}; wanted a multiple of 4.`);
}

/** What each attribute means. */
export const CONV3X3_ATTRIBUTES = {
  batch: 'pictures',
  height: 'rows of the input',
  width: 'columns of the input',
  channels: 'channels, a multiple of 4',
  stride: '1 or 2',
  padding: 'same (TensorFlow, Keras, TFLite), symmetric (PyTorch) or valid (none)',
} as const;

/** Sizes that every kernel of the family is tried with. */
export const CONV3X3_SAMPLES: readonly Conv3x3Geometry[] = [
  { batch: 1, height: 1, width: 1, channels: 4, stride: 1, padding: 'same' },
  { batch: 1, height: 1, width: 1, channels: 4, stride: 2, padding: 'same' },
  { batch: 2, height: 7, width: 5, channels: 12, stride: 1, padding: 'same' },
  { batch: 2, height: 8, width: 6, channels: 8, stride: 2, padding: 'same' },
  { batch: 3, height: 7, width: 9, channels: 4, stride: 2, padding: 'same' },
  { batch: 1, height: 10, width: 13, channels: 8, stride: 2, padding: 'symmetric' },
  { batch: 1, height: 6, width: 17, channels: 20, stride: 1, padding: 'symmetric' },
  { batch: 5, height: 14, width: 14, channels: 36, stride: 2, padding: 'same' },
  { batch: 2, height: 3, width: 8, channels: 8, stride: 1, padding: 'valid' },
  { batch: 2, height: 8, width: 9, channels: 12, stride: 2, padding: 'valid' },
];

/** Calls `visit` for every pair of input and output position that the convolution multiplies, with the filter position. */
export function visitConv3x3(geometry: Omit<Conv3x3Geometry, 'channels'>, visit: (inputPixel: number, outputPixel: number, tap: number) => void): void {
  const { batch, height, width, stride } = geometry;
  const { outHeight, outWidth, padTop, padLeft } = deriveConv3x3(geometry);
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let tap = 0; tap < 9; tap++) {
          const y = oy * stride + Math.floor(tap / 3) - padTop;
          const x = ox * stride + (tap % 3) - padLeft;
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          visit((b * height + y) * width + x, (b * outHeight + oy) * outWidth + ox, tap);
        }
      }
    }
  }
}
