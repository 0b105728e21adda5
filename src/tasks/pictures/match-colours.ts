/**
 * Colours of a style picture brought to those of the content before the run (Gatys, Bethge, Hertzmann, Shechtman, "Preserving color in
 * neural artistic style transfer", 2016, section 4). In float64, on sRGB values as they are.
 */
import type { Picture } from '../picture.js';
import type { ColourKind } from '../settings.js';

type Vector = readonly [number, number, number];
/** Row-major 3 × 3. */
type Matrix = readonly number[];

/** Variance that is added to every colour direction, a level of 8 bits: without it a grey picture could not be divided by. */
const RIDGE = (1 / 255) ** 2;

/** Mean and covariance of a picture's colours. */
export function colourMoments({ data }: Pick<Picture, 'data'>): { readonly mean: Vector; readonly covariance: Matrix } {
  const pixels = data.length / 3;
  const sum = [0, 0, 0];
  const products = new Array<number>(9).fill(0);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let a = 0; a < 3; a++) {
      const value = data[3 * pixel + a] ?? 0;
      sum[a] = (sum[a] ?? 0) + value;
      for (let b = 0; b < 3; b++) products[3 * a + b] = (products[3 * a + b] ?? 0) + value * (data[3 * pixel + b] ?? 0);
    }
  }
  const [red = 0, green = 0, blue = 0] = sum.map((value) => value / pixels);
  const mean = [red, green, blue] as const;
  return { mean, covariance: products.map((value, index) => value / pixels - (mean[Math.floor(index / 3)] ?? 0) * (mean[index % 3] ?? 0)) };
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: 9 }, (_, index) => {
    const [row, column] = [Math.floor(index / 3), index % 3];
    return [0, 1, 2].reduce((sum, k) => sum + (a[3 * row + k] ?? 0) * (b[3 * k + column] ?? 0), 0);
  });
}

/** f of a symmetric matrix by its eigenvalues: Jacobi rotations, which three dimensions bring to rest in a few rounds. */
function ofEigenvalues(matrix: Matrix, f: (eigenvalue: number) => number): Matrix {
  let a = matrix;
  let vectors: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let round = 0; round < 30; round++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = a[3 * p + q] ?? 0;
      const angle = off === 0 ? 0 : 0.5 * Math.atan2(2 * off, (a[4 * q] ?? 0) - (a[4 * p] ?? 0));
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
      rotation[4 * p] = rotation[4 * q] = cos;
      rotation[3 * p + q] = sin;
      rotation[3 * q + p] = -sin;
      const transposed = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((index) => rotation[index] ?? 0);
      a = multiply(multiply(transposed, a), rotation);
      vectors = multiply(vectors, rotation);
    }
  }
  const values = [0, 4, 8].map((index) => f(Math.max(0, a[index] ?? 0)));
  const scaled = vectors.map((value, index) => value * (values[index % 3] ?? 0));
  return multiply(
    scaled,
    [0, 3, 6, 1, 4, 7, 2, 5, 8].map((index) => vectors[index] ?? 0),
  );
}

/**
 * The style picture with mean and covariance of the content's colours, by the one linear map that moves colours least: the optimal
 * transport between two normal distributions. Values outside [0, 1] are clipped.
 */
export function matchCovariance(style: Picture, content: Picture): Picture {
  const [from, to] = [colourMoments(style), colourMoments(content)];
  const ridged = from.covariance.map((value, index) => value + (index % 4 === 0 ? RIDGE : 0));
  const root = ofEigenvalues(ridged, Math.sqrt);
  const inverse = ofEigenvalues(ridged, (value) => 1 / Math.sqrt(value));
  const middle = ofEigenvalues(multiply(multiply(root, to.covariance), root), Math.sqrt);
  const map = multiply(multiply(inverse, middle), inverse);
  const data = new Float32Array(style.data.length);
  for (let i = 0; i < data.length; i += 3) {
    for (let a = 0; a < 3; a++) {
      let value = to.mean[a] ?? 0;
      for (let b = 0; b < 3; b++) value += (map[3 * a + b] ?? 0) * ((style.data[i + b] ?? 0) - (from.mean[b] ?? 0));
      data[i + a] = Math.min(1, Math.max(0, value));
    }
  }
  return { height: style.height, width: style.width, data };
}

/** The style picture with the content's distribution of every channel: the value of the same rank takes its place. Equal values stay equal. */
export function matchHistogram(style: Picture, content: Picture): Picture {
  const data = new Float32Array(style.data.length);
  for (let channel = 0; channel < 3; channel++) {
    const isOwn = (_: number, index: number): boolean => index % 3 === channel;
    const wanted = content.data.filter(isOwn).sort();
    const own = style.data.filter(isOwn);
    const sorted = own.slice().sort();
    const at = (position: number): number => {
      const low = Math.floor(position);
      const share = position - low;
      return (wanted[low] ?? 0) * (1 - share) + (wanted[Math.min(low + 1, wanted.length - 1)] ?? 0) * share;
    };
    // By value the middle of its ranks, so that no noise is made of equal values.
    const target = new Map<number, number>();
    for (let first = 0; first < sorted.length;) {
      const value = sorted[first] ?? 0;
      let end = first;
      while (end < sorted.length && sorted[end] === value) end++;
      const rank = sorted.length === 1 ? 0.5 : (first + end - 1) / 2 / (sorted.length - 1);
      target.set(value, at(rank * (wanted.length - 1)));
      first = end;
    }
    own.forEach((value, pixel) => {
      data[3 * pixel + channel] = target.get(value) ?? value;
    });
  }
  return { height: style.height, width: style.width, data };
}

/** A style picture with the colours that the settings want of it; as it is where they want nothing or there is no content. */
export function matchColours(style: Picture, content: Picture | undefined, colours: ColourKind | undefined): Picture {
  if (content === undefined) return style;
  if (colours === 'covariance') return matchCovariance(style, content);
  return colours === 'histogram' ? matchHistogram(style, content) : style;
}
