/**
 * VGG19 (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014) as a
 * description: sixteen 3×3 convolutions with bias and ReLU, 2×2 pooling between the five blocks. Its widths are not part of
 * it: they come from the weights, so thinned nets of the same shape work as they are, and a net may stop early.
 */
import { GramaryeError } from '../engine/errors.js';
import type { Preprocess } from './preprocess.js';

/** One convolution of VGG19. */
export interface VggLayer {
  /** Keras's name, e.g. `block3_conv4`. */
  readonly name: string;
  /** 1 to 5. */
  readonly block: number;
  /** Index of the convolution in torchvision's `features`. */
  readonly torchvisionIndex: number;
  /** Whether 2×2 pooling with stride 2 comes before this convolution. */
  readonly pooledBefore: boolean;
}

const BLOCK_LENGTHS = [2, 2, 4, 4, 4];

/** All sixteen convolutions in order. */
export const VGG19_LAYERS: readonly VggLayer[] = describeVgg19();

function describeVgg19(): VggLayer[] {
  const layers: VggLayer[] = [];
  let torchvisionIndex = 0;
  for (const [block, length] of BLOCK_LENGTHS.entries()) {
    for (let convolution = 1; convolution <= length; convolution++) {
      layers.push({
        name: `block${String(block + 1)}_conv${String(convolution)}`,
        block: block + 1,
        torchvisionIndex,
        pooledBefore: block > 0 && convolution === 1,
      });
      torchvisionIndex += 2; // The convolution and its ReLU.
    }
    torchvisionIndex += 1; // The block's pooling.
  }
  return layers;
}

/** Output channels of the full net, by layer. */
export const VGG19_WIDTHS: readonly number[] = VGG19_LAYERS.map(({ block }) => [64, 128, 256, 512, 512][block - 1] ?? 512);

/** The weights of one convolution. */
export interface VggLayerWeights extends VggLayer {
  readonly inChannels: number;
  readonly outChannels: number;
  /** HWIO: [3, 3, inChannels, outChannels]. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** [outChannels]. */
  readonly bias: Float32Array<ArrayBuffer>;
}

/** A net of VGG19's shape: the first one to sixteen convolutions with their weights, and how a picture enters it. */
export interface VggWeights {
  /** What the user called it. */
  readonly name: string;
  readonly layers: readonly VggLayerWeights[];
  readonly preprocess: Preprocess;
}

/**
 * A layer's place in VGG19.
 *
 * @throws GramaryeError `unknown-layer`.
 */
export function vggLayerIndex(name: string): number {
  const index = VGG19_LAYERS.findIndex((layer) => layer.name === name);
  if (index < 0)
    throw new GramaryeError('unknown-layer', `VGG19 has no layer "${name}".`, {
      remedy: `Its layers are ${VGG19_LAYERS.map((layer) => layer.name).join(', ')}.`,
    });
  return index;
}

/** The layers up to the deepest of the wanted taps, which is all a task has to run. */
export function layersUpTo(taps: readonly string[]): readonly VggLayer[] {
  return VGG19_LAYERS.slice(0, Math.max(-1, ...taps.map(vggLayerIndex)) + 1);
}

/**
 * The net's layers with their weights up to the deepest of the wanted taps.
 *
 * @throws GramaryeError `unknown-layer` for a name VGG19 does not have, or one that this net ends before.
 */
export function netUpTo(net: VggWeights, taps: readonly string[]): readonly VggLayerWeights[] {
  for (const tap of taps) {
    if (vggLayerIndex(tap) >= net.layers.length) throw lacksLayer(net.name, tap, net.layers.at(-1)?.name);
  }
  return net.layers.slice(0, layersUpTo(taps).length);
}

/** The error for a net which ends before a wanted layer. */
export function lacksLayer(net: string, wanted: string, last: string | undefined): GramaryeError {
  return new GramaryeError('unknown-layer', `The net ${net} has no layer "${wanted}": its last layer is ${last ?? 'none'}.`, {
    remedy: `Choose layers up to ${last ?? 'none'}, or a net that goes further.`,
  });
}

/**
 * Checks that layers fit together and are those of VGG19 in order.
 *
 * @throws GramaryeError `bad-weights` naming the net, the layer and both shapes.
 */
export function checkVggLayers(net: string, layers: readonly VggLayerWeights[]): void {
  if (layers.length === 0)
    throw new GramaryeError('bad-weights', `${net} has no convolution of VGG19.`, { remedy: 'Use a file with block1_conv1 (or features.0) onward.' });
  let channels = 3;
  for (const [index, layer] of layers.entries()) {
    const { name, inChannels, outChannels, weights, bias } = layer;
    if (name !== VGG19_LAYERS[index]?.name)
      throw new GramaryeError('internal', `Layer ${String(index)} of ${net} is ${name}, not ${String(VGG19_LAYERS[index]?.name)}.`);
    if (inChannels !== channels) {
      throw new GramaryeError(
        'bad-weights',
        `${net}: the weight of ${name} takes ${String(inChannels)} channels, but ${index === 0 ? 'a picture' : String(layers[index - 1]?.name)} gives ${String(channels)}.`,
        {
          remedy: 'The file mixes nets of different widths.',
        },
      );
    }
    if (outChannels < 1 || weights.length !== 9 * inChannels * outChannels || bias.length !== outChannels) {
      throw new GramaryeError(
        'bad-weights',
        `${net}: ${name} has ${String(weights.length)} weights and ${String(bias.length)} biases for ${String(inChannels)} to ${String(outChannels)} channels.`,
        {
          remedy: `Wanted [3, 3, ${String(inChannels)}, ${String(outChannels)}] and [${String(outChannels)}].`,
        },
      );
    }
    channels = outChannels;
  }
}
