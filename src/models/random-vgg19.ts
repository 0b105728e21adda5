/**
 * VGG19 with random weights, the net that needs no download. Random convolutional features carry enough of a picture's
 * statistics to make textures and to transfer style (Ustyuzhaninov, Brendel, Gatys and Bethge, "Texture synthesis using
 * shallow convolutional networks with random filters", 2016; He, Wang and Hopcroft, "A powerful generative model using
 * random weights for the deep image representation", 2016), provided the variance is kept in balance layer by layer.
 *
 * The weights are He-normal (He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015) and the biases zero. Then, layer
 * by layer, the weights are scaled so that the mean square of the layer's output after the ReLU is 1 for a fixed small noise
 * picture with a natural picture's spectrum, which the pooling would otherwise push up block by block.
 *
 * Shifting every channel to mean 0 as well (data-dependent initialisation) was tried and is left out: textures of it came
 * out several times further from their style, measured by the Gram matrices of trained VGG19 layers.
 */
import { GramaryeError, throwIfAborted } from '../engine/errors.js';
import { fillPhilox, Philox } from '../engine/random.js';
import { PREPROCESS } from './preprocess.js';
import { VGG19_LAYERS, VGG19_WIDTHS, type VggLayerWeights, type VggWeights } from './vgg19.js';

/** What the text `random-vgg19[:seed][/divisor]` says. */
export interface RandomVggSpec {
  readonly seed: number;
  /** All widths are divided by it: 1 is VGG19's 64 to 512 channels, 4 has a sixteenth of the arithmetic. */
  readonly divisor: number;
}

const DIVISORS = [1, 2, 4, 8, 16];

/**
 * Reads `random-vgg19[:seed][/divisor]`, or gives undefined for another kind of text.
 *
 * @throws GramaryeError `bad-option` for a seed or divisor that is none.
 */
export function parseRandomVgg(text: string): RandomVggSpec | undefined {
  if (!/^random-vgg19(?:$|[:/])/.test(text)) return undefined;
  const match = /^random-vgg19(?::(\d{1,15}))?(?:\/(\d+))?$/.exec(text);
  const divisor = Number(match?.[2] ?? 1);
  if (match === null || !DIVISORS.includes(divisor)) {
    throw new GramaryeError('bad-option', `"${text}" is no random net.`, {
      remedy: `Write random-vgg19[:SEED][/DIVISOR] with a whole number for the seed and one of ${DIVISORS.join(', ')} for the width divisor.`,
    });
  }
  return { seed: Number(match[1] ?? 0), divisor };
}

/**
 * The net of a seed. The same seed gives the same weights on every run; a full-width net has 20 million.
 *
 * @param layerCount how many of the sixteen convolutions to make; the first ones do not depend on it.
 */
export function randomVgg19({ seed, divisor }: RandomVggSpec, layerCount = VGG19_LAYERS.length, signal?: AbortSignal): VggWeights {
  const layers: VggLayerWeights[] = [];
  let map = calibrationInput(divisor === 1 ? 16 : 32);
  for (const [index, layer] of VGG19_LAYERS.slice(0, layerCount).entries()) {
    throwIfAborted(signal);
    const inChannels = map.channels;
    const outChannels = Math.max(1, Math.floor((VGG19_WIDTHS[index] ?? 64) / divisor));
    const weights = new Float32Array(9 * inChannels * outChannels);
    // Stream 0 is left to noise pictures of the same seed.
    fillNormal(weights, seed, index + 1, Math.sqrt(2 / (9 * inChannels)));
    if (layer.pooledBefore) map = pooled(map);
    const response = convolve(map, weights, outChannels);
    balance(response, weights);
    layers.push({ ...layer, inChannels, outChannels, weights, bias: new Float32Array(outChannels) });
    map = response;
  }
  return { name: `random-vgg19:${String(seed)}${divisor === 1 ? '' : `/${String(divisor)}`}`, layers, preprocess: PREPROCESS.caffe };
}

/** A feature map [size, size, channels] that continues periodically, so that it has no border. */
interface PeriodicMap {
  readonly size: number;
  readonly channels: number;
  readonly values: Float32Array<ArrayBuffer>;
}

let quantiles: Float32Array | undefined;

/** Normal quantiles at (i + 1/2) / 65,536: one table look-up turns 16 random bits into a normal number of up to ±4.17. */
function normalQuantiles(): Float32Array {
  quantiles ??= Float32Array.from({ length: 65_536 }, (_, index) => normalQuantile((index + 0.5) / 65_536));
  return quantiles;
}

/** The inverse of the normal distribution function, to 1.15e-9 relative (Acklam, 2003). */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r - 3.066479806614716e1) * r +
      2.506628277459239) *
      q) /
    (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r - 1.328068155288572e1) * r + 1)
  );
}

