/** MobileNetV2 from a tfjs graph model: the operators of its topology, the constants of its manifest. */
import { GramaryeError } from '../../engine/errors.js';
import type { ReadOptions } from '../byte-source.js';
import { arrayAt, numberAt, objectAt, textAt, type JsonObject } from '../json.js';
import { listed } from '../safetensors.js';
import type { TfjsModelFile } from '../tfjs-manifest.js';
import { mobileNetFromGraph, type GraphNode, type GraphNodeKind } from './graph.js';
import type { MobileNetWeights } from './weights.js';

const KINDS: Readonly<Record<string, GraphNodeKind>> = {
  Conv2D: 'conv',
  _FusedConv2D: 'conv',
  DepthwiseConv2dNative: 'depthwise',
  FusedDepthwiseConv2dNative: 'depthwise',
  MatMul: 'dense',
  _FusedMatMul: 'dense',
  BiasAdd: 'bias',
  FusedBatchNorm: 'batch-norm',
  FusedBatchNormV2: 'batch-norm',
  FusedBatchNormV3: 'batch-norm',
  Relu6: 'relu6',
  Add: 'add',
  AddV2: 'add',
  Mean: 'mean',
  AvgPool: 'mean',
  Identity: 'pass',
  Pad: 'pass',
  Reshape: 'pass',
  Squeeze: 'pass',
};

/** Whether a model.json is a graph model. */
export function isGraphModel(file: TfjsModelFile): boolean {
  return arrayAt(file.topology, 'node') !== undefined;
}

/**
 * The net of a graph model.
 *
 * @throws GramaryeError `bad-weights` naming the file and the layer.
 */
export async function mobileNetFromTfjsGraph(file: TfjsModelFile, options: ReadOptions = {}): Promise<MobileNetWeights> {
  const name = file.source.name;
  const topology = arrayAt(file.topology, 'node') ?? [];
  const placeholders = topology.filter((node) => textAt(node, 'op') === 'Placeholder').map((node) => textAt(node, 'name'));
  const input = placeholders[0];
  if (input === undefined)
    throw new GramaryeError(
      'bad-weights',
      `${name} has no input placeholder; its first nodes are ${listed(topology.map((node) => textAt(node, 'name') ?? '?'))}.`,
      { remedy: 'Give a tfjs graph model of MobileNetV2.' },
    );
  const tensors = await file.readTensors(file.names, options);
  return mobileNetFromGraph({
    name,
    input,
    nodes: topology.map(nodeOf),
    shapeOf: (value) => tensors.get(value)?.shape,
    constant: (value) => {
      const tensor = tensors.get(value);
      if (tensor === undefined)
        throw new GramaryeError('bad-weights', `${name}: "${value}" is no constant of the model.`, { remedy: 'The file is damaged or another kind of graph.' });
      return tensor;
    },
    inputScaling: { scale: 2, offset: 1 },
  });
}

function nodeOf(node: unknown): GraphNode {
  const op = textAt(node, 'op') ?? '';
  const attributes = objectAt(node, 'attr');
  const name = textAt(node, 'name') ?? '';
  // The operators that are fused behind a convolution; the bias is an input of its own.
  const fused = texts(objectAt(attributes, 'fused_ops')).filter((step) => step !== 'BiasAdd');
  const strides = numbers(objectAt(attributes, 'strides'));
  const epsilon = numberAt(objectAt(attributes, 'epsilon'), 'f');
  return {
    kind: KINDS[op] ?? 'other',
    name,
    // `name:1` is a second output, `^name` orders without data.
    inputs: (arrayAt(node, 'input') ?? [])
      .filter((input): input is string => typeof input === 'string' && !input.startsWith('^'))
      .map((input) => input.replace(/:0$/, '')),
    output: name,
    stride: strides.length === 4 && strides[1] === strides[2] ? (strides[1] ?? 1) : 1,
    activation: fused.length === 0 ? 'none' : fused.length === 1 && fused[0] === 'Relu6' ? 'relu6' : 'other',
    ...(epsilon === undefined ? {} : { epsilon }),
  };
}

/** A list attribute of whole numbers, which protobuf's JSON writes as texts. */
function numbers(attribute: JsonObject | undefined): number[] {
  return (arrayAt(objectAt(attribute, 'list'), 'i') ?? []).map(Number);
}

/** A list attribute of byte texts, which protobuf's JSON writes in base 64. */
function texts(attribute: JsonObject | undefined): string[] {
  return (arrayAt(objectAt(attribute, 'list'), 's') ?? []).map((text) => {
    try {
      return atob(String(text));
    } catch {
      return String(text);
    }
  });
}
