import source from '../../../../shaders/conv3x3/register-tile.wgsl?raw';
import type { Pass } from '../../../engine/contract.js';
import type { DeviceTraits } from '../../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../../engine/grid.js';
import type { Conv3x3Dimensions } from '../reference.js';
import { bothDirections, wrapConstant, type Epilogue } from '../shared.js';

const STRIP = 4;
const VECTORS = 2;
const LANES_X = 8;
const LANES_Y = 8;

function pass({ height, width, inChannels, outChannels, ...padding }: Conv3x3Dimensions, device: DeviceTraits, { bias, relu }: Epilogue): Pass {
  const stripsPerRow = ceilDiv(width, STRIP);
  const stripGroups = ceilDiv(height * stripsPerRow, LANES_Y);
  return {
    shader: { path: 'conv3x3/register-tile.wgsl', source },
    constants: { STRIP, VECTORS, LANES_X, LANES_Y, ...wrapConstant(padding) },
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
    workgroups: linearWorkgroups(stripGroups * ceilDiv(outChannels, 4 * VECTORS * LANES_X), device.limits.maxComputeWorkgroupsPerDimension),
  };
}

/** The convolution in unrolled registers, lanes along channels and strips, and its gradient to the input. */
export const registerTile = bothDirections({
  id: 'register-tile',
  summary: 'Strips of 4 pixels × 8 channels in registers, 8×8 invocations along channels and strips, no workgroup memory. For GPUs with good caches.',
  accepts: ({ inChannels, outChannels }) => (inChannels % 4 === 0 && outChannels % 4 === 0 ? true : 'channel counts are no multiples of 4'),
  // Apple's GPUs are said to do better without workgroup memory (jax-js has none there).
  preference: (_, { isSoftware, vendor }) => (isSoftware ? -5 : vendor === 'apple' ? 15 : 5),
  pass,
  // Every strip would read and mask its inputs again for each group of channels.
  masks: false,
});
