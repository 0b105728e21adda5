import { GramaryeError, messageOf } from './errors.js';

/** Features the engine uses where an adapter has them. */
const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const satisfies readonly GPUFeatureName[];

/** Limits the engine raises to what the adapter offers. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** The limits a variant may ask about. */
export type TraitLimits = Readonly<Record<(typeof WANTED_LIMITS)[number], number>>;

/** What a device can do, as plain data, so that selection is a pure function. */
export interface DeviceTraits {
  readonly features: ReadonlySet<string>;
  readonly limits: TraitLimits;
  /** Invocations per subgroup; 0 without subgroups. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /** True for rasterisers on the CPU (SwiftShader, lavapipe), which want other kernels than GPUs do. */
  readonly isSoftware: boolean;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** The most that a kernel's intermediate data of one strip may take, in bytes, where memory is short; else the kernel decides. */
  readonly stripBytes?: number;
  /**
   * In half precision, transformed filters of at most so many bytes (in f32) stay f32, where memory is short; else the kernel decides.
   */
  readonly exactFilterBytes?: number;
}

/** Which adapter to ask for. `auto` takes what the browser gives first. */
export type AdapterChoice = 'auto' | 'hardware' | 'software';

/** True when the adapter computes on the CPU. */
export function isSoftwareAdapter(info: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'> & { isFallbackAdapter?: boolean }): boolean {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render|warp/.test(text);
}

/** The traits of a device made from an adapter. */
export function traitsOf(device: GPUDevice, info: GPUAdapterInfo): DeviceTraits {
  const limits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, device.limits[name]])) as Record<(typeof WANTED_LIMITS)[number], number>;
  const hasSubgroups = device.features.has('subgroups');
  return {
    features: new Set(device.features),
    limits,
    subgroupMinSize: hasSubgroups ? info.subgroupMinSize : 0,
    subgroupMaxSize: hasSubgroups ? info.subgroupMaxSize : 0,
    isSoftware: isSoftwareAdapter(info),
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
  };
}

/** The browser's (or Dawn's) entry point. Throws `webgpu-missing`. */
export function requireGpu(): GPU {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (gpu === undefined) {
    throw new GramaryeError('webgpu-missing', 'This browser offers no WebGPU.', {
      remedy: 'Use a current Chrome, Edge, Firefox or Safari over https or localhost, and check that hardware acceleration is on.',
    });
  }
  return gpu;
}

/**
 * An adapter of the wanted kind. Throws `webgpu-missing` or `adapter-missing`.
 */
export async function requestAdapter(choice: AdapterChoice): Promise<GPUAdapter> {
  const gpu = requireGpu();
  const attempts: GPURequestAdapterOptions[] = choice === 'software' ? [{ forceFallbackAdapter: true }, {}] : [{ powerPreference: 'high-performance' }, {}];
  let rejected = '';
  for (const options of attempts) {
    const adapter = await gpu.requestAdapter(options);
    if (adapter === null) continue;
    const software = isSoftwareAdapter(adapter.info);
    if (choice === 'auto' || (choice === 'software') === software) return adapter;
    rejected = adapter.info.description || adapter.info.device || adapter.info.vendor;
  }
  if (choice === 'auto') {
    throw new GramaryeError('adapter-missing', 'WebGPU is there but offers no adapter.', {
      remedy: 'The graphics driver may be blocked or may have crashed: restart the browser, or see chrome://gpu.',
    });
  }
  throw new GramaryeError('adapter-missing', `No ${choice} adapter was offered${rejected === '' ? '' : ` (only ${rejected})`}.`, {
    remedy: 'Ask for the adapter "auto" to take what there is.',
  });
}

/** A device with every useful feature and limit of its adapter. Throws `adapter-missing` when the driver refuses. */
export async function requestDevice(adapter: GPUAdapter, label = 'gramarye'): Promise<GPUDevice> {
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
  try {
    return await adapter.requestDevice({ label, requiredFeatures, requiredLimits });
  } catch (error) {
    throw new GramaryeError('adapter-missing', `The graphics driver refused a device: ${messageOf(error)}.`, {
      remedy: 'Restart the browser and try again.',
      cause: error,
    });
  }
}
