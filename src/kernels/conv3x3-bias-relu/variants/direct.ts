import scalar from '../../../../shaders/conv3x3/direct-scalar.wgsl?raw';
import vector from '../../../../shaders/conv3x3/direct-vec4.wgsl?raw';
import type { Pass, Variant } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { GRADIENT_BINDINGS, maskGradientPass, rotatedFilter, transposed, type Conv3x3Attributes } from '../shared.js';

const WORKGROUP = 64;
/** Pixels of a row that one invocation computes, in both files. */
const STRIP = 4;

/** The pass of a convolution in registers, its tensors by the names of the forward kernel. */
export function directPass(
  { height, width, inChannels, outChannels }: Conv3x3Dimensions,
  device: DeviceTraits,
  epilogue: { bias: boolean; relu: boolean },
): Pass {
  const isVector = inChannels % 4 === 0 && outChannels % 4 === 0;
  const stripsPerRow = ceilDiv(width, STRIP);
  const stripGroups = ceilDiv(height * stripsPerRow, WORKGROUP);
  return {
    shader: isVector ? { path: 'conv3x3/direct-vec4.wgsl', source: vector } : { path: 'conv3x3/direct-scalar.wgsl', source: scalar },
    constants: { WORKGROUP, IN_CHANNELS: inChannels, OUT_CHANNELS: outChannels, HAS_BIAS: Number(epilogue.bias), RELU: Number(epilogue.relu) },
    params: { height, width, strips_per_row: stripsPerRow, strip_groups: stripGroups },
    workgroups: linearWorkgroups(stripGroups * ceilDiv(outChannels, isVector ? 8 : 4), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

const SUMMARY = 'One invocation per strip of 4 pixels × 8 (vec4) or 4 (scalar) output channels, no workgroup memory, no barriers; any shape.';

/** The convolution in registers, for any shape. */
export const direct: Variant<Conv3x3Attributes> = {
  id: 'direct',
  summary: SUMMARY,
  accepts: () => true,
  passes: (attributes, device) => [directPass(attributes, device, { bias: true, relu: attributes.relu })],
};

/** Its gradient to the input: the same kernel on the masked gradient and the rotated filter. */
export const directGradient: Variant<Conv3x3Dimensions> = {
  id: 'direct',
  summary: SUMMARY,
  accepts: () => true,
  prepare: rotatedFilter,
  scratch: ({ height, width, outChannels }) => ({ maskedGradient: height * width * outChannels * 4 }),
  passes: (attributes, device) => [
    maskGradientPass(attributes, device),
    { ...directPass(transposed(attributes), device, { bias: false, relu: false }), bind: GRADIENT_BINDINGS },
  ],
};
