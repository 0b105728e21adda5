/** Where trained weights can be had: what is known of each source before a byte is fetched. */
import { GramaryeError } from '../../engine/errors.js';
import type { Checksum } from './checksum.js';

/** One source of weights. */
export interface WeightsSource {
  /** What the user calls it. */
  readonly name: string;
  readonly net: 'vgg19' | 'mobilenet-v2';
  /** One sentence. */
  readonly summary: string;
  readonly url: string;
  /** The name it is kept under. */
  readonly fileName: string;
  /** Of the file at the URL; undefined where the publisher does not say. */
  readonly sizeBytes: number | undefined;
  /** Published by the origin. Without one the checksum of the first fetch is kept and compared from then on. */
  readonly checksum: Checksum | undefined;
  readonly licence: string;
  readonly attribution: string;
  /** `caffe` or `torch` for VGG19, `tf` ([-1, 1]) for MobileNetV2. */
  readonly preprocess: 'caffe' | 'torch' | 'tf';
  /** First and last layer. */
  readonly layers: readonly [first: string, last: string];
  /** `convolutions`: only those are fetched, by range requests, and kept as a safetensors file of our own. */
  readonly take: 'file' | 'convolutions';
}

const KERAS = 'https://storage.googleapis.com/tensorflow/keras-applications';

/** All sources, the preferred one of each net first. */
export const WEIGHTS_SOURCES: readonly WeightsSource[] = [
  {
    name: 'vgg19',
    net: 'vgg19',
    summary: 'VGG19 trained on ImageNet, as Keras publishes it, without the classifier.',
    url: `${KERAS}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
    fileName: 'vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5',
    sizeBytes: 80_134_624,
    checksum: { algorithm: 'md5', hex: '253f8cb515780f3b799900260a226db6' },
    licence: 'CC BY 4.0',
    attribution: 'Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford; converted by the Keras team',
    preprocess: 'caffe',
    layers: ['block1_conv1', 'block5_conv4'],
    take: 'file',
  },
  {
    name: 'vgg19-timm',
    net: 'vgg19',
    summary: 'VGG19 trained on ImageNet by torchvision, from the Hugging Face hub; of its 575 MB only the convolutions (80 MB) are fetched.',
    url: 'https://huggingface.co/timm/vgg19.tv_in1k/resolve/main/model.safetensors',
    fileName: 'vgg19.tv_in1k.convolutions.safetensors',
    sizeBytes: undefined,
    checksum: undefined,
    licence: 'BSD-3-Clause',
    attribution: 'torchvision; published by Ross Wightman (timm)',
    preprocess: 'torch',
    layers: ['block1_conv1', 'block5_conv4'],
    take: 'convolutions',
  },
  {
    name: 'mobilenet-v2',
    net: 'mobilenet-v2',
    summary: 'MobileNetV2 (width 1, 224 by 224) trained on ImageNet, as Keras publishes it, with the classifier of 1000 classes.',
    url: `${KERAS}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5`,
    fileName: 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5',
    sizeBytes: 14_536_120,
    checksum: undefined,
    licence: 'Apache-2.0',
    attribution: 'Google; converted by the Keras team',
    preprocess: 'tf',
    layers: ['Conv1', 'predictions'],
    take: 'file',
  },
];

/** The source of a name, or undefined. */
export function findSource(name: string, sources: readonly WeightsSource[] = WEIGHTS_SOURCES): WeightsSource | undefined {
  return sources.find((source) => source.name === name);
}

/**
 * The source of a name.
 *
 * @throws GramaryeError `bad-option` listing the known ones.
 */
export function sourceNamed(name: string, sources: readonly WeightsSource[] = WEIGHTS_SOURCES): WeightsSource {
  const source = findSource(name, sources);
  if (source === undefined)
    throw new GramaryeError('bad-option', `There is no source of weights called "${name}".`, {
      remedy: `Known are ${sources.map((known) => known.name).join(', ')}.`,
    });
  return source;
}
