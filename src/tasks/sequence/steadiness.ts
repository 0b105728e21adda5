import type { Picture } from '../picture.js';

/** Root mean square of a pixel's change at which it is held by 1/e: above the noise of cameras, below what the eye takes for motion. */
export const CHANGE_SCALE = 0.06;
/** How far around a pixel in px a change lets it go: strokes are wider than edges. */
export const REACH_PX = 3;

/** The largest of the values within {@link REACH_PX} along one axis. */
function widest(values: Float32Array<ArrayBuffer>, lines: number, length: number, lineStride: number, stride: number): Float32Array<ArrayBuffer> {
  const largest = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      let most = 0;
      for (let near = Math.max(0, at - REACH_PX); near <= Math.min(length - 1, at + REACH_PX); near++) {
        most = Math.max(most, values[line * lineStride + near * stride] ?? 0);
      }
      largest[line * lineStride + at * stride] = most;
    }
  }
  return largest;
}

/**
 * How much each element of a frame [height, width, 3] is held to the result before it: exp(−(d / {@link CHANGE_SCALE})²), where d is the
 * largest change of the content near the pixel, as the root mean square over its channels. 1 everywhere where a content is missing or
 * of another size. In the place of the occlusions that optical flow finds in Ruder, Dosovitskiy, Brox, "Artistic style transfer for
 * videos", GCPR 2016: without flow, whatever moved is free.
 */
export function steadinessOf({ height, width, data }: Picture, now: Picture | undefined, before: Picture | undefined): Float32Array<ArrayBuffer> {
  if (now?.data.length !== data.length || before?.data.length !== data.length) return new Float32Array(data.length).fill(1);
  const change = new Float32Array(height * width);
  for (let pixel = 0; pixel < change.length; pixel++) {
    let sum = 0;
    for (let channel = 0; channel < 3; channel++) sum += ((now.data[3 * pixel + channel] ?? 0) - (before.data[3 * pixel + channel] ?? 0)) ** 2;
    change[pixel] = Math.sqrt(sum / 3);
  }
  const near = widest(widest(change, height, width, width, 1), width, height, 1, width);
  return Float32Array.from(data, (_, i) => Math.exp(-(((near[Math.floor(i / 3)] ?? 0) / CHANGE_SCALE) ** 2)));
}
