import { VGG19_LAYERS, VGG19_WIDTHS } from '../../models/vgg19.js';

/** What a run will take, as far as it can be known before it starts. */
export interface RunEstimate {
  readonly memoryBytes: number;
  /** Arithmetic of one step. */
  readonly flopsPerStep: number;
  /** Of the largest map or the image: what a device has to bind at once. */
  readonly largestBytes: number;
}

/** What decides it. */
export interface EstimateInput {
  readonly height: number;
  readonly width: number;
  readonly taps: readonly string[];
  /** Output channels by layer, when they are not those of the full net. */
  readonly widths?: readonly number[];
}

const FLOAT_BYTES = 4;

/**
 * Estimates one step of VGG19 up to its deepest tap: weights once, every feature map once (the way back needs them all), two
 * gradients of the largest map, image with gradient and two moments. Convolutions only; forward and back to the input cost
 * the same, 18 flops for each pair of channels and position.
 */
export function estimateRun({ height, width, taps, widths = VGG19_WIDTHS }: EstimateInput): RunEstimate {
  const depth = Math.max(...taps.map((tap) => VGG19_LAYERS.findIndex(({ name }) => name === tap))) + 1;
  let [mapHeight, mapWidth, channels] = [height, width, 3];
  let floats = height * width * 3 * 4;
  let largest = height * width * 3;
  let flops = 0;
  for (const [index, layer] of VGG19_LAYERS.slice(0, depth).entries()) {
    if (layer.pooledBefore) [mapHeight, mapWidth] = [Math.floor(mapHeight / 2), Math.floor(mapWidth / 2)];
    const out = widths[index] ?? 0;
    const map = mapHeight * mapWidth * out;
    floats += map + 9 * channels * out + out;
    if (taps.includes(layer.name)) floats += 2 * out * out;
    largest = Math.max(largest, map);
    flops += 2 * 18 * mapHeight * mapWidth * channels * out;
    channels = out;
  }
  return { memoryBytes: (floats + 2 * largest) * FLOAT_BYTES, flopsPerStep: flops, largestBytes: largest * FLOAT_BYTES };
}

/** Channels of `random-vgg19…/divisor`; undefined for another net. */
export function widthsOfSpec(spec: string): readonly number[] | undefined {
  const match = /^random-vgg19(?::\d+)?(?:\/(\d+))?$/.exec(spec);
  if (match === null) return undefined;
  const divisor = Number(match[1] ?? 1);
  return VGG19_WIDTHS.map((width) => Math.max(1, Math.floor(width / divisor)));
}

const RATE_KEY = 'gramarye.flops-per-ms';

/** The rate this browser computed at last time, or undefined. */
export function rememberedRate(): number | undefined {
  try {
    const rate = Number(localStorage.getItem(RATE_KEY));
    return rate > 0 ? rate : undefined;
  } catch {
    return undefined; // Storage can be forbidden; the time is then unknown, as on a first visit.
  }
}

/** Remembers a measured rate for the next estimate. */
export function rememberRate(flopsPerMs: number): void {
  try {
    localStorage.setItem(RATE_KEY, String(flopsPerMs));
  } catch {
    // Nothing depends on it.
  }
}
