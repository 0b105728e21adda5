import { createCanvas } from '@napi-rs/canvas';

/**
 * A square picture of floats: `rgb` is row-major, three values a pixel, sRGB-encoded 0 to 1.
 *
 * @typedef {{ size: number, rgb: Float32Array }} Raster
 */

/**
 * A raster of one colour, black if none is given.
 *
 * @param {number} size side in pixels
 * @returns {Raster}
 */
export function createRaster(size, [r, g, b] = [0, 0, 0]) {
  const rgb = new Float32Array(size * size * 3);
  for (let i = 0; i < rgb.length; i += 3) {
    rgb[i] = r;
    rgb[i + 1] = g;
    rgb[i + 2] = b;
  }
  return { size, rgb };
}

/**
 * A canvas to draw on with the 2D API. Its coordinates run from 0 to `units` whatever its size.
 *
 * @param {number} size side in pixels
 * @param {number} units side in drawing units
 */
export function createPlate(size, units) {
  const canvas = createCanvas(size, size);
  const context = canvas.getContext('2d');
  context.scale(size / units, size / units);
  return { canvas, context };
}

/** One channel of a canvas as floats 0 to 1, row-major. Channel 3 is alpha. */
export function readChannel(canvas, channel) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return Float32Array.from({ length: data.length / 4 }, (_, i) => data[i * 4 + channel] / 255);
}

/**
 * Lights the picture from the upper left as if `height` were its relief: diffuse shading plus a soft highlight.
 *
 * @param {Raster} raster changed in place
 * @param {Float32Array} height one value a pixel, in pixels
 * @param {{ diffuse: number, specular: number, shininess?: number }} strength
 */
export function lightRelief({ size, rgb }, height, { diffuse, specular, shininess = 24 }) {
  const light = normalise([-0.55, -0.65, 0.75]);
  const half = normalise([light[0], light[1], light[2] + 1]);
  for (let y = 0; y < size; y++) {
    const up = Math.max(y - 1, 0) * size;
    const down = Math.min(y + 1, size - 1) * size;
    for (let x = 0; x < size; x++) {
      const slopeX = (height[y * size + Math.min(x + 1, size - 1)] - height[y * size + Math.max(x - 1, 0)]) / 2;
      const slopeY = (height[down + x] - height[up + x]) / 2;
      const [nx, ny, nz] = normalise([-slopeX, -slopeY, 1]);
      const lambert = nx * light[0] + ny * light[1] + nz * light[2];
      const facing = Math.max(0, nx * half[0] + ny * half[1] + nz * half[2]);
      const shade = 1 + diffuse * (lambert / light[2] - 1);
      // A flat surface must not be brightened, so the highlight counts from its own flat value.
      const shine = specular * Math.max(0, facing ** shininess - half[2] ** shininess);
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c] * shade + shine;
    }
  }
}

function normalise([x, y, z]) {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** Box filter in both directions, three times over: close to a Gaussian of standard deviation `radius`. */
export function blur(values, size, radius) {
  const reach = Math.max(1, Math.round(radius));
  let from = Float32Array.from(values);
  let to = new Float32Array(values.length);
  for (let pass = 0; pass < 6; pass++) {
    const [step, stride] = pass % 2 === 0 ? [1, size] : [size, 1];
    for (let line = 0; line < size; line++) {
      const start = line * stride;
      const at = (i) => from[start + Math.min(Math.max(i, 0), size - 1) * step];
      let sum = 0;
      for (let i = -reach; i <= reach; i++) sum += at(i);
      for (let i = 0; i < size; i++) {
        to[start + i * step] = sum / (2 * reach + 1);
        sum += at(i + reach + 1) - at(i - reach);
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/**
 * The picture averaged down by a whole factor, as a canvas.
 *
 * @param {Raster} raster
 * @param {number} factor
 */
export function toCanvas({ size, rgb }, factor) {
  const side = Math.floor(size / factor);
  const canvas = createCanvas(side, side);
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < factor; j++) {
          for (let i = 0; i < factor; i++) sum += rgb[((y * factor + j) * size + x * factor + i) * 3 + c];
        }
        image.data[(y * side + x) * 4 + c] = (sum / (factor * factor)) * 255 + 0.5;
      }
      image.data[(y * side + x) * 4 + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
