/** Variants of the gated convolutions: Winograd F(4×4, 3×3) with everything fused into its transforms, and direct for any shape. */
import gradientInput from '../../../shaders/winograd/f4-gradient-input.wgsl?raw';
import gradientInputPooled from '../../../shaders/winograd/f4-gradient-input-pooled.wgsl?raw';
import outputGate from '../../../shaders/winograd/f4-output-gate.wgsl?raw';
import outputPool from '../../../shaders/winograd/f4-output-pool.wgsl?raw';
import type { Variant } from '../../engine/contract.js';
import { directPass } from '../conv3x3-bias-relu/variants/direct.js';
import { acceptsWinograd, backwardSize, forwardSize, winogradPreference } from '../conv3x3-bias-relu/variants/winograd.js';
import type { Conv3x3Dimensions } from '../conv3x3-bias-relu/reference.js';
import { GRADIENT_BINDINGS, rotatedFilter, transposed } from '../conv3x3-bias-relu/shared.js';
import { GEMM_KINDS, type GemmKind } from '../winograd/gemm.js';
import { F4 } from '../winograd/method.js';
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
    prepare: ({ inChannels, outChannels }) => transformedFilter(F4, inChannels, outChannels),
    scratch: (attributes) => winogradScratch(F4, forwardSize(attributes), stripBytes),
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
    accepts: (attributes, device) => acceptsWinograd(gemm, attributes, attributes.outChannels, device),
    preference: (attributes, device) => winogradPreference(F4, gemm, attributes, device),
    prepare: ({ inChannels, outChannels }) => transformedFilter(F4, inChannels, outChannels),
    scratch: (attributes) => winogradScratch(F4, backwardSize(attributes), stripBytes),
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

const ANY_SHAPE = 'One invocation per strip of 4 pixels × 8 (vec4) or 4 (scalar) output channels; the gate by a pass of its own; any shape.';

/** Convolution in registers, then the gate. */
export const directGate: Variant<Conv3x3Dimensions> = {
  id: 'direct',
  summary: ANY_SHAPE,
  accepts: () => true,
  passes: (attributes, device) => [directPass(attributes, device, { bias: true, relu: true }), gateFromOutputPass(outputMap(attributes), device)],
};

/** Convolution in registers into scratch, then pooling and gate. */
export const directPool: Variant<Conv3x3Dimensions> = {
  id: 'direct',
  summary: ANY_SHAPE,
  accepts: () => true,
  scratch: ({ height, width, outChannels }) => ({ output: height * width * outChannels * 4 }),
  passes: (attributes, device) => [directPass(attributes, device, { bias: true, relu: true }), gatedMaxPoolPass(outputMap(attributes), device)],
};

/** The gate applied into scratch, then the convolution in registers with the rotated filter. */
export const directGateGradient: Variant<GateGradientAttributes> = {
  id: 'direct',
  summary: ANY_SHAPE,
  accepts: () => true,
  prepare: rotatedFilter,
  scratch: ({ height, width, outChannels }) => ({ maskedGradient: height * width * outChannels * 4 }),
  passes: (attributes, device) => [
    applyGatePass(outputMap(attributes), attributes.pooled, device),
    { ...directPass(transposed(attributes), device, { bias: false, relu: false }), bind: GRADIENT_BINDINGS },
  ],
};

/** All kinds of product. */
export const everyGemm = <T>(make: (gemm: GemmKind) => T): T[] => GEMM_KINDS.map((gemm) => make(gemm));