function fillNormal(values: Float32Array, seed: number, stream: number, deviation: number): void {
  const table = normalQuantiles();
  const words = new Uint32Array(Math.ceil(values.length / 2));
  fillPhilox(words, seed, stream);
  for (let index = 0; index < values.length; index++) {
    const word = words[index >>> 1] ?? 0;
    values[index] = deviation * (table[(index & 1) === 0 ? word & 0xffff : word >>> 16] ?? 0);
  }
}

/** The preprocessed calibration picture: octaves of grey and, weaker, of coloured noise, amplitude in proportion to size. */
function calibrationInput(size: number): PeriodicMap {
  const random = new Philox(0x9e3779b9);
  const planes = [0, 1, 2, 3].map(() => {
    const plane = new Float64Array(size * size);
    for (let cell = size / 2; cell >= 1; cell /= 2) addOctave(plane, size, cell, random);
    return plane;
  });
  const { order, scale, mean } = PREPROCESS.caffe;
  const values = new Float32Array(size * size * 3);
  for (let pixel = 0; pixel < size * size; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const colour = order[channel] ?? 0;
      const value = 0.45 + 0.9 * (planes[3]?.[pixel] ?? 0) + 0.4 * (planes[colour]?.[pixel] ?? 0);
      values[pixel * 3 + channel] = Math.min(Math.max(value, 0), 1) * (scale[channel] ?? 1) - (mean[channel] ?? 0);
    }
  }
  return { size, channels: 3, values };
}

/** Adds periodic noise that is linear between the corners of square cells. */
function addOctave(plane: Float64Array, size: number, cell: number, random: Philox): void {
  const count = size / cell;
  const corners = Float64Array.from({ length: count * count }, () => (random.nextUniform() - 0.5) * Math.sqrt(cell / size) * 1.5);
  const corner = (y: number, x: number): number => corners[(y % count) * count + (x % count)] ?? 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [row, column] = [Math.floor(y / cell), Math.floor(x / cell)];
      const [v, u] = [y / cell - row, x / cell - column];
      const top = corner(row, column) * (1 - u) + corner(row, column + 1) * u;
      const bottom = corner(row + 1, column) * (1 - u) + corner(row + 1, column + 1) * u;
      plane[y * size + x] = (plane[y * size + x] ?? 0) + top * (1 - v) + bottom * v;
    }
  }
}

function pooled({ size, channels, values }: PeriodicMap): PeriodicMap {
  const half = size / 2;
  const result = new Float32Array(half * half * channels);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const first = (2 * y * size + 2 * x) * channels;
      const below = first + size * channels;
      for (let channel = 0; channel < channels; channel++) {
        const top = Math.max(values[first + channel] ?? 0, values[first + channels + channel] ?? 0);
        const bottom = Math.max(values[below + channel] ?? 0, values[below + channels + channel] ?? 0);
        result[(y * half + x) * channels + channel] = Math.max(top, bottom);
      }
    }
  }
  return { size: half, channels, values: result };
}

/** 3×3 convolution with wrap-around, HWIO weights. Zeros of the input, half of it after a ReLU, are skipped. */
function convolve({ size, channels, values }: PeriodicMap, weights: Float32Array, outChannels: number): PeriodicMap {
  const result = new Float32Array(size * size * outChannels);
  const sums = new Float32Array(outChannels);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      sums.fill(0);
      for (let tap = 0; tap < 9; tap++) {
        const row = (y + Math.floor(tap / 3) - 1 + size) % size;
        const column = (x + (tap % 3) - 1 + size) % size;
        const pixel = (row * size + column) * channels;
        for (let input = 0; input < channels; input++) {
          const value = values[pixel + input] ?? 0;
          if (value !== 0) accumulate(sums, weights, (tap * channels + input) * outChannels, value);
        }
      }
      result.set(sums, (y * size + x) * outChannels);
    }
  }
  return { size, channels: outChannels, values: result };
}

function accumulate(sums: Float32Array, weights: Float32Array, row: number, value: number): void {
  for (let output = 0; output < sums.length; output++) sums[output] = (sums[output] ?? 0) + value * (weights[row + output] ?? 0);
}

/** Applies the ReLU to a response in place, scales it to a mean square of 1, and scales the weights alike. */
function balance({ values }: PeriodicMap, weights: Float32Array): void {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    const value = Math.max(values[index] ?? 0, 0);
    values[index] = value;
    sum += value * value;
  }
  const factor = 1 / Math.sqrt(Math.max(sum / values.length, 1e-30));
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * factor;
  for (let index = 0; index < weights.length; index++) weights[index] = (weights[index] ?? 0) * factor;
}
