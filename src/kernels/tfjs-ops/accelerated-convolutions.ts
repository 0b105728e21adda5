/** tfjs's Conv2D, FusedConv2D and their gradients by our 3×3, 1×1 and stem kernels. */
import type { TensorInfo } from '../../engine/tfjs-bridge-ops.js';
import type { ConvolutionGeometry, KernelCall } from '../../engine/tfjs-bridge-override.js';
import { conv3x3BiasRelu } from '../conv3x3-bias-relu/conv3x3-bias-relu.js';
import { conv3x3LinearGradient } from '../conv3x3-bias-relu/conv3x3-linear-gradient.js';
import { conv3x3FilterGradient } from '../conv3x3-filter-gradient/conv3x3-filter-gradient.js';
import { pointwiseConvFilterGradient } from '../pointwise-conv/filter-gradient.js';
import { pointwiseConvInputGradient } from '../pointwise-conv/input-gradient.js';
import { pointwiseConv } from '../pointwise-conv/pointwise-conv.js';
import { stemConv3x3FilterGradient } from '../stem-conv3x3/filter-gradient.js';
import { stemConv3x3 } from '../stem-conv3x3/stem-conv3x3.js';
import {
  activate,
  chooseVariant,
  epilogueOf,
  float32Inputs,
  isRefusal,
  paddingOf,
  plainGeometry,
  refuse,
  runStand,
  shape4,
  takeOrRefuse,
  type FollowingActivation,
  type Refusal,
} from './accelerated-call.js';

/** Which of our families a geometry belongs to, or why to none. */
function familyOf(geometry: ConvolutionGeometry): 'pointwise' | '3x3' | 'stem' | Refusal {
  const { filterHeight, filterWidth, stride, inChannels, outChannels, height, width, outHeight, outWidth } = geometry;
  const filter = `${String(filterHeight)}×${String(filterWidth)}`;
  if (filter === '1×1') return stride[0] === 1 && outHeight === height && outWidth === width ? 'pointwise' : refuse('1×1 with stride or padding');
  if (filter !== '3×3') return refuse(`filter ${filter}`);
  const padding = paddingOf(geometry);
  if (padding === undefined) return refuse('padding');
  if (stride[0] === 1) return '3x3';
  return stride[0] === 2 && inChannels === 3 && outChannels % 4 === 0 ? 'stem' : refuse(`3×3 with stride ${String(stride[0])}`);
}

/** Rows of a batch stacked into one picture: with padding a row of zeros after each picture keeps them apart. */
interface Stacking {
  readonly isPadded: boolean;
  readonly height: number;
  readonly rowsPerPicture: number;
}

function stackingOf({ batch, height, outHeight }: ConvolutionGeometry): Stacking {
  const isPadded = outHeight === height;
  const rowsPerPicture = isPadded && batch > 1 ? height + 1 : height;
  return { isPadded, height: batch * rowsPerPicture, rowsPerPicture };
}

const pad = (call: KernelCall, x: TensorInfo, rows: [number, number], columns: [number, number]): TensorInfo =>
  call.stock('PadV2', { x }, { paddings: [[0, 0], rows, columns, [0, 0]], constantValue: 0 });

const slice = (call: KernelCall, x: TensorInfo, begin: number[], size: number[]): TensorInfo => {
  const result = call.stock('Slice', { x }, { begin, size });
  call.runtime.discard(x);
  return result;
};

function convolution3x3(
  call: KernelCall,
  geometry: ConvolutionGeometry,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  activation: FollowingActivation,
): TensorInfo | Refusal {
  const { batch, width, inChannels, outChannels, outHeight, outWidth } = geometry;
  const { isPadded, height, rowsPerPicture } = stackingOf(geometry);
  const attributes = { height, width, inChannels, outChannels, relu: activation === 'relu' };
  const variant = chooseVariant(call, conv3x3BiasRelu, attributes);
  if (typeof variant !== 'string') return variant;
  const isApart = rowsPerPicture !== geometry.height;
  const input = isApart ? pad(call, x, [0, 1], [0, 0]) : x;
  const inputs = { input, weights: filter, bias: bias ?? call.runtime.zeros(outChannels) };
  const whole = runStand(call, { kernel: conv3x3BiasRelu, attributes, inputs, output: 'output', shape: [batch, rowsPerPicture, width, outChannels] }, variant);
  if (isApart) call.runtime.discard(input);
  const corner = isPadded ? 0 : 1;
  const result = isApart || !isPadded ? slice(call, whole, [0, corner, corner, 0], [batch, outHeight, outWidth, outChannels]) : whole;
  return activation === 'relu6' ? activate(call, result, activation) : result;
}

