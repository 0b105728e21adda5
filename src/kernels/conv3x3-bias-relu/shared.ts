/** What the 3×3 convolution and its gradient to the input have in common, for the definitions and all variants. */
import mask from '../../../shaders/conv3x3/mask-gradient.wgsl?raw';
import rotate from '../../../shaders/conv3x3/rotate-filter.wgsl?raw';
import type { Cost, Pass, Preparation, Variant } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import type { Conv3x3Dimensions } from './reference.js';

/** Attributes of the forward convolution. */
export type Conv3x3Attributes = Conv3x3Dimensions & { readonly relu: boolean };

const WORKGROUP = 64;

/** What the attributes mean, for both definitions. */
export const DIMENSION_SUMMARIES = {
  height: 'rows',
  width: 'columns',
  inChannels: 'channels of the forward input',
  outChannels: 'channels of the forward output',
  wrap: 'circular padding: beyond an edge lies the other edge; left out or false: zeros',
} as const;

/** Throws `bad-shape` unless all dimensions are integers of at least 1. */
export function requireDimensions(kernel: string, { height, width, inChannels, outChannels }: Conv3x3Dimensions): void {
  for (const [name, value] of Object.entries({ height, width, inChannels, outChannels })) requireInteger(kernel, name, value);
}

/** The constant of a shader that pads circularly; none where it pads with zeros, so that those pipelines stay as they are. */
export function wrapConstant({ wrap = false }: { readonly wrap?: boolean }): Readonly<Record<string, number>> {
  return wrap ? { WRAP: 1 } : {};
}

/** The least work: every product once, every tensor touched once. The gradient also reads the output for its mask. */
export function conv3x3Cost({ height, width, inChannels, outChannels }: Conv3x3Dimensions, outputReads: number): Cost {
  return {
    flops: 2 * 9 * height * width * inChannels * outChannels,
    bytes: 4 * (height * width * (inChannels + outputReads * outChannels) + 9 * inChannels * outChannels),
  };
}

/** The pass that writes the scratch tensor `maskedGradient`: outputGradient where output > 0, else 0. */
export function maskGradientPass({ height, width, outChannels }: Conv3x3Dimensions, device: DeviceTraits): Pass {
  const count = height * width * outChannels;
  return {
    shader: { path: 'conv3x3/mask-gradient.wgsl', source: mask },
    constants: { WORKGROUP },
    params: { count },
    workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/**
 * Prepares `rotatedWeights` [3, 3, outChannels, inChannels]: with it the gradient to the input is a forward convolution
 * of the masked gradient.
 */
export function rotatedFilter({ inChannels, outChannels }: Conv3x3Dimensions, device: DeviceTraits): Preparation {
  const count = 9 * inChannels * outChannels;
  return {
    key: `conv3x3-rotated-filter ${String(inChannels)} ${String(outChannels)}`,
    from: ['weights'],
    tensors: { rotatedWeights: count * 4 },
    passes: [
      {
        shader: { path: 'conv3x3/rotate-filter.wgsl', source: rotate },
        constants: { WORKGROUP, IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels },
        workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
      },
    ],
  };
}

/** The dimensions of the forward convolution that computes the gradient: channels exchanged. */
export function transposed(dimensions: Conv3x3Dimensions): Conv3x3Dimensions {
  return { ...dimensions, inChannels: dimensions.outChannels, outChannels: dimensions.inChannels };
}

/** WGSL variables of a forward convolution bound to the tensors of its gradient; `bias` is bound but not read. */
export const GRADIENT_BINDINGS = { input: 'maskedGradient', weights: 'rotatedWeights', bias: 'rotatedWeights', output: 'inputGradient' } as const;

/** What a pass does besides multiplying: forward adds the bias and may clamp, the gradient may mask its input. */
export interface Epilogue {
  readonly bias: boolean;
  readonly relu: boolean;
  readonly masked: boolean;
}

/** A way to convolve that serves both directions. */
export interface ConvolutionMethod {
  readonly id: string;
  readonly summary: string;
  /** Asked with the channels of the convolution that is computed: for the gradient, exchanged. */
  accepts(dimensions: Conv3x3Dimensions, device: DeviceTraits): true | string;
  preference(dimensions: Conv3x3Dimensions, device: DeviceTraits): number;
  /** Binds input, weights, bias and output, and `mask` where {@link masks} is true. */
  pass(dimensions: Conv3x3Dimensions, device: DeviceTraits, epilogue: Epilogue): Pass;
  /** Whether the shader masks its input by itself; otherwise a pass before it does, into scratch memory. */
  readonly masks: boolean;
}

/** The forward variant and the gradient variants of one method. */
export interface BothDirections {
  readonly method: ConvolutionMethod;
  readonly forward: Variant<Conv3x3Attributes>;
  readonly gradient: Variant<Conv3x3Dimensions>;
  /** The gradient of a convolution without a ReLU: nothing is masked. */
  readonly linearGradient: Variant<Conv3x3Dimensions>;
}

/**
 * Makes both variants of a method. The gradient to the input is the same convolution of the masked gradient with the
 * rotated filter.
 */
export function bothDirections(method: ConvolutionMethod): BothDirections {
  const { id, summary, masks } = method;
  return {
    method,
    forward: {
      id,
      summary,
      accepts: (attributes, device) => method.accepts(attributes, device),
      preference: (attributes, device) => method.preference(attributes, device),
      passes: (attributes, device) => [
        { ...method.pass(attributes, device, { bias: true, relu: attributes.relu, masked: false }), ...(masks ? { bind: { mask: 'input' } } : {}) },
      ],
    },
    gradient: {
      id,
      summary,
      accepts: (attributes, device) => method.accepts(transposed(attributes), device),
      preference: (attributes, device) => method.preference(transposed(attributes), device),
      prepare: rotatedFilter,
      scratch: ({ height, width, outChannels }): Record<string, number> => (masks ? {} : { maskedGradient: height * width * outChannels * 4 }),
      passes: (attributes, device) => {
        const pass = method.pass(transposed(attributes), device, { bias: false, relu: false, masked: masks });
        return masks
          ? [{ ...pass, bind: { ...GRADIENT_BINDINGS, input: 'outputGradient', mask: 'output' } }]
          : [maskGradientPass(attributes, device), { ...pass, bind: GRADIENT_BINDINGS }];
      },
    },
    linearGradient: {
      id,
      summary,
      accepts: (attributes, device) => method.accepts(transposed(attributes), device),
      preference: (attributes, device) => method.preference(transposed(attributes), device),
      prepare: rotatedFilter,
      passes: (attributes, device) => {
        const pass = method.pass(transposed(attributes), device, { bias: false, relu: false, masked: false });
        const bind = { ...GRADIENT_BINDINGS, input: 'outputGradient' };
        return [{ ...pass, bind: masks ? { ...bind, mask: 'outputGradient' } : bind }];
      },
    },
  };
}
