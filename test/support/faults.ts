/** Faults that a test switches on in the page: what a browser without WebGPU, a full memory or a slow driver would do. */
import type { Page } from 'puppeteer';

/** What is wrong with the page's graphics. */
export interface Faults {
  /** `missing`: no `navigator.gpu`; `insecure`: the same on a page without https; `blocked`: no adapter; `waiting`: the adapter does not come. */
  readonly gpu: '' | 'missing' | 'insecure' | 'blocked' | 'waiting';
  /** True: nothing more is allocated. */
  readonly fullMemory: boolean;
  /** Pipelines that still compile; the ones after them wait until the fault is over. -1: all compile. */
  readonly pipelines: number;
  /** True: whatever is read back from the device is wrong. */
  readonly wrongNumbers: boolean;
}

/** Nothing is wrong. */
export const NO_FAULTS: Faults = { gpu: '', fullMemory: false, pipelines: -1, wrongNumbers: false };

/** What the page counts of its devices. */
export interface GpuCounts {
  readonly devices: number;
  /** Buffers that are alive. */
  readonly buffers: number;
}

/** Runs in the page before anything else: lets tests switch faults on, and counts devices and buffers. */
export function installFaults(): void {
  const faults = { gpu: '', fullMemory: false, pipelines: -1, wrongNumbers: false };
  const counts = { devices: 0, buffers: 0 };
  Object.assign(globalThis, { faults, counts });
  const methodOf = (prototype: object, name: string): unknown => Object.getOwnPropertyDescriptor(prototype, name)?.value;
  const getterOf = (object: object, name: string): unknown =>
    Object.entries(Object.getOwnPropertyDescriptor(object, name) ?? {}).find(([key]) => key === 'get')?.[1];
  /** Resolves when a fault no longer holds: what waits must not wait for ever, or the next test would wait for it. */
  const until = async (isOver: () => boolean): Promise<void> => {
    while (!isOver()) await new Promise((done) => setTimeout(done, 50));
  };

  const gpu = getterOf(Navigator.prototype, 'gpu') as (this: Navigator) => GPU;
  Object.defineProperty(Navigator.prototype, 'gpu', {
    get(this: Navigator) {
      return faults.gpu === 'missing' || faults.gpu === 'insecure' ? undefined : gpu.call(this);
    },
  });
  const secure = getterOf(globalThis, 'isSecureContext') as () => boolean;
  Object.defineProperty(globalThis, 'isSecureContext', { get: () => faults.gpu !== 'insecure' && secure.call(globalThis) });

  type RequestAdapter = (this: GPU, options?: GPURequestAdapterOptions) => Promise<GPUAdapter | null>;
  const requestAdapter = methodOf(GPU.prototype, 'requestAdapter') as RequestAdapter;
  GPU.prototype.requestAdapter = async function (options) {
    await until(() => faults.gpu !== 'waiting');
    return faults.gpu === 'blocked' ? null : requestAdapter.call(this, options);
  };
  type RequestDevice = (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) => Promise<GPUDevice>;
  const requestDevice = methodOf(GPUAdapter.prototype, 'requestDevice') as RequestDevice;
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    counts.devices++;
    return requestDevice.call(this, descriptor);
  };
  type PopErrorScope = (this: GPUDevice) => Promise<GPUError | null>;
  const popErrorScope = methodOf(GPUDevice.prototype, 'popErrorScope') as PopErrorScope;
  GPUDevice.prototype.popErrorScope = async function () {
    const error = await popErrorScope.call(this);
    return faults.fullMemory ? new GPUOutOfMemoryError('no room') : error;
  };
  type CreatePipeline = (this: GPUDevice, descriptor: GPUComputePipelineDescriptor) => Promise<GPUComputePipeline>;
  const createPipeline = methodOf(GPUDevice.prototype, 'createComputePipelineAsync') as CreatePipeline;
  GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
    await until(() => faults.pipelines !== 0);
    if (faults.pipelines > 0) faults.pipelines--;
    return createPipeline.call(this, descriptor);
  };
  type CreateBuffer = (this: GPUDevice, descriptor: GPUBufferDescriptor) => GPUBuffer;
  const createBuffer = methodOf(GPUDevice.prototype, 'createBuffer') as CreateBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    const destroy = buffer.destroy.bind(buffer);
    let alive = true;
    counts.buffers++;
    buffer.destroy = () => {
      if (alive) counts.buffers--;
      alive = false;
      destroy();
    };
    return buffer;
  };
  type GetMappedRange = (this: GPUBuffer, offset?: number, size?: number) => ArrayBuffer;
  const getMappedRange = methodOf(GPUBuffer.prototype, 'getMappedRange') as GetMappedRange;
  GPUBuffer.prototype.getMappedRange = function (offset, size) {
    const range = getMappedRange.call(this, offset, size);
    if (faults.wrongNumbers) new Float32Array(range).fill(7);
    return range;
  };
}

/** Switches faults on, and all others off. */
export async function setFaults(page: Page, faults: Partial<Faults> = {}): Promise<void> {
  await page.evaluate(
    (values) => {
      Object.assign((globalThis as unknown as { faults: object }).faults, values);
    },
    { ...NO_FAULTS, ...faults },
  );
}

/**
 * Devices made and buffers alive.
 *
 * @public
 */
export function gpuCounts(page: Page): Promise<GpuCounts> {
  return page.evaluate(() => (globalThis as unknown as { counts: GpuCounts }).counts);
}
