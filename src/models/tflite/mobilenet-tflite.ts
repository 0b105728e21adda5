/** MobileNetV2 from TensorFlow Lite: float32, float16, or int8 and uint8 dequantised. */
import { GramaryeError } from '../../engine/errors.js';
import { mobileNetFromGraph, type Graph, type GraphNode, type GraphNodeKind } from '../mobilenet/graph.js';
import type { MobileNetWeights } from '../mobilenet/weights.js';
import type { FileTensor } from '../tensor.js';
import { constantValues, readTflite, type TfliteModel, type TfliteOperator } from './tflite.js';

const KINDS: Readonly<Record<string, GraphNodeKind>> = {
  CONV_2D: 'conv',
  DEPTHWISE_CONV_2D: 'depthwise',
  FULLY_CONNECTED: 'dense',
  ADD: 'add',
  MEAN: 'mean',
  AVERAGE_POOL_2D: 'mean',
  QUANTIZE: 'pass',
  DEQUANTIZE: 'pass',
  PAD: 'pass',
  RESHAPE: 'pass',
  SQUEEZE: 'pass',
};

/**
 * The net of a tflite file.
 *
 * @throws GramaryeError `bad-weights` naming the file, and the tensor or layer.
 */
export function mobileNetFromTflite(name: string, bytes: Uint8Array<ArrayBuffer>): MobileNetWeights {
  const model = readTflite(name, bytes);
  const input = model.tensors[model.inputs[0] ?? -1];
  if (input === undefined) throw new GramaryeError('bad-weights', `${name} has no input.`, { remedy: 'The file is damaged.' });
  // Constants in float16 pass through DEQUANTIZE: those names lead back to the stored tensor.
  const storedAs = new Map<string, number>();
  for (const tensor of model.tensors) if (tensor.data !== undefined) storedAs.set(String(tensor.index), tensor.index);
  for (const { kind, inputs, outputs } of model.operators) {
    const stored = storedAs.get(String(inputs[0]));
    if (kind === 'DEQUANTIZE' && stored !== undefined) storedAs.set(String(outputs[0]), stored);
  }
  const graph: Graph = {
    name,
    input: String(input.index),
    nodes: model.operators.filter(({ inputs, kind }) => !(kind === 'DEQUANTIZE' && storedAs.has(String(inputs[0])))).map(nodeOf),
    shapeOf: (value, kind) => {
      const stored = storedAs.get(value);
      return stored === undefined ? undefined : turnedShape(model.tensors[stored]?.shape ?? [], kind);
    },
    constant: (value, kind) => turned(model, storedAs.get(value) ?? Number(value), kind),
    inputScaling: scalingOf(model, input.index),
  };
  return mobileNetFromGraph(graph);
}

function nodeOf(operator: TfliteOperator, index: number): GraphNode {
  const { kind, inputs, outputs, strideHeight, strideWidth, activation } = operator;
  return {
    kind: KINDS[kind] ?? 'other',
    name: `operator ${String(index)}, ${kind}`,
    inputs: inputs.filter((input) => input >= 0).map(String),
    output: String(outputs[0] ?? -1),
    stride: strideHeight === strideWidth ? strideHeight : 0,
    activation: activation === 'relu' ? 'other' : activation,
  };
}

/** tflite's kernels are OHWI, depthwise [1, h, w, channels], dense [out, in]; ours HWIO, [h, w, channels], [in, out]. */
function turnedShape(shape: readonly number[], kind: GraphNodeKind): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  if (kind === 'conv' && shape.length === 4) return [b, c, d, a];
  if (kind === 'depthwise' && shape.length === 4) return [b, c, d];
  return kind === 'dense' && shape.length === 2 ? [b, a] : shape;
}

function turned(model: TfliteModel, index: number, kind: GraphNodeKind): FileTensor {
  const values = constantValues(model, index);
  const shape = model.tensors[index]?.shape ?? [];
  const result = { shape: turnedShape(shape, kind), dtype: 'F32' as const };
  if (kind !== 'conv' && kind !== 'dense') return { ...result, values };
  const outChannels = shape[0] ?? 1;
  const inner = values.length / Math.max(outChannels, 1);
  const swapped = new Float32Array(values.length);
  for (let output = 0; output < outChannels; output++) {
    for (let element = 0; element < inner; element++) swapped[element * outChannels + output] = values[output * inner + element] ?? 0;
  }
  return { ...result, values: swapped };
}

/** How a picture becomes this model's input: its quantisation says it of 0..255, and a float input is [-1, 1]. */
function scalingOf(model: TfliteModel, index: number): { scale: number; offset: number } {
  const quantization = model.tensors[index]?.quantization;
  const [scale, zeroPoint] = [quantization?.scales[0], quantization?.zeroPoints[0]];
  return scale === undefined || zeroPoint === undefined ? { scale: 2, offset: 1 } : { scale: 255 * scale, offset: zeroPoint * scale };
}
