/** What the accelerated convolutions have in common: which calls they refuse, and how one kernel of ours runs in place of one of tfjs's. */
import { DTYPE_BYTES, elementCount, type Attributes, type KernelDefinition } from '../../engine/contract.js';
import { acceptedVariants } from '../../engine/select.js';
import type { TensorInfo } from '../../engine/tfjs-bridge-ops.js';
import { convolutionGeometry, type ConvolutionGeometry, type KernelCall } from '../../engine/tfjs-bridge-override.js';
import { deriveConv3x3, type Padding } from '../depthwise-conv3x3/geometry.js';
import { output } from './outputs.js';

/** Why a call is left to tfjs's own kernel. */
export interface Refusal {
  readonly refused: string;
}

/** A refusal. */
export const refuse = (refused: string): Refusal => ({ refused });

/** A tensor's four dimensions. */
export function shape4(info: TensorInfo): [number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1] = info.shape;
  return [a, b, c, d];
}

/** The tensors of a call by name, or why they are not ours to take. */
export function float32Inputs(call: KernelCall, names: readonly string[]): Record<string, TensorInfo> | Refusal {
  const found: Record<string, TensorInfo> = {};
  for (const name of names) {
    const info = call.inputs[name];
    if (info === undefined) return refuse(`no ${name}`);
    if (info.dtype !== 'float32') return refuse(`${name} is ${info.dtype}`);
    if (info.shape.length !== 4) return refuse(`${name} has ${String(info.shape.length)} dimensions`);
    if (info.shape.includes(0)) return refuse(`${name} is empty`);
    found[name] = info;
  }
  return found;
}

/** Whether an object is a refusal. */
export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** The geometry of a convolution without dilation in NHWC, or why it is not ours to take. */
export function plainGeometry(
  call: KernelCall,
  inputShape: readonly number[],
  filterShape: readonly number[],
  isDepthwise: boolean,
): ConvolutionGeometry | Refusal {
  const geometry = convolutionGeometry(inputShape, filterShape, call.attributes, isDepthwise);
  if (geometry === undefined) return refuse('data format NCHW');
  const { dilation, stride, outHeight, outWidth } = geometry;
  if (dilation[0] !== 1 || dilation[1] !== 1) return refuse('dilation');
  if (stride[0] !== stride[1]) return refuse('different strides');
  if (outHeight < 1 || outWidth < 1) return refuse('no output');
  return geometry;
}

/** Our convention of padding that gives this geometry of a 3×3 convolution, if any does. */
export function paddingOf({ height, width, stride, pad, outHeight, outWidth }: ConvolutionGeometry): Padding | undefined {
  const [step] = stride;
  return (['same', 'symmetric', 'valid'] as const).find((padding) => {
    if (padding === 'valid' && (height < 3 || width < 3)) return false;
    const ours = deriveConv3x3({ height, width, stride: step, padding });
    return ours.outHeight === outHeight && ours.outWidth === outWidth && ours.padTop === pad.top && ours.padLeft === pad.left;
  });
}

/** What follows a convolution. */
export type FollowingActivation = 'linear' | 'relu' | 'relu6';

/** Bias and activation of a fused kernel, or why they are not ours to take. */
export function epilogueOf(call: KernelCall, outChannels: number): { bias: TensorInfo | undefined; activation: FollowingActivation } | Refusal {
  const activation = call.attributes.activation ?? 'linear';
  if (activation !== 'linear' && activation !== 'relu' && activation !== 'relu6') return refuse(`activation ${JSON.stringify(activation)}`);
  const { bias } = call.inputs;
  if (bias === undefined || (bias as TensorInfo | null) === null) return { bias: undefined, activation };
  if (bias.dtype !== 'float32') return refuse(`bias is ${bias.dtype}`);
  const size = elementCount(bias.shape);
  if (size !== outChannels || bias.shape.at(-1) !== outChannels) return refuse('bias is not one number a channel');
  return { bias, activation };
}

/** An activation that no kernel fused, by tfjs's own kernel; its input is given back. */
export function activate(call: KernelCall, value: TensorInfo, activation: FollowingActivation): TensorInfo {
  if (activation === 'linear') return value;
  const result = call.stock(activation === 'relu' ? 'Relu' : 'Relu6', { x: value });
  call.runtime.discard(value);
  return result;
}

/** One kernel in place of tfjs's: what it computes with, and the shape of its output. */
export interface Stand<A extends Attributes> {
  readonly kernel: KernelDefinition<A>;
  readonly attributes: A;
  readonly inputs: Parameters<KernelCall['runtime']['run']>[2];
  readonly output: string;
  readonly shape: number[];
}

/**
 * The most preferred variant whose buffers all fit this device's bindings, or a refusal: tfjs's own start-up asks for no raised
 * limits, and a buffer beyond them would be an error of the device that nobody hears.
 */
export function chooseVariant<A extends Attributes>({ runtime }: KernelCall, kernel: KernelDefinition<A>, attributes: A): string | Refusal {
  const { traits } = runtime.engine;
  const limit = Math.min(traits.limits.maxStorageBufferBindingSize, traits.limits.maxBufferSize);
  const shapes = kernel.shapes(attributes);
  const tensors = [...kernel.inputs, ...kernel.outputs].map(({ name, dtype }) => elementCount(shapes[name] ?? []) * DTYPE_BYTES[dtype]);
  if (Math.max(...tensors) > limit) return refuse('a tensor beyond the binding limit');
  const variant = acceptedVariants(kernel, attributes, traits).find((candidate) => {
    const extra = { ...candidate.prepare?.(attributes, traits).tensors, ...candidate.scratch?.(attributes, traits) };
    return Object.values(extra).every((sizeBytes) => sizeBytes <= limit);
  });
  return variant?.id ?? refuse('no variant fits the binding limit');
}

/** Runs a kernel with a chosen variant. */
export function runStand<A extends Attributes>({ runtime }: KernelCall, stand: Stand<A>, variant: string): TensorInfo {
  const { kernel, attributes, inputs, shape } = stand;
  return output(runtime.run(kernel, attributes, inputs, { [stand.output]: shape }, { [kernel.name]: variant }), stand.output);
}

/** {@link chooseVariant}, then {@link runStand}. */
export function takeOrRefuse<A extends Attributes>(call: KernelCall, stand: Stand<A>): TensorInfo | Refusal {
  const variant = chooseVariant(call, stand.kernel, stand.attributes);
  return typeof variant === 'string' ? runStand(call, stand, variant) : variant;
}
