/** Pixels on the CPU: resizing, and the step between 8-bit RGBA and the float pictures of the tasks. */
import { Pica } from 'pica';
import type { Picture } from '../picture.js';
import type { Dimensions } from './picture-size.js';

/** Opaque 8-bit sRGB, row-major RGBA. */
export interface Pixels extends Dimensions {
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Resamples with Lanczos of three lobes, widened by the scale when shrinking so that nothing aliases: the one filter of the project. In
 * sRGB values, as image libraries do. Pica's plain JavaScript path: the same bits everywhere, and no code made at run time.
 */
export async function resizePixels({ height, width, rgba }: Pixels, to: Dimensions): Promise<Pixels> {
  if (height === to.height && width === to.width) return { height, width, rgba };
  const pica = new Pica({ features: ['js'] });
  const resized = await pica.resizeBuffer({ src: rgba, width, height, toWidth: to.width, toHeight: to.height, filter: 'lanczos3' });
  return { ...to, rgba: new Uint8ClampedArray(resized) };
}

/** The picture of 8-bit pixels: values / 255, alpha dropped. */
export function pictureOfPixels({ height, width, rgba }: Pixels): Picture {
  const data = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) data[pixel * 3 + channel] = (rgba[pixel * 4 + channel] ?? 0) / 255;
  }
  return { height, width, data };
}

/** The nearest 8-bit pixels of a picture; values outside [0, 1] are clipped. */
export function pixelsOfPicture({ height, width, data }: Picture): Pixels {
  const rgba = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) rgba[pixel * 4 + channel] = (data[pixel * 3 + channel] ?? 0) * 255;
  }
  return { height, width, rgba };
}
