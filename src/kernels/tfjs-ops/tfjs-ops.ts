/**
 * Kernels as ops of tfjs with registered gradients, to be mixed with its own ops. Feature maps are [height, width, channels],
 * with or without a leading batch of 1; for the Gram matrix any shape whose last dimension is channels.
 */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { registerTfjsBackend } from '../../engine/tfjs-bridge.js';
import { callTfjsOp, registerTfjsOp, scalar, TfjsRuntime, tidy, useRuntime, type Tensor } from '../../engine/tfjs-bridge-ops.js';
import { convolutionOp, inputGradientOp } from './convolution-op.js';
import { gramGradientOp, gramLossOp, gramOp } from './gram-ops.js';
import { averagePoolGradientOp, averagePoolOp, maxPoolGradientOp, maxPoolOp } from './pool-ops.js';
import { preprocessGradientOp, preprocessOp, totalVariationOp } from './picture-ops.js';

/** The ops. Every function makes one new tensor, which the caller disposes or leaves to `tf.tidy`. */
export interface TfjsOps {
  /** Gram matrix [channels, channels] of features […, channels], divided by the number of positions. */
  gram(features: Tensor): Tensor;
  /** normaliser · mean((gram(features) - target)²), a scalar. Gradients to features and target. */
  gramLoss(features: Tensor, target: Tensor, normaliser?: number): Tensor;
  /** Total variation of an image, a scalar. */
  totalVariation(image: Tensor): Tensor;
  /** 3×3 convolution, zero padding, stride 1, with bias and ReLU. Weights [3, 3, in, out]. Gradients to all three. */
  conv3x3BiasRelu(input: Tensor, weights: Tensor, bias: Tensor, options?: { readonly relu?: boolean }): Tensor;
  /** 2×2 maximum pooling with stride 2; odd edges are dropped, of equal maxima the first takes the gradient. */
  maxPool2x2(input: Tensor): Tensor;
  /** 2×2 average pooling with stride 2; odd edges are dropped. */
  averagePool2x2(input: Tensor): Tensor;
  /** An RGB picture in [0, 1] as a network wants it. */
  preprocess(image: Tensor, mode: 'caffe' | 'torch'): Tensor;
  /** Frees what the ops keep between calls. */
  destroy(): void;
}

/** Height, width and channels of a feature map. Throws `bad-shape`. */
function mapDimensions(op: string, { shape }: Tensor): { height: number; width: number; channels: number } {
  const [height, width, channels] = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  if (height === undefined || width === undefined || channels === undefined || shape.length > 4 || (shape.length === 4 && shape[0] !== 1)) {
    throw new GramaryeError('bad-shape', `${op} wants [height, width, channels] or [1, height, width, channels]; it was given [${shape.join(', ')}].`);
  }
  return { height, width, channels };
}

function gramDimensions(op: string, { shape, size }: Tensor): { positions: number; channels: number } {
  const channels = shape.at(-1);
  if (channels === undefined || shape.length < 2)
    throw new GramaryeError('bad-shape', `${op} wants features […, channels]; it was given [${shape.join(', ')}].`);
  return { positions: size / channels, channels };
}

function only(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new GramaryeError('internal', 'An op of tfjs gave no output.');
  return first;
}

/**
 * Makes tfjs run on the engine's device (unless it does already, through `runtime`) and registers the ops.
 * Gradients of tfjs's own ops are registered by importing `@tensorflow/tfjs-core/dist/register_all_gradients`.
 */
export async function createTfjsOps(engine: Engine, options: { readonly flush?: ConstructorParameters<typeof TfjsRuntime>[2] } = {}): Promise<TfjsOps> {
  const backend = await registerTfjsBackend(engine);
  const runtime = new TfjsRuntime(engine, backend, options.flush);
  useRuntime(backend, runtime);
  for (const op of [gramOp, gramGradientOp]) registerTfjsOp(op);
  registerTfjsOp(gramLossOp);
  registerTfjsOp(totalVariationOp);
  registerTfjsOp(convolutionOp);
  registerTfjsOp(inputGradientOp);
  for (const op of [maxPoolOp, maxPoolGradientOp, averagePoolOp, averagePoolGradientOp]) registerTfjsOp(op);
  for (const op of [preprocessOp, preprocessGradientOp]) registerTfjsOp(op);
  return {
    gram: (features) => only(callTfjsOp('gram', { features }, gramDimensions('gram', features))),
    gramLoss: (features, target, normaliser = 1) =>
      // The difference is an output as well, kept for the gradient only.
      tidy(() => only(callTfjsOp('gramLoss', { features, target, normaliser: scalar(normaliser) }, gramDimensions('gramLoss', features)))),
    totalVariation: (image) => tidy(() => only(callTfjsOp('totalVariation', { image, weight: scalar(1) }, mapDimensions('totalVariation', image)))),
    conv3x3BiasRelu: (input, weights, bias, { relu = true } = {}) => {
      const { height, width, channels } = mapDimensions('conv3x3BiasRelu', input);
      return only(callTfjsOp('conv3x3BiasRelu', { input, weights, bias }, { height, width, inChannels: channels, outChannels: bias.size, relu }));
    },
    maxPool2x2: (input) => only(callTfjsOp('maxPool2x2', { input }, mapDimensions('maxPool2x2', input))),
    averagePool2x2: (input) => only(callTfjsOp('averagePool2x2', { input }, mapDimensions('averagePool2x2', input))),
    preprocess: (image, mode) => {
      const { height, width, channels } = mapDimensions('preprocess', image);
      if (channels !== 3) throw new GramaryeError('bad-shape', `preprocess wants 3 channels; it was given ${String(channels)}.`);
      return only(callTfjsOp('preprocess', { image }, { height, width, mode }));
    },
    destroy: () => {
      runtime.destroy();
    },
  };
}
