import registerTile from '../../../shaders/gram-loss-gradient/register-tile.wgsl?raw';
import registerTileScalar from '../../../shaders/gram-loss-gradient/register-tile-scalar.wgsl?raw';
import sharedMemory from '../../../shaders/gram-loss-gradient/shared-memory.wgsl?raw';
import subgroupBroadcast from '../../../shaders/gram-loss-gradient/subgroup-broadcast.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { requireGramAttributes, type GramAttributes } from '../gram/split-k.js';

const WORKGROUP = 64;
const TILE_POSITIONS = 4;
const TILE_CHANNELS = 8;
/** Positions and channels of a workgroup with shared memory. */
const BLOCK = 64;

function gradientScale({ positions, channels }: GramAttributes): number {
  return 4 / (positions * channels * channels);
}

/** gradient + weight · 4 / (positions · channels²) · F·D in float64. */
export function gramLossGradientReference(attributes: GramAttributes, values: Values): Values {
  const { features = new Float64Array(), difference = new Float64Array(), weight = new Float64Array(), gradient: before = new Float64Array() } = values;
  const { positions, channels } = attributes;
  const gradient = Float64Array.from(before);
  const factor = (weight[0] ?? 0) * gradientScale(attributes);
  for (let position = 0; position < positions; position++) {
    for (let k = 0; k < channels; k++) {
      const feature = factor * (features[position * channels + k] ?? 0);
      for (let j = 0; j < channels; j++) {
        const at = position * channels + j;
        gradient[at] = (gradient[at] ?? 0) + feature * (difference[k * channels + j] ?? 0);
      }
    }
  }
  return { gradient };
}

/** Gradient of the style loss of one tap. */
export const gramLossGradient = defineKernel<GramAttributes>({
  name: 'gramLossGradient',
  summary: 'Gradient of the style loss with respect to the feature map, weighted and added to a running gradient.',
  formula: 'gradient += weight * 4 / (positions * channels^2) * features · difference',
  source: 'Derivative of mean((featuresᵀ · features / positions - target)^2) for a symmetric difference.',
  inputs: [
    { name: 'features', dtype: 'f32', summary: 'feature map [positions, channels]' },
    { name: 'difference', dtype: 'f32', summary: 'gram - target, symmetric [channels, channels]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of the gradient [1]' },
  ],
  outputs: [{ name: 'gradient', dtype: 'f32', summary: 'running gradient [positions, channels]', inPlace: true }],
  half: ['features', 'gradient'],
  attributes: { positions: 'height times width of the feature map', channels: 'channels' },
  shapes(attributes) {
    requireGramAttributes('gramLossGradient', attributes);
    const { positions, channels } = attributes;
    return { features: [positions, channels], difference: [channels, channels], weight: [1], gradient: [positions, channels] };
  },
  reference: gramLossGradientReference,
  cost: ({ positions, channels }) => ({ flops: 2 * positions * channels * channels, bytes: 4 * (3 * positions * channels + channels * channels) }),
  variants: [
    {
      id: 'subgroup-broadcast',
      summary: 'Each invocation computes 4 positions × 8 channels in registers; rows of the difference are loaded once a subgroup and broadcast.',
      accepts: ({ channels }, device) => {
        if (!device.features.has('subgroups')) return 'the device has no subgroups';
        if (device.subgroupMinSize < 4) return `subgroups may have ${String(device.subgroupMinSize)} invocations, fewer than 4`;
        return channels % 4 === 0 || 'channels is no multiple of 4';
      },
      // GPUs load a row that all invocations want at once; SwiftShader and lavapipe pay for every lane.
      preference: (_, device) => (device.isSoftware ? 1 : -1),
      passes: (attributes, device) => {
        const { positions, channels } = attributes;
        const workgroup = device.subgroupMaxSize;
        const blocks = ceilDiv(positions, TILE_POSITIONS * workgroup) * ceilDiv(channels, TILE_CHANNELS);
        return [
          {
            shader: { path: 'gram-loss-gradient/subgroup-broadcast.wgsl', source: subgroupBroadcast },
            constants: { WORKGROUP: workgroup },
            params: { positions, channels, scale: gradientScale(attributes) },
            workgroups: linearWorkgroups(blocks, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ];
      },
    },
    {
      id: 'shared-memory',
      summary: 'A workgroup computes 64 positions × 64 channels, 8×8 an invocation; features and difference shared through workgroup memory.',
      accepts: ({ channels }) => channels % 4 === 0 || 'channels is no multiple of 4',
      // Narrow maps leave most of a block idle; a barrier costs a software adapter more than the loads it saves.
      preference: ({ channels }, device) => (channels >= BLOCK && !device.isSoftware ? 1 : -1),
      passes: (attributes, device) => {
        const { positions, channels } = attributes;
        return [
          {
            shader: { path: 'gram-loss-gradient/shared-memory.wgsl', source: sharedMemory },
            params: { positions, channels, scale: gradientScale(attributes) },
            workgroups: linearWorkgroups(ceilDiv(positions, BLOCK) * ceilDiv(channels, BLOCK), device.limits.maxComputeWorkgroupsPerDimension),
          },
        ];
      },
    },
    {
      id: 'register-tile',
      summary: 'Each invocation computes 4 positions × 8 channels in registers, without workgroup memory.',
      accepts: () => true,
      passes: (attributes, device) => {
        const { positions, channels } = attributes;
        const tiles = ceilDiv(positions, TILE_POSITIONS) * ceilDiv(channels, TILE_CHANNELS);
        return [
          {
            shader:
              channels % 4 === 0
                ? { path: 'gram-loss-gradient/register-tile.wgsl', source: registerTile }
                : { path: 'gram-loss-gradient/register-tile-scalar.wgsl', source: registerTileScalar },
            constants: { WORKGROUP },
            params: { positions, channels, scale: gradientScale(attributes) },
            workgroups: linearWorkgroups(ceilDiv(tiles, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
          },
        ];
      },
    },
  ],
  gradient: { none: 'It is a gradient; second derivatives are not needed.' },
  samples: [
    { positions: 1, channels: 1 },
    { positions: 3, channels: 7 },
    { positions: 4, channels: 8 },
    { positions: 5, channels: 12 },
    { positions: 257, channels: 16 },
    { positions: 1_031, channels: 3 },
    { positions: 7, channels: 131 },
    { positions: 130, channels: 64 },
    { positions: 33, channels: 68 },
  ],
  largeSamples: [{ positions: 65_539, channels: 4 }],
  // The sample's gradient carries the scale 1 / (positions · channels²): a weight of that size makes its part visible.
  generate: (attributes, uniform) => ({ weight: Float64Array.of(Math.fround(uniform(0.5, 1) / gradientScale(attributes))) }),
});
