/** The weights of a MobileNetV2, in the one form that every reader makes and every task takes. */
import { GramaryeError } from '../../engine/errors.js';
import type { FileTensor } from '../tensor.js';
import { shapeText, toFloat32 } from '../tensor.js';
import type { MobileNetUnit } from './description.js';

/** A BatchNorm that is not folded: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, a value a channel. */
export interface BatchNorm {
  readonly gamma: Float32Array<ArrayBuffer>;
  readonly beta: Float32Array<ArrayBuffer>;
  readonly mean: Float32Array<ArrayBuffer>;
  readonly variance: Float32Array<ArrayBuffer>;
  readonly epsilon: number;
}

/** Keras's epsilon in MobileNetV2's BatchNorm layers. */
export const MOBILENET_EPSILON = 1e-3;

/** One unit with its weights. */
export interface MobileNetUnitWeights extends MobileNetUnit {
  /** HWIO [k, k, in, out]; of a depthwise convolution [3, 3, channels]. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** [out], added before the BatchNorm if that is apart; zeros where the file has none. */
  readonly bias: Float32Array<ArrayBuffer>;
  /** Undefined where it is folded into weights and bias. */
  readonly batchNorm: BatchNorm | undefined;
}

/** The classifier on top of the pooled features. */
export interface DenseWeights {
  /** [features, classes]. */
  readonly weights: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
  readonly classes: number;
}

/** A whole net. */
export interface MobileNetWeights {
  readonly name: string;
  /** Width multiplier. */
  readonly width: number;
  /** All 52 units, or the first ones of a net that stops early. */
  readonly units: readonly MobileNetUnitWeights[];
  /** Undefined for a backbone. */
  readonly dense: DenseWeights | undefined;
  /** `input = picture * scale - offset`, with the picture's RGB in [0, 1]; [-1, 1] is scale 2, offset 1. */
  readonly input: { readonly scale: number; readonly offset: number };
}

/** The tensors of one unit as a file gives them, kernels in HWIO (depthwise [3, 3, channels, 1] or [3, 3, channels]). */
export interface UnitTensors {
  readonly kernel: FileTensor;
  readonly bias?: FileTensor | undefined;
  readonly batchNorm?:
    | {
        readonly gamma?: FileTensor | undefined;
        readonly beta?: FileTensor | undefined;
        readonly mean: FileTensor;
        readonly variance: FileTensor;
        readonly epsilon: number;
      }
    | undefined;
}

/**
 * Checks a unit's tensors against the description and puts them together.
 *
 * @throws GramaryeError `bad-weights` naming the file, the layer and both shapes.
 */
export function unitWeights(file: string, unit: MobileNetUnit, tensors: UnitTensors): MobileNetUnitWeights {
  const { name, kind, kernelSize, inChannels, outChannels } = unit;
  const wanted = kind === 'depthwise' ? [kernelSize, kernelSize, inChannels] : [kernelSize, kernelSize, inChannels, outChannels];
  const shape =
    kind === 'depthwise' && tensors.kernel.shape.length === 4 && tensors.kernel.shape[3] === 1 ? tensors.kernel.shape.slice(0, 3) : tensors.kernel.shape;
  if (shape.length !== wanted.length || shape.some((dimension, axis) => dimension !== wanted[axis])) {
    throw new GramaryeError('bad-weights', `${file}: the kernel of ${name} has the shape ${shapeText(tensors.kernel.shape)}; wanted ${shapeText(wanted)}.`, {
      remedy: 'The file is damaged or of another net or width.',
    });
  }
  const vector = (tensor: FileTensor | undefined, what: string, absent: number): Float32Array<ArrayBuffer> => {
    if (tensor === undefined) return new Float32Array(outChannels).fill(absent);
    if (tensor.values.length !== outChannels) {
      throw new GramaryeError('bad-weights', `${file}: the ${what} of ${name} has the shape ${shapeText(tensor.shape)}; wanted [${String(outChannels)}].`, {
        remedy: 'The file is damaged.',
      });
    }
    return toFloat32(tensor);
  };
  const norm = tensors.batchNorm;
  return {
    ...unit,
    weights: toFloat32(tensors.kernel),
    bias: vector(tensors.bias, 'bias', 0),
    batchNorm:
      norm === undefined
        ? undefined
        : {
            gamma: vector(norm.gamma, 'gamma', 1),
            beta: vector(norm.beta, 'beta', 0),
            mean: vector(norm.mean, 'moving mean', 0),
            variance: vector(norm.variance, 'moving variance', 1),
            epsilon: norm.epsilon,
          },
  };
}

/**
 * Checks a dense layer.
 *
 * @throws GramaryeError `bad-weights`.
 */
export function denseWeights(file: string, features: number, kernel: FileTensor, bias: FileTensor | undefined): DenseWeights {
  const classes = bias?.values.length ?? kernel.shape.at(-1) ?? 0;
  if (classes < 1 || kernel.values.length !== features * classes || kernel.shape.at(-1) !== classes) {
    throw new GramaryeError(
      'bad-weights',
      `${file}: the classifier has a kernel of shape ${shapeText(kernel.shape)} and ${String(classes)} biases; wanted [${String(features)}, ${String(classes)}].`,
      {
        remedy: 'The file is damaged or of another net.',
      },
    );
  }
  return { weights: toFloat32(kernel), bias: bias === undefined ? new Float32Array(classes) : toFloat32(bias), classes };
}

/** A unit with its BatchNorm multiplied into weights and bias, in float64 before rounding. */
export function foldBatchNorm(unit: MobileNetUnitWeights): MobileNetUnitWeights {
  const { batchNorm, weights, bias, outChannels } = unit;
  if (batchNorm === undefined) return unit;
  const factors = Float64Array.from(batchNorm.gamma, (gamma, channel) => gamma / Math.sqrt((batchNorm.variance[channel] ?? 1) + batchNorm.epsilon));
  // The output channel is the last axis of both layouts. Plain loops: a callback per weight would hold up the page's thread.
  const folded = new Float32Array(weights.length);
  for (let at = 0; at < weights.length; at += outChannels) {
    for (let channel = 0; channel < outChannels; channel++) folded[at + channel] = (weights[at + channel] ?? 0) * (factors[channel] ?? 1);
  }
  return {
    ...unit,
    weights: folded,
    bias: Float32Array.from(bias, (value, channel) => (value - (batchNorm.mean[channel] ?? 0)) * (factors[channel] ?? 1) + (batchNorm.beta[channel] ?? 0)),
    batchNorm: undefined,
  };
}
