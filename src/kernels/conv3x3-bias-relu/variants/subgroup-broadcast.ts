import source from '../../../../shaders/conv3x3/subgroup-broadcast.wgsl?raw';
import type { Pass } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { bothDirections, wrapConstant, type Epilogue } from '../shared.js';

const STRIP = 8;
const VECTORS = 2;
const WORKGROUP = 16;
/** Rows of weights that the lanes of a subgroup load together. */
const LANES = 4;

function pass({ height, width, inChannels, outChannels, ...padding }: Conv3x3Dimensions, device: DeviceTraits, { bias, relu }: Epilogue): Pass {
  const stripsPerRow = ceilDiv(width, STRIP);
  const stripGroups = ceilDiv(height * stripsPerRow, WORKGROUP);
  return {
    shader: { path: 'conv3x3/subgroup-broadcast.wgsl', source },
    constants: { STRIP, VECTORS, WORKGROUP, ...wrapConstant(padding) },
    params: {
      height,
      width,
      strips_per_row: stripsPerRow,
      strip_groups: stripGroups,
      in_vectors: inChannels / 4,
      out_vectors: outChannels / 4,
      has_bias: Number(bias),
      relu: Number(relu),
    },
    workgroups: linearWorkgroups(stripGroups * ceilDiv(outChannels, 4 * VECTORS), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/** The convolution with weights shared between lanes, and its gradient to the input. */
export const subgroupBroadcast = bothDirections({
  id: 'subgroup-broadcast',
  summary: 'Lanes along strips of 8 pixels; each lane loads one row of weights and shares it by subgroupBroadcast. For software adapters.',
  accepts({ inChannels, outChannels }, { features, subgroupMinSize }) {
    if (!features.has('subgroups')) return 'the adapter has no subgroups';
    if (subgroupMinSize < LANES) return `its subgroups may have ${String(subgroupMinSize)} lanes, ${String(LANES)} are needed`;
    if (inChannels % 4 !== 0 || outChannels % 4 !== 0) return 'channel counts are no multiples of 4';
    return true;
  },
  // On GPUs the broadcasts replace loads that the caches serve anyway, and strips along the lanes are not coalesced.
  preference: (_, { isSoftware }) => (isSoftware ? 10 : -10),
  pass,
  masks: false,
});
