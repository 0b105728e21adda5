/** Variants of the gated convolutions: Winograd F(4×4, 3×3) with everything fused into its transforms, and direct for any shape. */
import gradientInput from '../../../shaders/winograd/f4-gradient-input.wgsl?raw';
import gradientInputPooled from '../../../shaders/winograd/f4-gradient-input-pooled.wgsl?raw';
import outputGate from '../../../shaders/winograd/f4-output-gate.wgsl?raw';
import outputPool from '../../../shaders/winograd/f4-output-pool.wgsl?raw';
import type { Pass, Variant } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { direct } from '../conv3x3-bias-relu/variants/direct.js';
import { registerTile } from '../conv3x3-bias-relu/variants/register-tile.js';
import { sharedMemory128, sharedMemory32, sharedMemory64 } from '../conv3x3-bias-relu/variants/shared-memory.js';
import { subgroupBroadcast } from '../conv3x3-bias-relu/variants/subgroup-broadcast.js';
import {
  acceptsWinograd,
  backwardPasses,
  backwardSize,
  forwardPasses,
  forwardSize,
  gemmKindsOf,
  winogradForward,
  winogradPreference,
} from '../conv3x3-bias-relu/variants/winograd.js';
import type { Conv3x3Dimensions } from '../conv3x3-bias-relu/reference.js';
import { GRADIENT_BINDINGS, rotatedFilter, transposed, type ConvolutionMethod } from '../conv3x3-bias-relu/shared.js';
import { GEMM_KINDS, type GemmKind } from '../winograd/gemm.js';
import { F2, F4 } from '../winograd/method.js';
import { STRIP_BYTES, transformedFilter, winogradPasses, winogradScratch } from '../winograd/passes.js';
import { applyGatePass, gatedMaxPoolPass, gateFromOutputPass, type GatedMap } from './gate.js';

/** Attributes of the gated gradient. */
export type GateGradientAttributes = Conv3x3Dimensions & { readonly pooled: boolean };

/** The feature map that a convolution makes. */
export function outputMap({ height, width, outChannels }: Conv3x3Dimensions): GatedMap {
  return { height, width, channels: outChannels };
}

const summary = (gemm: GemmKind, what: string): string => `Winograd F(4×4, 3×3) in strips of tile rows, ${what}: ${gemm.summary}; channels in multiples of 4.`;

function fusedForward(gemm: GemmKind, output: { path: string; source: string }, what: string, stripBytes: number): Variant<Conv3x3Dimensions> {
  return {
    id: `winograd-f4-${gemm.id}`,
    summary: summary(gemm, what),
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.inChannels, device),
    preference: (attributes, device) => winogradPreference(F4, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(F4, inChannels, outChannels, device),
    scratch: (attributes, device) => winogradScratch(F4, gemm, forwardSize(attributes), device, stripBytes),
    passes: (attributes, device) =>
      winogradPasses(F4, gemm, forwardSize(attributes), device, {
        isGradient: false,
        stripBytes,
        input: { shader: F4.input, constants: {}, bind: {} },
        output: { shader: output, constants: {}, bind: {} },
      }),
  };
}

