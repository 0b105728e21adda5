import source from '../../../../shaders/conv3x3/subgroup-broadcast.wgsl?raw';
import type { Pass, Variant } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { GRADIENT_BINDINGS, maskGradientPass, rotatedFilter, transposed, type Conv3x3Attributes } from '../shared.js';

const STRIP = 8;
const VECTORS = 2;
const WORKGROUP = 16;

function pass({ height, width, inChannels, outChannels }: Conv3x3Dimensions, device: DeviceTraits, epilogue: { bias: boolean; relu: boolean }): Pass {
  const stripsPerRow = ceilDiv(width, STRIP);
  const stripGroups = ceilDiv(height * stripsPerRow, WORKGROUP);
  return {
    shader: { path: 'conv3x3/subgroup-broadcast.wgsl', source },
    constants: { STRIP, VECTORS, WORKGROUP },
    params: {
      height,
      width,
      strips_per_row: stripsPerRow,
      strip_groups: stripGroups,
      in_vectors: inChannels / 4,
      out_vectors: outChannels / 4,
      has_bias: Number(epilogue.bias),
      relu: Number(epilogue.relu),
    },
    workgroups: linearWorkgroups(stripGroups * ceilDiv(outChannels, 4 * VECTORS), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

function accepts({ inChannels, outChannels }: Conv3x3Dimensions, { features, subgroupMinSize }: DeviceTraits): true | string {
  if (!features.has('subgroups')) return 'the adapter has no subgroups';
  if (subgroupMinSize < 4) return `its subgroups may have ${String(subgroupMinSize)} lanes, 4 are needed`;
  if (inChannels % 4 !== 0 || outChannels % 4 !== 0) return 'channel counts are no multiples of 4';
  return true;
}

/** On GPUs the broadcasts replace loads that the caches serve anyway, and strips along the lanes are not coalesced. */
const preference = (_: Conv3x3Dimensions, { isSoftware }: DeviceTraits): number => (isSoftware ? 10 : -10);

const SUMMARY = 'Lanes along strips of 8 pixels; each lane loads one row of weights and shares it by subgroupBroadcast. For software adapters.';

/** The convolution with weights shared between lanes. */
export const subgroupBroadcast: Variant<Conv3x3Attributes> = {
  id: 'subgroup-broadcast',
  summary: SUMMARY,
  accepts,
  preference,
  passes: (attributes, device) => [pass(attributes, device, { bias: true, relu: attributes.relu })],
};

/** Its gradient to the input: the same kernel on the masked gradient and the rotated filter. */
export const subgroupBroadcastGradient: Variant<Conv3x3Dimensions> = {
  id: 'subgroup-broadcast',
  summary: SUMMARY,
  accepts,
  preference,
  prepare: rotatedFilter,
  scratch: ({ height, width, outChannels }) => ({ maskedGradient: height * width * outChannels * 4 }),
  passes: (attributes, device) => [
    maskGradientPass(attributes, device),
    { ...pass(transposed(attributes), device, { bias: false, relu: false }), bind: GRADIENT_BINDINGS },
  ],
};
