/**
 * The gate of a layer: one bit for every element of its feature map, set where a gradient passes its ReLU (or its ReLU and
 * the maximum pooling behind it). A 4×4 block of pixels × 4 channels makes two 32-bit words: rows 0–1 and 2–3, bit
 * (row & 1)·16 + column·4 + channel. One invocation of a Winograd output transform owns such a block, so no atomics are
 * needed, and bits of pixels and channels outside the map are 0. For pooling the single bit replaces a mask (1 bit) and
 * the place of the maximum (2 bits for each of a quarter as many elements).
 */
import applyShader from '../../../shaders/gate/apply.wgsl?raw';
import fromOutput from '../../../shaders/gate/from-output.wgsl?raw';
import maxPoolShader from '../../../shaders/gate/max-pool.wgsl?raw';
import type { Pass, Uniform } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** A feature map. */
export interface GatedMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

const WORKGROUP = 64;

/** Shape of the gate of a feature map, in 32-bit words. */
export function gateShape({ height, width, channels }: GatedMap): number[] {
  return [ceilDiv(height, 4), ceilDiv(width, 4), ceilDiv(channels, 4), 2];
}

/** Word and bit of an element. */
export function gateBit({ width, channels }: GatedMap, y: number, x: number, channel: number): { word: number; bit: number } {
  const block = Math.floor(y / 4) * ceilDiv(width, 4) + Math.floor(x / 4);
  return { word: (block * ceilDiv(channels, 4) + Math.floor(channel / 4)) * 2 + ((y >> 1) & 1), bit: (y & 1) * 16 + (x & 3) * 4 + (channel & 3) };
}

/** The gate whose bits `passes` says, as numbers below 2³². */
export function makeGate(map: GatedMap, passes: (y: number, x: number, channel: number) => boolean): Float64Array {
  const gate = new Float64Array(gateShape(map).reduce((product, dimension) => product * dimension, 1));
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      for (let channel = 0; channel < map.channels; channel++) {
        const { word, bit } = gateBit(map, y, x, channel);
        if (passes(y, x, channel)) gate[word] = (gate[word] ?? 0) + 2 ** bit;
      }
    }
  }
  return gate;
}

/** Whether an element's bit is set. */
export function passesGate(map: GatedMap, gate: Float64Array, y: number, x: number, channel: number): boolean {
  const { word, bit } = gateBit(map, y, x, channel);
  return Math.floor((gate[word] ?? 0) / 2 ** bit) % 2 === 1;
}

/** The pass that makes `gate` from `output`. */
export function gateFromOutputPass(map: GatedMap, device: DeviceTraits): Pass {
  const words = gateShape(map).reduce((product, dimension) => product * dimension, 1);
  return {
    shader: { path: 'gate/from-output.wgsl', source: fromOutput },
    constants: { WORKGROUP },
    params: { ...map },
    workgroups: linearWorkgroups(ceilDiv(words, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/** The pass that makes `pooled` and `gate` from `output`. */
export function gatedMaxPoolPass(map: GatedMap, device: DeviceTraits): Pass {
  return { ...gateFromOutputPass(map, device), shader: { path: 'gate/max-pool.wgsl', source: maxPoolShader } };
}

/** The pass that makes `maskedGradient` from `outputGradient` and `gate`. */
export function applyGatePass(map: GatedMap, isPooled: boolean, device: DeviceTraits): Pass {
  return {
    shader: { path: 'gate/apply.wgsl', source: applyShader },
    constants: { WORKGROUP, POOLED: Number(isPooled) },
    params: { ...map },
    workgroups: linearWorkgroups(ceilDiv(map.height * map.width * map.channels, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/**
 * Random inputs whose gates do not depend on rounding: input channel 0 carries at every pixel one of ±10, ±20, different
 * within each pooling window, and reaches every output with factor ±1 from its own pixel; all else adds less than 5.
 */
export function decidedInputs(
  { height, width, inChannels, outChannels }: { readonly height: number; readonly width: number; readonly inChannels: number; readonly outChannels: number },
  uniform: Uniform,
): { input: Float64Array; weights: Float64Array; bias: Float64Array } {
  const input = Float64Array.from({ length: height * width * inChannels }, () => uniform(-1, 1));
  for (let top = 0; top < height; top += 2) {
    for (let left = 0; left < width; left += 2) {
      const values = [-20, -10, 10, 20].map((value) => ({ value, key: uniform(0, 1) })).sort((a, b) => a.key - b.key);
      values.forEach(({ value }, index) => {
        const y = top + (index >> 1);
        const x = left + (index & 1);
        if (y < height && x < width) input[(y * width + x) * inChannels] = value;
      });
    }
  }
  const weights = Float64Array.from({ length: 9 * inChannels * outChannels }, (_, index) => {
    const tap = Math.floor(index / (inChannels * outChannels));
    const isFirst = Math.floor(index / outChannels) % inChannels === 0;
    if (isFirst) return tap === 4 ? (uniform(-1, 1) < 0 ? -1 : 1) : Math.fround(uniform(-1, 1) / 128);
    return Math.fround(uniform(-1, 1) / (4 * inChannels));
  });
  return { input, weights, bias: Float64Array.from({ length: outChannels }, () => uniform(-1, 1)) };
}