/** Convolution, bias, ReLU and gate. */
export function winogradGate(gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Dimensions> {
  return fusedForward(gemm, { path: 'winograd/f4-output-gate.wgsl', source: outputGate }, 'the gate made with the output', stripBytes);
}

/** Convolution, bias, ReLU, maximum pooling and gate. */
export function winogradPool(gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<Conv3x3Dimensions> {
  return fusedForward(gemm, { path: 'winograd/f4-output-pool.wgsl', source: outputPool }, 'pooled before it is written', stripBytes);
}

/** The gradient to the input, its gate applied while it is read. */
export function winogradGateGradient(gemm: GemmKind, stripBytes = STRIP_BYTES): Variant<GateGradientAttributes> {
  return {
    id: `winograd-f4-${gemm.id}`,
    summary: summary(gemm, 'the gate applied while the gradient is read'),
    accepts: (attributes, device) =>
      // The block beyond an edge is the last of a row, and must be full.
      attributes.wrap === true && (attributes.height % 4 !== 0 || attributes.width % 4 !== 0)
        ? 'circular padding needs a height and width in multiples of 4'
        : acceptsWinograd(gemm, attributes, attributes.outChannels, device),
    preference: (attributes, device) => winogradPreference(F4, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(F4, inChannels, outChannels, device),
    scratch: (attributes, device) => winogradScratch(F4, gemm, backwardSize(attributes), device, stripBytes),
    passes: (attributes, device) =>
      winogradPasses(F4, gemm, backwardSize(attributes), device, {
        isGradient: true,
        stripBytes,
        input: {
          shader: attributes.pooled
            ? { path: 'winograd/f4-gradient-input-pooled.wgsl', source: gradientInputPooled }
            : { path: 'winograd/f4-gradient-input.wgsl', source: gradientInput },
          constants: F4.gradientSlots,
          bind: {},
        },
        output: {
          shader: F4.output,
          constants: { ...F4.gradientSlots, ...F4.gradientScales, HAS_BIAS: 0, RELU: 0 },
          bind: { output: 'inputGradient', bias: 'transformedWeights' }, // bound, not read
        },
      }),
  };
}

const GATE_APART = 'The gate by a pass of its own.';

/** Any convolution in one pass, then the gate. */
function methodGate(method: ConvolutionMethod): Variant<Conv3x3Dimensions> {
  return {
    id: method.id,
    summary: `${method.summary} ${GATE_APART}`,
    accepts: (attributes, device) => method.accepts(attributes, device),
    preference: (attributes, device) => method.preference(attributes, device),
    passes: (attributes, device) => [methodForward(method, attributes, device), gateFromOutputPass(outputMap(attributes), device)],
  };
}

function methodForward(method: ConvolutionMethod, attributes: Conv3x3Dimensions, device: DeviceTraits): Pass {
  const pass = method.pass(attributes, device, { bias: true, relu: true, masked: false });
  return method.masks ? { ...pass, bind: { mask: 'input' } } : pass; // bound, not read
}

/** Any convolution in one pass into scratch, then pooling and gate. */
function methodPool(method: ConvolutionMethod): Variant<Conv3x3Dimensions> {
  return {
    ...methodGate(method),
    scratch: scratchOutput,
    passes: (attributes, device) => [methodForward(method, attributes, device), gatedMaxPoolPass(outputMap(attributes), device)],
  };
}

/** The gate applied into scratch, then any convolution in one pass with the rotated filter. */
function methodGateGradient(method: ConvolutionMethod): Variant<GateGradientAttributes> {
  return {
    id: method.id,
    summary: `${method.summary} ${GATE_APART}`,
    accepts: (attributes, device) => method.accepts(transposed(attributes), device),
    preference: (attributes, device) => method.preference(transposed(attributes), device),
    prepare: rotatedFilter,
    scratch: scratchGradient,
    passes: (attributes, device) => {
      const pass = method.pass(transposed(attributes), device, { bias: false, relu: false, masked: false });
      const bind = method.masks ? { ...GRADIENT_BINDINGS, mask: 'maskedGradient' } : GRADIENT_BINDINGS;
      return [applyGatePass(outputMap(attributes), attributes.pooled, device), { ...pass, bind }];
    },
  };
}

const scratchOutput = ({ height, width, outChannels }: Conv3x3Dimensions): { output: number } => ({ output: height * width * outChannels * 4 });
const scratchGradient = ({ height, width, outChannels }: Conv3x3Dimensions): { maskedGradient: number } => ({
  maskedGradient: height * width * outChannels * 4,
});

/** F(2×2, 3×3), whose transformed filter takes 16 numbers a filter instead of 36: what a small budget of memory falls back to. */
function f2Gate(gemm: GemmKind): Variant<Conv3x3Dimensions> {
  const { id, summary: what, ...plain } = winogradForward(F2, gemm);
  return {
    id,
    summary: `${what} ${GATE_APART}`,
    accepts: (attributes, device) => plain.accepts(withRelu(attributes), device),
    preference: (attributes, device) => winogradPreference(F2, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(F2, inChannels, outChannels, device),
    scratch: (attributes, device) => winogradScratch(F2, gemm, forwardSize(attributes), device),
    passes: (attributes, device) => [...forwardPasses(F2, gemm, withRelu(attributes), device), gateFromOutputPass(outputMap(attributes), device)],
  };
}

function f2Pool(gemm: GemmKind): Variant<Conv3x3Dimensions> {
  return {
    ...f2Gate(gemm),
    scratch: (attributes, device) => ({ ...winogradScratch(F2, gemm, forwardSize(attributes), device), ...scratchOutput(attributes) }),
    passes: (attributes, device) => [...forwardPasses(F2, gemm, withRelu(attributes), device), gatedMaxPoolPass(outputMap(attributes), device)],
  };
}

function f2GateGradient(gemm: GemmKind): Variant<GateGradientAttributes> {
  return {
    id: `winograd-f2-${gemm.id}`,
    summary: `${winogradForward(F2, gemm).summary} ${GATE_APART}`,
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.outChannels, device),
    preference: (attributes, device) => winogradPreference(F2, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }, device) => transformedFilter(F2, inChannels, outChannels, device),
    scratch: (attributes, device) => ({ ...winogradScratch(F2, gemm, backwardSize(attributes), device), ...scratchGradient(attributes) }),
    passes: (attributes, device) => [
      applyGatePass(outputMap(attributes), attributes.pooled, device),
      ...backwardPasses(F2, gemm, attributes, device, 'maskedGradient'),
    ],
  };
}

const withRelu = (attributes: Conv3x3Dimensions): Conv3x3Dimensions & { readonly relu: true } => ({ ...attributes, relu: true });

const METHODS = [direct, subgroupBroadcast, registerTile, sharedMemory128, sharedMemory64, sharedMemory32].map(({ method }) => method);

/** Every way to convolve with bias and ReLU and to make the gate. */
export const gateVariants: readonly Variant<Conv3x3Dimensions>[] = [
  ...GEMM_KINDS.map((gemm) => winogradGate(gemm)),
  ...METHODS.map(methodGate),
  ...gemmKindsOf(F2).map(f2Gate),
];
/** The same with maximum pooling. */
export const poolVariants: readonly Variant<Conv3x3Dimensions>[] = [
  ...GEMM_KINDS.map((gemm) => winogradPool(gemm)),
  ...METHODS.map(methodPool),
  ...gemmKindsOf(F2).map(f2Pool),
];
/** Every way to the gradient of both. */
export const gateGradientVariants: readonly Variant<GateGradientAttributes>[] = [
  ...GEMM_KINDS.map((gemm) => winogradGateGradient(gemm)),
  ...METHODS.map(methodGateGradient),
  ...gemmKindsOf(F2).map(f2GateGradient),
];
