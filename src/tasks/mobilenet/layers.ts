/** MobileNetV2 as the list of layers that Keras shows, so that "the last 20 layers" means the same here as there. */
import { GramaryeError } from '../../engine/errors.js';
import type { MobileNetUnitWeights, MobileNetWeights } from '../../models/mobilenet/weights.js';

/** What a layer does. `pad` and a folded `batch-norm` change nothing: the padding is part of the convolution behind it. */
export type NetLayerKind = 'input' | 'conv' | 'depthwise' | 'pad' | 'batch-norm' | 'relu6' | 'add' | 'pool' | 'dense';

/** One layer of the whole net. */
export interface NetLayer {
  /** Keras's name; also the name of its output. */
  readonly name: string;
  readonly kind: NetLayerKind;
  /** Names of the layers whose outputs it takes. */
  readonly inputs: readonly string[];
  /** The unit whose weights it uses. */
  readonly unit?: MobileNetUnitWeights;
  /** Output size; height and width are 1 after pooling. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** As Keras counts them. */
  readonly parameters: number;
  /** Those that gradient descent would change: all but BatchNorm's moving averages. */
  readonly trainable: number;
}

/** Name of the new layer on top, of the pooling below it, and of the picture. */
export const DENSE_LAYER = 'predictions';
export const POOL_LAYER = 'global_average_pooling2d';
export const INPUT_LAYER = 'input_1';

/** What the list is made for. */
export interface NetSize {
  readonly height: number;
  readonly width: number;
  /** Classes of the dense layer on top; 0 for none. */
  readonly classes: number;
}

const CHANNELS = 3;

/** All layers from the picture to the dense layer on top. */
export function mobileNetLayers(net: Pick<MobileNetWeights, 'units'>, size: NetSize): NetLayer[] {
  let { height, width } = size;
  let channels = CHANNELS;
  const layers: NetLayer[] = [];
  const add = (layer: Pick<NetLayer, 'name' | 'kind' | 'inputs'> & Partial<NetLayer>): void => {
    layers.push({ height, width, channels, parameters: 0, trainable: 0, ...layer });
  };
  const last = (): string => layers.at(-1)?.name ?? INPUT_LAYER;
  const ends = new Map<string, string>();
  add({ name: INPUT_LAYER, kind: 'input', inputs: [] });
  for (const unit of net.units) {
    const { name, kind, kernelSize, stride, inChannels, outChannels, batchNorm } = unit;
    if (kind === 'depthwise' && stride === 2) add({ name: name.replace(/depthwise$/, 'pad'), kind: 'pad', inputs: [last()] });
    height = Math.ceil(height / stride);
    width = Math.ceil(width / stride);
    channels = outChannels;
    const count = kernelSize ** 2 * (kind === 'depthwise' ? inChannels : inChannels * outChannels) + (batchNorm === undefined ? outChannels : 0);
    add({ name, kind, inputs: [last()], unit, parameters: count, trainable: count });
    const counts = batchNorm === undefined ? { parameters: 0, trainable: 0 } : { parameters: 4 * outChannels, trainable: 2 * outChannels };
    add({ name: unit.normName, kind: 'batch-norm', inputs: [name], unit, ...counts });
    if (unit.activationName !== undefined) add({ name: unit.activationName, kind: 'relu6', inputs: [last()] });
    if (unit.residual !== undefined) add({ name: unit.residual.name, kind: 'add', inputs: [ends.get(unit.residual.from) ?? INPUT_LAYER, last()] });
    ends.set(name, last());
  }
  if (size.classes > 0) {
    const count = (channels + 1) * size.classes;
    add({ name: POOL_LAYER, kind: 'pool', inputs: [last()], height: 1, width: 1 });
    add({ name: DENSE_LAYER, kind: 'dense', inputs: [POOL_LAYER], height: 1, width: 1, channels: size.classes, parameters: count, trainable: count });
  }
  return layers;
}

/** A layer by name. Throws `unknown-layer`. */
export function layerNamed(layers: readonly NetLayer[], name: string): NetLayer {
  const layer = layers.find((candidate) => candidate.name === name);
  if (layer === undefined) {
    throw new GramaryeError('unknown-layer', `The net has no layer "${name}".`, {
      remedy: `Its last layers are ${layers
        .slice(-8)
        .map((candidate) => candidate.name)
        .join(', ')}.`,
    });
  }
  return layer;
}

/** Whether a layer passes its input through. */
export function isIdentity({ kind, unit }: NetLayer): boolean {
  return kind === 'pad' || (kind === 'batch-norm' && unit?.batchNorm === undefined);
}

/** The layer that really computes what a name stands for: behind padding and folded BatchNorm. */
export function sourceOf(layers: readonly NetLayer[], name: string): NetLayer {
  const layer = layerNamed(layers, name);
  return isIdentity(layer) ? sourceOf(layers, layer.inputs[0] ?? INPUT_LAYER) : layer;
}

/** Parameter counts of a net whose last `trainLast` layers are trained, as Keras's summary gives them. */
export function countParameters(layers: readonly NetLayer[], trainLast: number): { total: number; trainable: number; frozen: number } {
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  const trainable = layers.slice(layers.length - trainLast).reduce((sum, layer) => sum + layer.trainable, 0);
  return { total, trainable, frozen: total - trainable };
}

/**
 * Splits the layers before the last `trainLast`: what is frozen, what is trained, and the outputs of the frozen part that the
 * trained part takes, in the order in which they are made. Throws `bad-option`.
 */
export function splitLayers(
  layers: readonly NetLayer[],
  trainLast: number,
): { readonly frozen: readonly NetLayer[]; readonly trained: readonly NetLayer[]; readonly crossing: readonly NetLayer[] } {
  if (!Number.isInteger(trainLast) || trainLast < 1 || trainLast >= layers.length) {
    throw new GramaryeError('bad-option', `${String(trainLast)} layers from the end are to be trained; the net has ${String(layers.length)}.`, {
      remedy: `Use a whole number from 1 (the dense layer alone) to ${String(layers.length - 1)}.`,
    });
  }
  const cut = layers.length - trainLast;
  const frozen = layers.slice(0, cut);
  const trained = layers.slice(cut);
  const names = new Set(trained.flatMap((layer) => layer.inputs).filter((name) => frozen.some((layer) => layer.name === name)));
  const crossing = [...new Set([...names].map((name) => sourceOf(layers, name)))].sort((a, b) => layers.indexOf(a) - layers.indexOf(b));
  return { frozen, trained, crossing };
}
