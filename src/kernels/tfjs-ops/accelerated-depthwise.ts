/** tfjs's depthwise convolutions and their gradients by our depthwise 3×3 kernels. */
import type { TensorInfo } from '../../engine/tfjs-bridge-ops.js';
import type { ConvolutionGeometry, KernelCall } from '../../engine/tfjs-bridge-override.js';
import { depthwiseConv3x3 } from '../depthwise-conv3x3/depthwise-conv3x3.js';
import { depthwiseConv3x3FilterGradient } from '../depthwise-conv3x3/filter-gradient.js';
import type { Conv3x3Geometry } from '../depthwise-conv3x3/geometry.js';
import { depthwiseConv3x3InputGradient } from '../depthwise-conv3x3/input-gradient.js';
import { activate, epilogueOf, float32Inputs, isRefusal, paddingOf, plainGeometry, refuse, takeOrRefuse, type Refusal } from './accelerated-call.js';

/** Our attributes of a depthwise convolution, or why it is not ours to take. */
function attributesOf(geometry: ConvolutionGeometry): Conv3x3Geometry | Refusal {
  const { batch, height, width, inChannels, outChannels, filterHeight, filterWidth, stride } = geometry;
  if (filterHeight !== 3 || filterWidth !== 3) return refuse(`filter ${String(filterHeight)}×${String(filterWidth)}`);
  if (outChannels !== inChannels) return refuse('channel multiplier');
  if (inChannels % 4 !== 0) return refuse('channels are no multiple of 4');
  if (stride[0] > 2) return refuse(`3×3 with stride ${String(stride[0])}`);
  const padding = paddingOf(geometry);
  return padding === undefined ? refuse('padding') : { batch, height, width, channels: inChannels, stride: stride[0], padding };
}

/** Geometry and attributes together. */
function readCall(
  call: KernelCall,
  inputShape: readonly number[],
  filterShape: readonly number[],
): { geometry: ConvolutionGeometry; attributes: Conv3x3Geometry } | Refusal {
  const geometry = plainGeometry(call, inputShape, filterShape, true);
  if (isRefusal(geometry)) return geometry;
  const attributes = attributesOf(geometry);
  return isRefusal(attributes) ? attributes : { geometry, attributes };
}

/** DepthwiseConv2dNative and FusedDepthwiseConv2D. */
export function acceleratedDepthwise(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['x', 'filter']);
  if (isRefusal(tensors)) return tensors;
  const { x, filter } = tensors as Record<'x' | 'filter', TensorInfo>;
  const read = readCall(call, x.shape, filter.shape);
  if (isRefusal(read)) return read;
  const { batch, outHeight, outWidth, outChannels } = read.geometry;
  const epilogue = epilogueOf(call, outChannels);
  if (isRefusal(epilogue)) return epilogue;
  const { bias, activation } = epilogue;
  const result = takeOrRefuse(call, {
    kernel: depthwiseConv3x3,
    attributes: { ...read.attributes, bias: bias !== undefined, relu6: activation === 'relu6' },
    inputs: { input: x, weights: filter, bias: bias ?? call.runtime.zeros(outChannels) },
    output: 'output',
    shape: [batch, outHeight, outWidth, outChannels],
  });
  return isRefusal(result) || activation !== 'relu' ? result : activate(call, result, activation);
}

/** DepthwiseConv2dNativeBackpropInput. */
export function acceleratedDepthwiseBackpropInput(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['dy', 'filter']);
  if (isRefusal(tensors)) return tensors;
  const { dy, filter } = tensors as Record<'dy' | 'filter', TensorInfo>;
  const shape = [...(call.attributes.inputShape as number[])];
  const read = readCall(call, shape, filter.shape);
  if (isRefusal(read)) return read;
  return takeOrRefuse(call, {
    kernel: depthwiseConv3x3InputGradient,
    attributes: read.attributes,
    inputs: { gradient: dy, weights: filter },
    output: 'inputGradient',
    shape,
  });
}

/** DepthwiseConv2dNativeBackpropFilter. */
export function acceleratedDepthwiseBackpropFilter(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['x', 'dy']);
  if (isRefusal(tensors)) return tensors;
  const { x, dy } = tensors as Record<'x' | 'dy', TensorInfo>;
  const shape = [...(call.attributes.filterShape as number[])];
  const read = readCall(call, x.shape, shape);
  if (isRefusal(read)) return read;
  return takeOrRefuse(call, {
    kernel: depthwiseConv3x3FilterGradient,
    attributes: read.attributes,
    inputs: { input: x, gradient: dy },
    output: 'filterGradient',
    shape,
  });
}
