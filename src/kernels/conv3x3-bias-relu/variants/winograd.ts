import type { Pass, Variant } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv } from '../../../engine/grid.js';
import { GEMM_KINDS, sharedWorkgroups, type GemmKind } from '../../winograd/gemm.js';
import { F2, F4, type WinogradMethod } from '../../winograd/method.js';
import { transformedFilter, winogradPasses, winogradScratch, STRIP_BYTES, type WinogradSize } from '../../winograd/passes.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { maskGradientPass, type Conv3x3Attributes } from '../shared.js';

const METHODS = [F4, F2] as const;

/** Kinds of product that are worth having with a method: F2 is there to save memory, and split sums take some. */
export const gemmKindsOf = (method: WinogradMethod): readonly GemmKind[] => GEMM_KINDS.filter((gemm) => method.id === 'f4' || gemm.parts === undefined);

function summary(method: WinogradMethod, gemm: GemmKind): string {
  return `Winograd F(${String(method.tile)}×${String(method.tile)}, 3×3) in strips of tile rows: ${gemm.summary}; channels in multiples of 4.`;
}

/** Whether Winograd with this kind of product takes a convolution that sums over `summed` channels. */
export function acceptsWinograd(gemm: GemmKind, { inChannels, outChannels }: Conv3x3Dimensions, summed: number, device: DeviceTraits): true | string {
  if (inChannels % 4 !== 0 || outChannels % 4 !== 0) return 'needs channels in multiples of 4';
  return gemm.accepts(summed / 4, device);
}

const wrapOf = ({ wrap = false }: { readonly wrap?: boolean }): { wrap?: true } => (wrap ? { wrap } : {});

/** The convolution as it is computed. */
export const forwardSize = ({ height, width, inChannels, outChannels, ...padding }: Conv3x3Dimensions): WinogradSize => ({
  height,
  width,
  innerChannels: inChannels,
  columnChannels: outChannels,
  ...wrapOf(padding),
});
/** Its gradient as it is computed: channels exchanged. */
export const backwardSize = ({ height, width, inChannels, outChannels, ...padding }: Conv3x3Dimensions): WinogradSize => ({
  height,
  width,
  innerChannels: outChannels,
  columnChannels: inChannels,
  ...wrapOf(padding),
});

