/**
 * A whole run in float64 on the CPU, for reference cases: forward, losses' gradients, backward, Adam; with the choice of windows of maximum
 * pooling that f32 cannot decide taken either way.
 */
import { adamHyper, adamReference, adamStepSize } from '../../src/kernels/adam/adam.js';
import { contentLoss, gramLossGradient, preprocess, preprocessGradient, totalVariation } from '../../src/kernels/index.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import type { GoldenCase } from './golden.js';

/** A feature map [height, width, channels]. */
interface Map64 {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** A window whose two largest values are nearly equal. */
export interface NearTie {
  readonly layer: string;
  /** Index of the window in the pooled map. */
  readonly window: number;
  /** Difference of the two over the root mean square of the layer after its ReLU. */
  readonly margin: number;
}

type Layer = VggWeights['layers'][number];

/** A row or column where it stands beyond an edge: that of the other edge, or none. */
function placeOf(at: number, length: number, wrap: boolean): number | undefined {
  if (at >= 0 && at < length) return at;
  return wrap ? (at + length) % length : undefined;
}

/** The convolution of a layer before its ReLU. */
function convolve({ height, width, channels, values }: Map64, { weights, bias, outChannels }: Layer, wrap: boolean): Map64 {
  const output = new Float64Array(height * width * outChannels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sums = output.subarray((y * width + x) * outChannels, (y * width + x + 1) * outChannels);
      sums.set(bias);
      for (let tap = 0; tap < 9; tap++) {
        const [fromY, fromX] = [placeOf(y + Math.floor(tap / 3) - 1, height, wrap), placeOf(x + (tap % 3) - 1, width, wrap)];
        if (fromY === undefined || fromX === undefined) continue;
        for (let c = 0; c < channels; c++) {
          const value = values[(fromY * width + fromX) * channels + c] ?? 0;
          if (value === 0) continue;
          const row = (tap * channels + c) * outChannels;
          for (let o = 0; o < outChannels; o++) sums[o] = (sums[o] ?? 0) + value * (weights[row + o] ?? 0);
        }
      }
    }
  }
  return { height, width, channels: outChannels, values: output };
}

/** The gradient to the input of a layer from that to its output before the ReLU. */
function convolveBack({ height, width, channels, values }: Map64, { weights, inChannels }: Layer, wrap: boolean): Map64 {
  const input = new Float64Array(height * width * inChannels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const gradient = values.subarray((y * width + x) * channels, (y * width + x + 1) * channels);
      if (gradient.every((value) => value === 0)) continue;
      for (let tap = 0; tap < 9; tap++) {
        const [toY, toX] = [placeOf(y + Math.floor(tap / 3) - 1, height, wrap), placeOf(x + (tap % 3) - 1, width, wrap)];
        if (toY === undefined || toX === undefined) continue;
        for (let c = 0; c < inChannels; c++) {
          const row = (tap * inChannels + c) * channels;
          let sum = 0;
          for (let o = 0; o < channels; o++) sum += (gradient[o] ?? 0) * (weights[row + o] ?? 0);
          const at = (toY * width + toX) * inChannels + c;
          input[at] = (input[at] ?? 0) + sum;
        }
      }
    }
  }
  return { height, width, channels: inChannels, values: input };
}

interface Pooled {
  readonly map: Map64;
  /** Index in the map before pooling that each window takes. */
  readonly chosen: Int32Array;
}

/** 2×2 maximum pooling; the windows in `other` take their second largest. Every window's margin goes to `hear`. */
function maxPool({ height, width, channels, values }: Map64, other: ReadonlySet<number>, hear: (window: number, difference: number) => void): Pooled {
  const [half, across] = [Math.floor(height / 2), Math.floor(width / 2)];
  const map = { height: half, width: across, channels, values: new Float64Array(half * across * channels) };
  const chosen = new Int32Array(map.values.length);
  for (let window = 0; window < chosen.length; window++) {
    const c = window % channels;
    const [y, x] = [Math.floor(window / channels / across), Math.floor(window / channels) % across];
    const four = [0, 1, width, width + 1].map((offset) => (2 * y * width + 2 * x + offset) * channels + c);
    const sorted = four.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    const [first = 0, second = 0] = sorted;
    if ((values[first] ?? 0) > 0) hear(window, (values[first] ?? 0) - (values[second] ?? 0));
    chosen[window] = other.has(window) ? second : first;
    map.values[window] = values[chosen[window] ?? 0] ?? 0;
  }
  return { map, chosen };
}

/** A run of a reference case with maximum pooling and without normalised terms. */
export class Float64Run {
  image: Float64Array;
  readonly #golden: GoldenCase;
  readonly #layers: readonly Layer[];
  readonly #mode: 'caffe' | 'torch';
  readonly #wrap: boolean;
  readonly #contents = new Map<string, Float64Array>();
  #moments: { firstMoment: Float64Array; secondMoment: Float64Array };
  #steps = 0;

  constructor(golden: GoldenCase, net: VggWeights) {
    const { settings } = golden;
    const taps = [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers];
    this.#golden = golden;
    this.#layers = net.layers.slice(0, net.layers.findLastIndex(({ name }) => taps.includes(name)) + 1);
    this.#mode = net.preprocess.name;
    this.#wrap = settings.seamless === true;
    this.image = Float64Array.from(golden.init.data);
    this.#moments = { firstMoment: new Float64Array(this.image.length), secondMoment: new Float64Array(this.image.length) };
    const { maps } = this.#forward(Float64Array.from(golden.content.data), []);
    for (const layer of settings.contentLayers) this.#contents.set(layer, maps.get(layer)?.values ?? new Float64Array());
  }

