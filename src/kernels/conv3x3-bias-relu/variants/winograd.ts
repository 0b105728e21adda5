import type { Pass, Variant } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { GEMM_KINDS, type GemmKind } from '../../winograd/gemm.js';
import { F2, F4, type WinogradMethod } from '../../winograd/method.js';
import { transformedFilter, winogradPasses, winogradScratch, STRIP_BYTES, type WinogradSize } from '../../winograd/passes.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { maskGradientPass, type Conv3x3Attributes } from '../shared.js';

const METHODS = [F4, F2] as const;

function summary(method: WinogradMethod, gemm: GemmKind): string {
  return `Winograd F(${String(method.tile)}×${String(method.tile)}, 3×3) in strips of tile rows: ${gemm.summary}; channels in multiples of 4.`;
}

/** Whether Winograd with this kind of product takes a convolution that sums over `summed` channels. */
export function acceptsWinograd(gemm: GemmKind, { inChannels, outChannels }: Conv3x3Dimensions, summed: number, device: DeviceTraits): true | string {
  if (inChannels % 4 !== 0 || outChannels % 4 !== 0) return 'needs channels in multiples of 4';
  return gemm.accepts(summed / 4, device);
}

/** The convolution as it is computed. */
export const forwardSize = ({ height, width, inChannels, outChannels }: Conv3x3Dimensions): WinogradSize => ({
  height,
  width,
  innerChannels: inChannels,
  columnChannels: outChannels,
});
/** Its gradient as it is computed: channels exchanged. */
export const backwardSize = ({ height, width, inChannels, outChannels }: Conv3x3Dimensions): WinogradSize => ({
  height,
  width,
  innerChannels: outChannels,
  columnChannels: inChannels,
});

/** The convolution by one method with one kind of product, in strips of about `stripBytes`. */
export function winogradForward(method: WinogradMethod, gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Attributes> {
  return {
    id: `winograd-${method.id}-${gemm.id}`,
    summary: summary(method, gemm),
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.inChannels, device),
    preference: (attributes, device) => winogradPreference(method, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }) => transformedFilter(method, inChannels, outChannels),
    scratch: (attributes) => winogradScratch(method, forwardSize(attributes), stripBytes),
    passes: (attributes, device) =>
      winogradPasses(method, gemm, forwardSize(attributes), device, {
        isGradient: false,
        stripBytes,
        input: { shader: method.input, constants: {}, bind: {} },
        output: { shader: method.output, constants: { HAS_BIAS: 1, RELU: Number(attributes.relu) }, bind: {} },
      }),
  };
}

/** The passes of the gradient to the input, from a tensor that is masked already or needs no mask. */
function backwardPasses(
  method: WinogradMethod,
  gemm: GemmKind,
  attributes: Conv3x3Dimensions,
  device: DeviceTraits,
  input: string,
  stripBytes: number,
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
    prepare: ({ inChannels, outChannels }) => transformedFilter(method, inChannels, outChannels),
    scratch: (attributes) => winogradScratch(method, backwardSize(attributes), stripBytes),
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
    prepare: ({ inChannels, outChannels }) => transformedFilter(method, inChannels, outChannels),
    scratch: (attributes) => ({
      ...winogradScratch(method, backwardSize(attributes), stripBytes),
      maskedGradient: attributes.height * attributes.width * attributes.outChannels * 4,
    }),
    passes: (attributes, device) => [maskGradientPass(attributes, device), ...backwardPasses(method, gemm, attributes, device, 'maskedGradient', stripBytes)],
  };
}

/** Below this many multiply-adds compiling the products takes longer than they save. */
const MIN_MULTIPLY_ADDS = 2e7;

/**
 * How much Winograd is preferred over direct (0) and subgroup-broadcast (10 on software adapters). F4 wins wherever its transforms are paid by enough channels; F2 is the
 * accurate and small alternative to pin. The kind of product goes by hardware: broadcast on software adapters, registers
 * and caches on Apple, workgroup memory elsewhere.
 */
export function winogradPreference(
  method: WinogradMethod,
  gemm: GemmKind,
  { height, width, inChannels, outChannels }: Conv3x3Dimensions,
  device: DeviceTraits,
): number {
  const isWorthIt = Math.min(inChannels, outChannels) >= 32 && 9 * height * width * inChannels * outChannels >= MIN_MULTIPLY_ADDS;
  const kind = device.isSoftware ? 'broadcast' : device.vendor === 'apple' ? 'register' : 'shared';
  return method.id === 'f4' && gemm.id === kind && isWorthIt ? 20 : -1;
}

/** The convolution by Winograd's method, every method with every kind of product. */
export const winograd: readonly Variant<Conv3x3Attributes>[] = METHODS.flatMap((method) => GEMM_KINDS.map((gemm) => winogradForward(method, gemm)));

/** Its gradient to the input, from the same transformed filter. */
export const winogradGradient: readonly Variant<Conv3x3Dimensions>[] = METHODS.flatMap((method) => GEMM_KINDS.map((gemm) => winogradBackward(method, gemm)));

/** The gradient to the input without a mask. */
export const winogradLinearGradient: readonly Variant<Conv3x3Dimensions>[] = METHODS.flatMap((method) =>
  GEMM_KINDS.map((gemm) => winogradLinearBackward(method, gemm)),
);

/** Allowed largest error relative to the reference's root mean square by variant id; undefined for other variants. */
export function winogradTolerance(variant: string): number | undefined {
  return METHODS.find((method) => variant.startsWith(`winograd-${method.id}`))?.tolerance;
}