/** The convolution by one method with one kind of product, in strips of about `stripBytes`. */
export function winogradForward(method: WinogradMethod, gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Attributes> {
  return {
    id: `winograd-${method.id}-${gemm.id}`,
    summary: summary(method, gemm),
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.inChannels, device),
    preference: (attributes, device) => winogradPreference(method, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(method, inChannels, outChannels, device),
    scratch: (attributes, device) => winogradScratch(method, gemm, forwardSize(attributes), device, stripBytes),
    passes: (attributes, device) => forwardPasses(method, gemm, attributes, device, stripBytes),
  };
}

/** The passes of the convolution, into `output`. */
export function forwardPasses(method: WinogradMethod, gemm: GemmKind, attributes: Conv3x3Attributes, device: DeviceTraits, stripBytes = STRIP_BYTES): Pass[] {
  return winogradPasses(method, gemm, forwardSize(attributes), device, {
    isGradient: false,
    stripBytes,
    input: { shader: method.input, constants: {}, bind: {} },
    output: { shader: method.output, constants: { HAS_BIAS: 1, RELU: Number(attributes.relu) }, bind: {} },
  });
}

/** The passes of the gradient to the input, from a tensor that is masked already or needs no mask. */
export function backwardPasses(
  method: WinogradMethod,
  gemm: GemmKind,
  attributes: Conv3x3Dimensions,
  device: DeviceTraits,
  input: string,
  stripBytes = STRIP_BYTES,
): Pass[] {
  return winogradPasses(method, gemm, backwardSize(attributes), device, {
    isGradient: true,
    stripBytes,
    input: { shader: method.input, constants: method.gradientSlots, bind: { input } },
    output: {
      shader: method.output,
      constants: { ...method.gradientSlots, ...method.gradientScales, HAS_BIAS: 0, RELU: 0 },
      bind: { output: 'inputGradient', bias: 'transformedWeights' }, // bound, not read
    },
  });
}

/** The gradient to the input of a convolution without a ReLU. */
export function winogradLinearBackward(method: WinogradMethod, gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Dimensions> {
  return {
    id: `winograd-${method.id}-${gemm.id}`,
    summary: summary(method, gemm),
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.outChannels, device),
    preference: (attributes, device) => winogradPreference(method, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(method, inChannels, outChannels, device),
    scratch: (attributes, device) => winogradScratch(method, gemm, backwardSize(attributes), device, stripBytes),
    passes: (attributes, device) => backwardPasses(method, gemm, attributes, device, 'outputGradient', stripBytes),
  };
}

/** Its gradient to the input. */
export function winogradBackward(method: WinogradMethod, gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Dimensions> {
  return {
    id: `winograd-${method.id}-${gemm.id}`,
    summary: summary(method, gemm),
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.outChannels, device),
    preference: (attributes, device) => winogradPreference(method, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(method, inChannels, outChannels, device),
    scratch: (attributes, device) => ({
      ...winogradScratch(method, gemm, backwardSize(attributes), device, stripBytes),
      maskedGradient: attributes.height * attributes.width * attributes.outChannels * 4,
    }),
    passes: (attributes, device) => [maskGradientPass(attributes, device), ...backwardPasses(method, gemm, attributes, device, 'maskedGradient', stripBytes)],
  };
}

/** Vendors whose GPUs have so many cores that the blocks of a layer with few tiles leave most of them idle. */
const LARGE_GPUS: readonly string[] = ['nvidia', 'amd'];
/** Fewer blocks than this are worth splitting there: 4 for each multiprocessor of an RTX 4090. */
const IDLE_BLOCKS = 512;

/** Below this many multiply-adds compiling the products takes longer than they save. */
const MIN_MULTIPLY_ADDS = 2e7;

/**
 * How much Winograd is preferred over direct (0) and subgroup-broadcast (10 on software adapters). F4 wins wherever its transforms are paid by enough channels; F2 is the
 * accurate and small alternative to pin. The kind of product goes by hardware: broadcast on software adapters, registers
 * and caches on Apple, workgroup memory elsewhere, with split sums where few tiles would leave a large GPU idle.
 */
export function winogradPreference(
  method: WinogradMethod,
  gemm: GemmKind,
  { height, width, inChannels, outChannels }: Conv3x3Dimensions,
  device: DeviceTraits,
): number {
  const isWorthIt = Math.min(inChannels, outChannels) >= 32 && 9 * height * width * inChannels * outChannels >= MIN_MULTIPLY_ADDS;
  const blocks = sharedWorkgroups({
    points: method.points,
    rows: ceilDiv(height, method.tile) * ceilDiv(width, method.tile),
    innerVectors: inChannels / 4,
    columnVectors: outChannels / 4,
  });
  const isIdle = LARGE_GPUS.includes(device.vendor) && blocks < IDLE_BLOCKS && Math.min(inChannels, outChannels) >= 256;
  const kind = device.isSoftware ? 'broadcast' : device.vendor === 'apple' ? 'register' : isIdle ? 'shared-split-k' : 'shared';
  return method.id === 'f4' && gemm.id === kind && isWorthIt ? 20 : -1;
}

/** The convolution by Winograd's method, every method with every kind of product. */
export const winograd: readonly Variant<Conv3x3Attributes>[] = METHODS.flatMap((method) => gemmKindsOf(method).map((gemm) => winogradForward(method, gemm)));

/** Its gradient to the input, from the same transformed filter. */
export const winogradGradient: readonly Variant<Conv3x3Dimensions>[] = METHODS.flatMap((method) =>
  gemmKindsOf(method).map((gemm) => winogradBackward(method, gemm)),
);

/** The gradient to the input without a mask. */
export const winogradLinearGradient: readonly Variant<Conv3x3Dimensions>[] = METHODS.flatMap((method) =>
  gemmKindsOf(method).map((gemm) => winogradLinearBackward(method, gemm)),
);

/** Allowed largest error relative to the reference's root mean square by variant id; undefined for other variants. */
export function winogradTolerance(variant: string): number | undefined {
  return METHODS.find((method) => variant.startsWith(`winograd-${method.id}`))?.tolerance;
}

/** The same with everything stored in half precision. */
export function winogradHalfTolerance(variant: string): number | undefined {
  return METHODS.find((method) => variant.startsWith(`winograd-${method.id}`))?.halfTolerance;
}