  #forward(image: Float64Array, flips: readonly NearTie[], near = 0): { maps: Map<string, Map64>; pooled: Map<string, Pooled>; ties: NearTie[] } {
    const { height, width } = this.#golden.settings;
    const { output = new Float64Array() } = preprocess.reference({ height, width, mode: this.#mode }, { image });
    const maps = new Map<string, Map64>();
    const pooled = new Map<string, Pooled>();
    const ties: NearTie[] = [];
    let map: Map64 = { height, width, channels: 3, values: output };
    this.#layers.forEach((layer, index) => {
      map = convolve(map, layer, this.#wrap);
      map.values.forEach((value, i) => {
        if (value < 0) map.values[i] = 0;
      });
      maps.set(layer.name, map);
      if (this.#layers[index + 1]?.pooledBefore !== true) return;
      const rms = Math.sqrt(map.values.reduce((sum, value) => sum + value * value, 0) / map.values.length);
      const other = new Set(flips.filter((tie) => tie.layer === layer.name).map(({ window }) => window));
      const result = maxPool(map, other, (window, difference) => {
        if (difference / rms < near) ties.push({ layer: layer.name, window, margin: difference / rms });
      });
      pooled.set(layer.name, result);
      map = result.map;
    });
    return { maps, pooled, ties };
  }

  /** Windows of the present image whose margin is below `near`. */
  nearTies(near: number): NearTie[] {
    return this.#forward(this.image, [], near).ties;
  }

  /** The gradient of the total loss at the present image, with some windows decided the other way. */
  gradient(flips: readonly NearTie[] = []): Float64Array {
    const { settings, tensors } = this.#golden;
    const { height, width } = settings;
    const { maps, pooled } = this.#forward(this.image, flips);
    let gradient: Map64 | undefined;
    for (const [index, layer] of [...this.#layers.entries()].reverse()) {
      const features = maps.get(layer.name);
      if (features === undefined) throw new Error(`There is no ${layer.name}.`);
      const after = this.#layers[index + 1];
      let own = new Float64Array(features.values.length);
      if (gradient !== undefined && after?.pooledBefore === true) {
        const chosen = pooled.get(layer.name)?.chosen ?? new Int32Array();
        for (const [window, at] of chosen.entries()) own[at] = (own[at] ?? 0) + (gradient.values[window] ?? 0);
      } else if (gradient !== undefined) own = gradient.values.slice();
      const positions = features.height * features.width;
      const style = settings.styleLayers.find((term) => term.layer === layer.name);
      if (style !== undefined) {
        const target = tensors.get(`gram.target.${layer.name}`)?.values ?? new Float32Array();
        const difference = gramOf(features);
        difference.forEach((value, i) => {
          difference[i] = value - (target[i] ?? 0);
        });
        const weight = Float64Array.of(settings.styleWeight * style.weight);
        const added = gramLossGradient.reference({ positions, channels: features.channels }, { features: features.values, difference, weight, gradient: own });
        own = Float64Array.from(added.gradient ?? []);
      }
      const target = this.#contents.get(layer.name);
      if (target !== undefined) {
        const weight = Float64Array.of(settings.contentWeight);
        const values = { features: features.values, target, weight, gradient: own };
        own = Float64Array.from(contentLoss.reference({ count: target.length, mode: settings.contentLoss }, values).gradient ?? []);
      }
      own.forEach((_, i) => {
        if (!((features.values[i] ?? 0) > 0)) own[i] = 0;
      });
      gradient = convolveBack({ ...features, values: own }, layer, this.#wrap);
    }
    const { imageGradient = new Float64Array() } = preprocessGradient.reference(
      { height, width, mode: this.#mode },
      { outputGradient: gradient?.values ?? new Float64Array() },
    );
    const weight = Float64Array.of(settings.tvWeight);
    const { gradient: total } = totalVariation.reference(
      { height, width, channels: 3, wrap: this.#wrap },
      { image: this.image, weight, gradient: imageGradient },
    );
    return Float64Array.from(total ?? []);
  }

  /** One update of Adam by a gradient. */
  update(gradient: Float64Array): void {
    const { settings } = this.#golden;
    const schedule = Float64Array.of(adamStepSize(settings, ++this.#steps));
    const hyper = Float64Array.from(adamHyper(settings));
    const values = { gradient, schedule, step: Float64Array.of(0), hyper, image: this.image, ...this.#moments };
    const { image, firstMoment, secondMoment } = adamReference({ count: this.image.length, capacity: 1, clip: true }, values);
    if (image === undefined || firstMoment === undefined || secondMoment === undefined) throw new Error('Adam gave nothing.');
    this.image = image;
    this.#moments = { firstMoment, secondMoment };
  }
}

/** Gram matrix over the positions, in float64. */
function gramOf({ height, width, channels, values }: Map64): Float64Array {
  const gram = new Float64Array(channels * channels);
  for (let p = 0; p < height * width; p++) {
    for (let i = 0; i < channels; i++) {
      const value = values[p * channels + i] ?? 0;
      if (value === 0) continue;
      for (let j = 0; j < channels; j++) gram[i * channels + j] = (gram[i * channels + j] ?? 0) + value * (values[p * channels + j] ?? 0);
    }
  }
  return gram.map((sum) => sum / (height * width));
}
