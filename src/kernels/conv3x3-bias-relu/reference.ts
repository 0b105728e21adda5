/** Float64 references of the 3×3 convolution and its gradient: slow and obvious. */
import type { Values } from '../../engine/contract.js';

/** Dimensions of a 3×3 convolution with stride 1. */
export type Conv3x3Dimensions = {
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Circular padding: beyond an edge lies the other edge. Undefined or false: zeros. */
  readonly wrap?: boolean;
};

/** Calls `take` for every product of the convolution: output, input and weight index. */
function forEachProduct(
  { height, width, inChannels, outChannels, wrap = false }: Conv3x3Dimensions,
  take: (output: number, input: number, weight: number) => void,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let tap = 0; tap < 9; tap++) {
        const [above, before] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
        const row = wrap ? (above + height) % height : above;
        const column = wrap ? (before + width) % width : before;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        for (let i = 0; i < inChannels; i++) {
          for (let o = 0; o < outChannels; o++) {
            take((y * width + x) * outChannels + o, (row * width + column) * inChannels + i, (tap * inChannels + i) * outChannels + o);
          }
        }
      }
    }
  }
}

/** `output = relu(input ∗ weights + bias)`, or without the ReLU. */
export function conv3x3Reference(attributes: Conv3x3Dimensions & { readonly relu: boolean }, values: Values): Values {
  const { height, width, outChannels, relu } = attributes;
  const { input = new Float64Array(), weights = new Float64Array(), bias = new Float64Array() } = values;
  const output = Float64Array.from({ length: height * width * outChannels }, (_, index) => bias[index % outChannels] ?? 0);
  forEachProduct(attributes, (o, i, w) => {
    output[o] = (output[o] ?? 0) + (input[i] ?? 0) * (weights[w] ?? 0);
  });
  return { output: relu ? output.map((value) => Math.max(value, 0)) : output };
}

/** `inputGradient[i] = Σ masked outputGradient[o] · weights[w]` over the products that input element i takes part in. */
export function conv3x3InputGradientReference(attributes: Conv3x3Dimensions, values: Values): Values {
  const { outputGradient = new Float64Array(), output = new Float64Array() } = values;
  const masked = outputGradient.map((value, index) => ((output[index] ?? 0) > 0 ? value : 0));
  return conv3x3LinearGradientReference(attributes, { ...values, outputGradient: masked });
}

/** `inputGradient[i] = Σ outputGradient[o] · weights[w]` over the products that input element i takes part in. */
export function conv3x3LinearGradientReference(attributes: Conv3x3Dimensions, values: Values): Values {
  const { height, width, inChannels } = attributes;
  const { outputGradient = new Float64Array(), weights = new Float64Array() } = values;
  const inputGradient = new Float64Array(height * width * inChannels);
  forEachProduct(attributes, (o, i, w) => {
    inputGradient[i] = (inputGradient[i] ?? 0) + (outputGradient[o] ?? 0) * (weights[w] ?? 0);
  });
  return { inputGradient };
}
