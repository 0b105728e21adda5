/** A fine-tuned net as a tfjs layers model: `model.json` with one shard, which `tf.loadLayersModel` opens. */
import { GramaryeError } from '../../engine/errors.js';
import { isIdentity, sourceOf, type NetLayer } from '../mobilenet/layers.js';
import type { FineTuneSettings } from './settings.js';

/** A tensor by Keras's name. */
export type NamedTensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array<ArrayBuffer> }>;

/** What is written beside the net. */
export interface SavedModelInfo {
  readonly classes: readonly string[];
  readonly settings: FineTuneSettings;
  /** `input = picture * scale - offset`, the picture's RGB being in [0, 1]. */
  readonly input: { readonly scale: number; readonly offset: number };
  readonly version: string;
}

/** The two files. */
export interface SavedModel {
  readonly modelJson: string;
  readonly shard: Uint8Array<ArrayBuffer>;
}

/** Name of the shard beside model.json. */
export const SHARD_NAME = 'group1-shard1of1.bin';

/** All weights of the net: the trained ones, and the frozen ones as they were read. */
function allTensors(layers: readonly NetLayer[], trained: NamedTensors): Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }> {
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>();
  const add = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer> | undefined): void => {
    const tensor = trained.get(name) ?? (values === undefined ? undefined : { shape, values });
    if (tensor === undefined) throw new GramaryeError('internal', `The tensor ${name} is missing.`);
    tensors.set(name, tensor);
  };
  for (const layer of layers) {
    const { name, kind, unit, channels } = layer;
    if (unit !== undefined && (kind === 'conv' || kind === 'depthwise')) {
      const { kernelSize: size, inChannels, outChannels } = unit;
      if (kind === 'conv') add(`${name}/kernel`, [size, size, inChannels, outChannels], unit.weights);
      else {
        const kernel = trained.get(`${name}/kernel`)?.values ?? unit.weights;
        tensors.set(`${name}/depthwise_kernel`, { shape: [size, size, inChannels, 1], values: kernel });
      }
      if (unit.batchNorm === undefined) add(`${name}/bias`, [outChannels], unit.bias);
    } else if (kind === 'batch-norm' && !isIdentity(layer)) {
      const norm = unit?.batchNorm;
      add(`${name}/gamma`, [channels], norm?.gamma);
      add(`${name}/beta`, [channels], norm?.beta);
      add(`${name}/moving_mean`, [channels], norm?.mean);
      add(`${name}/moving_variance`, [channels], norm?.variance);
    } else if (kind === 'dense') {
      add(`${name}/kernel`, [], undefined);
      add(`${name}/bias`, [], undefined);
    }
  }
  return tensors;
}

/** A layer's entry in Keras's functional configuration. */
function layerConfig(layer: NetLayer, index: number, layers: readonly NetLayer[], trainable: boolean): { class_name: string; config: Record<string, unknown> } {
  const { name, kind, unit, height, width, channels } = layer;
  const base = { name, trainable, dtype: 'float32' };
  const convolution = {
    ...base,
    kernel_size: [unit?.kernelSize, unit?.kernelSize],
    strides: [unit?.stride, unit?.stride],
    padding: layers[index - 1]?.kind === 'pad' ? 'valid' : 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: unit?.batchNorm === undefined,
  };
  switch (kind) {
    case 'input':
      return { class_name: 'InputLayer', config: { name, batch_input_shape: [null, height, width, channels], dtype: 'float32', sparse: false } };
    case 'conv':
      return { class_name: 'Conv2D', config: { ...convolution, filters: channels } };
    case 'depthwise':
      return { class_name: 'DepthwiseConv2D', config: { ...convolution, depth_multiplier: 1 } };
    case 'pad': {
      // One row behind an even side; one on both sides of an odd one.
      const { height: rows, width: columns } = sourceOf(layers, layer.inputs[0] ?? '');
      const side = (size: number): [number, number] => (size % 2 === 0 ? [0, 1] : [1, 1]);
      return { class_name: 'ZeroPadding2D', config: { ...base, padding: [side(rows), side(columns)], data_format: 'channels_last' } };
    }
    case 'batch-norm':
      return {
        class_name: 'BatchNormalization',
        config: { ...base, axis: -1, momentum: 0.999, epsilon: unit?.batchNorm?.epsilon ?? 1e-3, center: true, scale: true },
      };
    case 'relu6':
      return { class_name: 'ReLU', config: { ...base, max_value: 6 } };
    case 'add':
      return { class_name: 'Add', config: base };
    case 'pool':
      return { class_name: 'GlobalAveragePooling2D', config: { ...base, data_format: 'channels_last' } };
    case 'dense':
      return { class_name: 'Dense', config: { ...base, units: channels, activation: 'softmax', use_bias: true } };
  }
}

/** The files of a model. Folded BatchNorm layers, which do nothing, are left away. */
export function saveLayersModel(layers: readonly NetLayer[], trained: NamedTensors, info: SavedModelInfo): SavedModel {
  const kept = layers.filter((layer) => layer.kind === 'pad' || !isIdentity(layer));
  const inputName = (name: string): string => {
    const layer = layers.find((candidate) => candidate.name === name);
    return layer !== undefined && layer.kind !== 'pad' && isIdentity(layer) ? inputName(layer.inputs[0] ?? '') : name;
  };
  const firstTrained = layers.length - info.settings.trainLast;
  const topology = kept.map((layer, index) => ({
    ...layerConfig(layer, index, kept, layers.indexOf(layer) >= firstTrained),
    name: layer.name,
    inbound_nodes: layer.inputs.length === 0 ? [] : [layer.inputs.map((name) => [inputName(name), 0, 0, {}])],
  }));
  const tensors = allTensors(layers, trained);
  const shard = new Uint8Array([...tensors.values()].reduce((sum, { values }) => sum + values.byteLength, 0));
  let at = 0;
  const weights = [...tensors].map(([name, { shape, values }]) => {
    shard.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
    return { name, shape, dtype: 'float32' };
  });
  const config = { name: 'mobilenet_v2', layers: topology, input_layers: [[kept[0]?.name, 0, 0]], output_layers: [[kept.at(-1)?.name, 0, 0]] };
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: `Gramarye ${info.version}`,
    convertedBy: null,
    modelTopology: { keras_version: '2.11.0', backend: 'tensorflow', model_config: { class_name: 'Functional', config } },
    weightsManifest: [{ paths: [SHARD_NAME], weights }],
    userDefinedMetadata: { gramarye: { classes: info.classes, input: info.input, settings: info.settings } },
  });
  return { modelJson, shard };
}
