import scalar from '../../../../shaders/conv3x3/direct-scalar.wgsl?raw';
import vector from '../../../../shaders/conv3x3/direct-vec4.wgsl?raw';
import type { Pass } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { bothDirections, wrapConstant, type Epilogue } from '../shared.js';

const WORKGROUP = 64;
/** Pixels of a row that one invocation computes, in both files. */
const STRIP = 4;

/** The pass of a convolution in registers, its tensors by the names of the forward kernel. */
export function directPass(
  { height, width, inChannels, outChannels, ...padding }: Conv3x3Dimensions,
  device: DeviceTraits,
  { bias, relu }: Pick<Epilogue, 'bias' | 'relu'>,
): Pass {
  const isVector = inChannels % 4 === 0 && outChannels % 4 === 0;
  const stripsPerRow = ceilDiv(width, STRIP);
  const stripGroups = ceilDiv(height * stripsPerRow, WORKGROUP);
  const channelGroups = ceilDiv(outChannels, isVector ? 8 : 4);
  const params = {
    height,
    width,
    strips_per_row: stripsPerRow,
    strip_groups: stripGroups,
    channel_groups: channelGroups,
    has_bias: Number(bias),
    relu: Number(relu),
  };
  const workgroups = linearWorkgroups(stripGroups * channelGroups, device.limits.maxComputeWorkgroupsPerDimension);
  return isVector
    ? {
        shader: { path: 'conv3x3/direct-vec4.wgsl', source: vector },
        constants: { WORKGROUP, ...wrapConstant(padding) },
        params: { ...params, in_vectors: inChannels / 4, out_vectors: outChannels / 4 },
        workgroups,
      }
    : {
        shader: { path: 'conv3x3/direct-scalar.wgsl', source: scalar },
        constants: { WORKGROUP, ...wrapConstant(padding) },
        params: { ...params, in_channels: inChannels, out_channels: outChannels },
        workgroups,
      };
}

/** The convolution in registers, for any shape, and its gradient to the input. */
export const direct = bothDirections({
  id: 'direct',
  summary: 'One invocation per strip of 4 pixels × 8 (vec4) or 4 (scalar) output channels, no workgroup memory, no barriers; any shape.',
  accepts: () => true,
  preference: () => 0,
  pass: directPass,
  masks: false,
});