/** Conv2D and FusedConv2D. */
export function acceleratedConv2D(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['x', 'filter']);
  if (isRefusal(tensors)) return tensors;
  const { x, filter } = tensors as Record<'x' | 'filter', TensorInfo>;
  const geometry = plainGeometry(call, x.shape, filter.shape, false);
  if (isRefusal(geometry)) return geometry;
  const { batch, height, width, inChannels, outChannels, outHeight, outWidth } = geometry;
  if (shape4(filter)[2] !== inChannels) return refuse('grouped');
  const family = familyOf(geometry);
  if (typeof family === 'object') return family;
  const epilogue = epilogueOf(call, outChannels);
  if (isRefusal(epilogue)) return epilogue;
  const { bias, activation } = epilogue;
  if (family === '3x3') return convolution3x3(call, geometry, x, filter, bias, activation);
  const fused = { bias: bias !== undefined, relu6: activation === 'relu6' };
  const inputs = { input: x, weights: filter, bias: bias ?? call.runtime.zeros(outChannels) };
  const shape = [batch, outHeight, outWidth, outChannels];
  const result =
    family === 'pointwise'
      ? takeOrRefuse(call, {
          kernel: pointwiseConv,
          attributes: { pixels: batch * height * width, inChannels, outChannels, ...fused },
          inputs,
          output: 'output',
          shape,
        })
      : takeOrRefuse(call, {
          kernel: stemConv3x3,
          attributes: { batch, height, width, outChannels, padding: paddingOf(geometry) ?? 'same', ...fused },
          inputs,
          output: 'output',
          shape,
        });
  return isRefusal(result) || activation !== 'relu' ? result : activate(call, result, activation);
}

/** Conv2DBackpropInput. */
export function acceleratedConv2DBackpropInput(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['dy', 'filter']);
  if (isRefusal(tensors)) return tensors;
  const { dy, filter } = tensors as Record<'dy' | 'filter', TensorInfo>;
  const geometry = plainGeometry(call, call.attributes.inputShape as number[], filter.shape, false);
  if (isRefusal(geometry)) return geometry;
  const { batch, width, inChannels, outChannels } = geometry;
  if (shape4(filter)[2] !== inChannels) return refuse('grouped');
  const family = familyOf(geometry);
  if (typeof family === 'object') return family;
  const inputShape = [batch, geometry.height, width, inChannels];
  if (family === 'pointwise') {
    return takeOrRefuse(call, {
      kernel: pointwiseConvInputGradient,
      attributes: { pixels: batch * geometry.height * width, inChannels, outChannels },
      inputs: { gradient: dy, weights: filter },
      output: 'inputGradient',
      shape: inputShape,
    });
  }
  if (family === 'stem') return refuse('3×3 with stride 2');
  const { isPadded, height, rowsPerPicture } = stackingOf(geometry);
  const attributes = { height, width, inChannels, outChannels };
  const variant = chooseVariant(call, conv3x3LinearGradient, attributes);
  if (typeof variant !== 'string') return variant;
  const isApart = rowsPerPicture !== geometry.height;
  // Without padding the gradient's own border of zeros does both: it reaches the input's edge and keeps pictures apart.
  const outputGradient = !isPadded ? pad(call, dy, [1, 1], [1, 1]) : isApart ? pad(call, dy, [0, 1], [0, 0]) : dy;
  const whole = runStand(
    call,
    {
      kernel: conv3x3LinearGradient,
      attributes,
      inputs: { outputGradient, weights: filter },
      output: 'inputGradient',
      shape: [batch, rowsPerPicture, width, inChannels],
    },
    variant,
  );
  if (outputGradient !== dy) call.runtime.discard(outputGradient);
  return isApart ? slice(call, whole, [0, 0, 0, 0], inputShape) : whole;
}

/** Conv2DBackpropFilter. */
export function acceleratedConv2DBackpropFilter(call: KernelCall): TensorInfo | Refusal {
  const tensors = float32Inputs(call, ['x', 'dy']);
  if (isRefusal(tensors)) return tensors;
  const { x, dy } = tensors as Record<'x' | 'dy', TensorInfo>;
  const shape = [...(call.attributes.filterShape as number[])];
  const geometry = plainGeometry(call, x.shape, shape, false);
  if (isRefusal(geometry)) return geometry;
  const { batch, height, width, inChannels, outChannels } = geometry;
  if (shape[2] !== inChannels) return refuse('grouped');
  const family = familyOf(geometry);
  if (typeof family === 'object') return family;
  const rest = { inputs: { input: x, gradient: dy }, output: 'filterGradient', shape };
  if (family === 'pointwise') {
    const attributes = { pixels: batch * height * width, inChannels, outChannels };
    return takeOrRefuse(call, { kernel: pointwiseConvFilterGradient, attributes, ...rest });
  }
  const padding = paddingOf(geometry) ?? 'same';
  if (family === 'stem') return takeOrRefuse(call, { kernel: stemConv3x3FilterGradient, attributes: { batch, height, width, outChannels, padding }, ...rest });
  const attributes = { batch, height, width, inChannels, outChannels, pad: padding === 'valid' ? 0 : 1 };
  return takeOrRefuse(call, { kernel: conv3x3FilterGradient, attributes, ...rest });
}
