/** VGG feature extraction as one op of tfjs, with the gradient to the image. */
import { type Tensor, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { GramaryeError } from '../engine/errors.js';
import type { TfjsOps } from '../kernels/tfjs-ops/tfjs-ops.js';
import { netUpTo, type VggWeights } from './vgg19.js';

/** Feature extraction with the weights of one net, which it keeps on the GPU. */
export interface VggFeatures {
  /**
   * Feature maps [height, width, channels] of an image [height, width, 3], RGB in [0, 1], by layer name, after the ReLU and
   * before the pooling. Throws `unknown-layer`.
   */
  (image: Tensor, taps: readonly string[]): Record<string, Tensor>;
  /** Frees the weights. */
  dispose(): void;
}

/** Puts a net's weights onto the GPU. `pooling` is max unless said otherwise. */
export function vggFeatures(ops: TfjsOps, net: VggWeights, options: { readonly pooling?: 'max' | 'average' } = {}): VggFeatures {
  const pool = (map: Tensor): Tensor => (options.pooling === 'average' ? ops.averagePool2x2(map) : ops.maxPool2x2(map));
  const weights = net.layers.map((layer) => ({
    filter: tensor4d(layer.weights, [3, 3, layer.inChannels, layer.outChannels]),
    bias: tensor1d(layer.bias),
  }));
  const extract = (image: Tensor, taps: readonly string[]): Record<string, Tensor> => {
    const layers = netUpTo(net, taps);
    const mode = net.preprocess.name;
    return tidy(() => {
      const features: Record<string, Tensor> = {};
      let map = ops.preprocess(image, mode);
      layers.forEach((layer, index) => {
        const { filter, bias } = weights[index] ?? {};
        if (filter === undefined || bias === undefined) throw new GramaryeError('internal', `${layer.name} has no weights.`);
        map = ops.conv3x3BiasRelu(layer.pooledBefore ? pool(map) : map, filter, bias);
        if (taps.includes(layer.name)) features[layer.name] = map;
      });
      return features;
    });
  };
  return Object.assign(extract, {
    dispose: () => {
      for (const { filter, bias } of weights) {
        filter.dispose();
        bias.dispose();
      }
    },
  });
}
