/** MobileNetV2 in float64, slow and plain: what every faster way must equal. */
import type { MobileNetUnitWeights, MobileNetWeights } from '../../src/models/mobilenet/weights.js';

/** A feature map [height, width, channels]. */
export interface Map64 {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** The outputs of a net: the last feature map, and the logits where there is a classifier. */
export interface MobileNetOutputs {
  readonly features: Map64;
  readonly logits: Float64Array | undefined;
}

/** Runs a net on a picture [height, width, 3] in [0, 1]. */
export function mobileNetReference(
  net: MobileNetWeights,
  picture: { readonly height: number; readonly width: number; readonly values: ArrayLike<number> },
): MobileNetOutputs {
  let map: Map64 = { ...picture, channels: 3, values: Float64Array.from(picture.values, (value) => value * net.input.scale - net.input.offset) };
  const outputs = new Map<string, Map64>();
  for (const unit of net.units) {
    map = unitReference(unit, map);
    const added = unit.residual === undefined ? undefined : outputs.get(unit.residual.from);
    if (added !== undefined) map = { ...map, values: map.values.map((value, index) => value + (added.values[index] ?? NaN)) };
    outputs.set(unit.name, map);
  }
  const { dense } = net;
  if (dense === undefined) return { features: map, logits: undefined };
  const pixels = map.height * map.width;
  const logits = Float64Array.from(dense.bias);
  for (let channel = 0; channel < map.channels; channel++) {
    let mean = 0;
    for (let pixel = 0; pixel < pixels; pixel++) mean += (map.values[pixel * map.channels + channel] ?? NaN) / pixels;
    for (let label = 0; label < dense.classes; label++) logits[label] = (logits[label] ?? NaN) + mean * (dense.weights[channel * dense.classes + label] ?? NaN);
  }
  return { features: map, logits };
}

/** One unit: convolution with TensorFlow's `same` padding, bias, BatchNorm, ReLU6; without its addition. */
export function unitReference(unit: MobileNetUnitWeights, { height, width, channels, values }: Map64): Map64 {
  const { kernelSize, stride, outChannels, kind, weights, bias, batchNorm, activationName } = unit;
  const [outHeight, outWidth] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const top = Math.floor(Math.max(0, (outHeight - 1) * stride + kernelSize - height) / 2);
  const left = Math.floor(Math.max(0, (outWidth - 1) * stride + kernelSize - width) / 2);
  const result = new Float64Array(outHeight * outWidth * outChannels);
  const sums = new Float64Array(outChannels);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      sums.set(bias);
      for (let ky = 0; ky < kernelSize; ky++) {
        for (let kx = 0; kx < kernelSize; kx++) {
          const [row, column] = [y * stride + ky - top, x * stride + kx - left];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const pixel = (row * width + column) * channels;
          const tap = (ky * kernelSize + kx) * channels;
          if (kind === 'depthwise') {
            for (let channel = 0; channel < channels; channel++)
              sums[channel] = (sums[channel] ?? 0) + (values[pixel + channel] ?? 0) * (weights[tap + channel] ?? 0);
          } else {
            for (let input = 0; input < channels; input++) {
              const value = values[pixel + input] ?? 0;
              if (value === 0) continue;
              const from = (tap + input) * outChannels;
              for (let output = 0; output < outChannels; output++) sums[output] = (sums[output] ?? 0) + value * (weights[from + output] ?? 0);
            }
          }
        }
      }
      const at = (y * outWidth + x) * outChannels;
      for (let output = 0; output < outChannels; output++) {
        let value = sums[output] ?? 0;
        if (batchNorm !== undefined)
          value =
            ((value - (batchNorm.mean[output] ?? 0)) / Math.sqrt((batchNorm.variance[output] ?? 0) + batchNorm.epsilon)) * (batchNorm.gamma[output] ?? 0) +
            (batchNorm.beta[output] ?? 0);
        result[at + output] = activationName === undefined ? value : Math.min(Math.max(value, 0), 6);
      }
    }
  }
  return { height: outHeight, width: outWidth, channels: outChannels, values: result };
}
