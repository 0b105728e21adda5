/** Resizing of pictures and of what an optimiser keeps of them, on the CPU and the same in Node and in every browser. */
import type { Picture } from '../picture.js';
import type { Dimensions } from './picture-size.js';

/**
 * `cubic`: Catmull-Rom, sharp, may overshoot. `linear`: never leaves the range of its values, for what must stay positive. Both are widened
 * where the result is smaller, so that nothing is skipped.
 */
export type ResizeFilter = 'cubic' | 'linear';

const RADIUS: Readonly<Record<ResizeFilter, number>> = { cubic: 2, linear: 1 };

/** Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2; the triangle. */
function filterAt(filter: ResizeFilter, x: number): number {
  const t = Math.abs(x);
  if (filter === 'linear') return Math.max(0, 1 - t);
  if (t < 1) return 1 + t * t * (1.5 * t - 2.5);
  return t < 2 ? 2 + t * (-4 + t * (2.5 - 0.5 * t)) : 0;
}

interface Taps {
  /** Inputs that each output reads; outside of the row its edge repeats. */
  readonly count: number;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

function tapsOf(from: number, to: number, filter: ResizeFilter): Taps {
  const ratio = from / to;
  const stretch = Math.max(1, ratio);
  const reach = RADIUS[filter] * stretch;
  const count = Math.ceil(2 * reach) + 1;
  const indices = new Int32Array(to * count);
  const weights = new Float64Array(to * count);
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * ratio - 0.5;
    const first = Math.ceil(centre - reach);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = filterAt(filter, (first + k - centre) / stretch);
      indices[out * count + k] = Math.min(from - 1, Math.max(0, first + k));
      weights[out * count + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) weights[out * count + k] = (weights[out * count + k] ?? 0) / sum;
  }
  return { count, indices, weights };
}

/** Multiply-adds between two pauses of a gentle resizing: some milliseconds. */
const SLICE = 1_000_000;

/** Resizes the middle dimension of [outer, from, inner] into `result`; pauses after every slice. */
function* resizeAxis(
  values: Float32Array,
  result: Float32Array,
  { outer, from, inner, to }: { readonly outer: number; readonly from: number; readonly inner: number; readonly to: number },
  filter: ResizeFilter,
): Generator<undefined> {
  const { count, indices, weights } = tapsOf(from, to, filter);
  const rowsPerSlice = Math.max(1, Math.floor(SLICE / (count * inner)));
  for (let row = 0; row < outer * to; row++) {
    const [o, out] = [Math.floor(row / to), row % to];
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let k = 0; k < count; k++) {
        sum += (weights[out * count + k] ?? 0) * (values[(o * from + (indices[out * count + k] ?? 0)) * inner + i] ?? 0);
      }
      result[row * inner + i] = sum;
    }
    if ((row + 1) % rowsPerSlice === 0) yield;
  }
}

function* resizeSteps(
  values: Float32Array<ArrayBuffer>,
  from: Dimensions,
  to: Dimensions,
  channels: number,
  filter: ResizeFilter,
): Generator<undefined, Float32Array<ArrayBuffer>> {
  let wide = values;
  if (from.width !== to.width) {
    wide = new Float32Array(from.height * to.width * channels);
    yield* resizeAxis(values, wide, { outer: from.height, from: from.width, inner: channels, to: to.width }, filter);
  }
  if (from.height === to.height) return wide;
  const result = new Float32Array(to.height * to.width * channels);
  yield* resizeAxis(wide, result, { outer: 1, from: from.height, inner: to.width * channels, to: to.height }, filter);
  return result;
}

/** Values [from.height, from.width, channels] at another size. */
export function resizeValues(
  values: Float32Array<ArrayBuffer>,
  from: Dimensions,
  to: Dimensions,
  channels: number,
  filter: ResizeFilter,
): Float32Array<ArrayBuffer> {
  const steps = resizeSteps(values, from, to, channels, filter);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same bits, in pieces between which the page is drawn and answers. */
export async function resizeGently(
  values: Float32Array<ArrayBuffer>,
  from: Dimensions,
  to: Dimensions,
  channels: number,
  filter: ResizeFilter,
): Promise<Float32Array<ArrayBuffer>> {
  const steps = resizeSteps(values, from, to, channels, filter);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  }
}

/** {@link resizePicture} in pieces between which the page is drawn and answers. */
export async function resizePictureGently(picture: Picture, { height, width }: Dimensions): Promise<Picture> {
  if (picture.height === height && picture.width === width) return picture;
  return { height, width, data: withinUnit(await resizeGently(picture.data, picture, { height, width }, 3, 'cubic')) };
}

function withinUnit(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return values.map((value) => Math.min(1, Math.max(0, value)));
}

/** A picture at another size, squashed where the aspect differs; within [0, 1]. */
export function resizePicture(picture: Picture, { height, width }: Dimensions): Picture {
  if (picture.height === height && picture.width === width) return picture;
  return { height, width, data: withinUnit(resizeValues(picture.data, picture, { height, width }, 3, 'cubic')) };
}

/** The largest middle part of a picture that has the aspect asked for, at that size. */
export function coverPicture(picture: Picture, { height, width }: Dimensions): Picture {
  const scale = Math.min(picture.height / height, picture.width / width);
  const part = { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
  const top = Math.floor((picture.height - part.height) / 2);
  const left = Math.floor((picture.width - part.width) / 2);
  const data = new Float32Array(part.height * part.width * 3);
  for (let y = 0; y < part.height; y++) {
    const start = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(start, start + part.width * 3), y * part.width * 3);
  }
  return resizePicture({ ...part, data }, { height, width });
}
