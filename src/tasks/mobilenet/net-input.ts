/** From a picture of any size to the numbers that a classifier takes. */
import { requireInteger } from '../../engine/errors.js';
import { checkPicture, type Picture } from '../picture.js';

/** How a picture becomes as square as the net wants it: its shape ignored, or its middle taken. */
export type ResizeMode = 'squash' | 'crop';

/** How a net wants its pictures. */
export interface NetInputOptions {
  /** Side of the square input in pixels. */
  readonly size: number;
  readonly resize: ResizeMode;
  /** `rgb`, or `bgr` as OpenCV reads files. */
  readonly order: 'rgb' | 'bgr';
  /** `value = picture * scale - offset`, the picture being in [0, 1]. */
  readonly scale: number;
  readonly offset: number;
  /** Average over all the pixels that a smaller one covers, as Pillow does; without it the four nearest are interpolated, as OpenCV does. */
  readonly antialias: boolean;
}

/** One axis of a separable filter: for every output pixel the first input pixel and the weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Triangle filter from `from` pixels in [start, start + length) to `to` pixels, centres half a pixel in. */
function taps(from: number, start: number, length: number, to: number, antialias: boolean): Taps[] {
  const scale = length / to;
  const support = antialias ? Math.max(scale, 1) : 1;
  return Array.from({ length: to }, (_, i) => {
    const center = start + (i + 0.5) * scale - 0.5;
    const low = Math.ceil(center - support);
    const high = Math.floor(center + support);
    const byPixel = new Map<number, number>();
    for (let at = low; at <= high; at++) {
      const weight = Math.max(0, 1 - Math.abs(at - center) / support);
      // Beyond the border the border pixel stands in.
      const inside = Math.min(from - 1, Math.max(0, at));
      if (weight > 0) byPixel.set(inside, (byPixel.get(inside) ?? 0) + weight);
    }
    const total = [...byPixel.values()].reduce((sum, weight) => sum + weight, 0);
    const first = Math.min(...byPixel.keys());
    const weights = new Float64Array(Math.max(...byPixel.keys()) - first + 1);
    for (const [at, weight] of byPixel) weights[at - first] = weight / total;
    return { first, weights };
  });
}

/** A region of a picture at another size. Throws `bad-picture`, `bad-shape`. */
export function resample(
  picture: Picture,
  size: { readonly height: number; readonly width: number },
  options: { readonly antialias: boolean; readonly region?: { readonly top: number; readonly left: number; readonly height: number; readonly width: number } },
): Picture {
  checkPicture('The picture', picture);
  requireInteger('resample', 'height', size.height);
  requireInteger('resample', 'width', size.width);
  const region = options.region ?? { top: 0, left: 0, height: picture.height, width: picture.width };
  const columns = taps(picture.width, region.left, region.width, size.width, options.antialias);
  const rows = taps(picture.height, region.top, region.height, size.height, options.antialias);
  const { data, width } = picture;
  const narrowed = new Float32Array(picture.height * size.width * 3);
  for (let y = 0; y < picture.height; y++) {
    columns.forEach(({ first, weights }, x) => {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0; k < weights.length; k++) {
        const at = (y * width + first + k) * 3;
        const weight = weights[k] ?? 0;
        red += weight * (data[at] ?? 0);
        green += weight * (data[at + 1] ?? 0);
        blue += weight * (data[at + 2] ?? 0);
      }
      const to = (y * size.width + x) * 3;
      narrowed[to] = red;
      narrowed[to + 1] = green;
      narrowed[to + 2] = blue;
    });
  }
  const result = new Float32Array(size.height * size.width * 3);
  const stride = size.width * 3;
  rows.forEach(({ first, weights }, y) => {
    for (let x = 0; x < stride; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (narrowed[(first + k) * stride + x] ?? 0);
      result[y * stride + x] = sum;
    }
  });
  return { height: size.height, width: size.width, data: result };
}

/** A picture squashed or cropped to the square that a net takes. */
export function resizeForNet(picture: Picture, { size, resize, antialias }: Pick<NetInputOptions, 'size' | 'resize' | 'antialias'>): Picture {
  const target = { height: size, width: size };
  if (resize === 'squash') return resample(picture, target, { antialias });
  const side = Math.min(picture.height, picture.width);
  const region = { top: (picture.height - side) / 2, left: (picture.width - side) / 2, height: side, width: side };
  return resample(picture, target, { antialias, region });
}

/** The net's input [size, size, 3] for a picture. */
export function toNetInput(picture: Picture, options: NetInputOptions): Float32Array<ArrayBuffer> {
  const fits = picture.height === options.size && picture.width === options.size;
  const { data } = fits ? picture : resizeForNet(picture, options);
  const { scale, offset } = options;
  const input = new Float32Array(data.length);
  // Plain loops: this runs on the page's thread, picture by picture.
  if (options.order === 'rgb') for (let i = 0; i < data.length; i++) input[i] = (data[i] ?? 0) * scale - offset;
  else {
    for (let i = 0; i < data.length; i += 3) {
      input[i] = (data[i + 2] ?? 0) * scale - offset;
      input[i + 1] = (data[i + 1] ?? 0) * scale - offset;
      input[i + 2] = (data[i] ?? 0) * scale - offset;
    }
  }
  return input;
}
