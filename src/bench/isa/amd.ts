/** AMD GPUs that Mesa's compiler compiles for without one being there, as devices to choose variants for. */
import { GramaryeError } from '../../engine/errors.js';
import type { DeviceTraits } from '../../engine/device.js';

/** A GPU by Mesa's name of its family. */
export interface AmdGpu {
  /** What `RADV_FORCE_FAMILY` takes. */
  readonly family: string;
  /** A product that people know. */
  readonly product: string;
  readonly architecture: string;
  /** Invocations of a subgroup: RDNA compiles for 32 or 64. */
  readonly subgroupSizes: readonly [number, number];
}

/** GPUs of four generations. */
export const AMD_GPUS: readonly AmdGpu[] = [
  { family: 'vega10', product: 'Radeon RX Vega 64', architecture: 'gcn-5', subgroupSizes: [64, 64] },
  { family: 'navi10', product: 'Radeon RX 5700', architecture: 'rdna-1', subgroupSizes: [32, 64] },
  { family: 'navi21', product: 'Radeon RX 6800', architecture: 'rdna-2', subgroupSizes: [32, 64] },
  { family: 'navi31', product: 'Radeon RX 7900', architecture: 'rdna-3', subgroupSizes: [32, 64] },
];

/** Families that are compiled for when none is named. */
export const DEFAULT_FAMILIES = ['navi21', 'navi31'] as const;

/** The GPU of a family. Throws `bad-option` listing what there is. */
export function amdGpu(family: string): AmdGpu {
  const found = AMD_GPUS.find((gpu) => gpu.family === family);
  if (found === undefined)
    throw new GramaryeError('bad-option', `There is no GPU "${family}".`, {
      remedy: `Choose among ${AMD_GPUS.map((gpu) => `${gpu.family} (${gpu.product})`).join(', ')}.`,
    });
  return found;
}

/** What Mesa offers through WebGPU on such a GPU, as far as variants ask for it. */
export function amdTraits({ family, product, architecture, subgroupSizes }: AmdGpu): DeviceTraits {
  return {
    features: new Set(['shader-f16', 'subgroups', 'timestamp-query']),
    limits: {
      maxBufferSize: 2 ** 32 - 4,
      maxStorageBufferBindingSize: 2 ** 32 - 4,
      maxStorageBuffersPerShaderStage: 10,
      maxComputeWorkgroupStorageSize: 32_768,
      maxComputeInvocationsPerWorkgroup: 1_024,
      maxComputeWorkgroupSizeX: 1_024,
      maxComputeWorkgroupSizeY: 1_024,
      maxComputeWorkgroupSizeZ: 64,
      maxComputeWorkgroupsPerDimension: 65_535,
    },
    subgroupMinSize: subgroupSizes[0],
    subgroupMaxSize: subgroupSizes[1],
    isSoftware: false,
    vendor: 'amd',
    architecture,
    device: family,
    description: product,
  };
}
