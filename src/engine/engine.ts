import { alignedSizeBytes, TENSOR_USAGE, USAGE } from './buffers.js';
import { requestAdapter, requestDevice, traitsOf, type AdapterChoice, type DeviceTraits } from './device.js';
import { GramaryeError } from './errors.js';
import { PipelineCache, type PipelineOptions } from './pipelines.js';

/** How an engine is made. */
export interface EngineOptions {
  /** Which adapter to ask for; default `auto`. */
  readonly adapter?: AdapterChoice;
  /** Also register the device as tfjs's `webgpu` backend (loads tfjs); default true. */
  readonly tfjs?: boolean;
}

/** How an engine treats its device; tests look at other devices and at plain shaders through these. */
export interface DeviceOptions extends PipelineOptions {
  /** Traits to claim instead of the device's own, such as a smaller limit. */
  readonly traits?: Partial<DeviceTraits>;
}

/** A buffer could not be had: the message of a lost device or an exhausted memory. */
export interface EngineLoss {
  readonly reason: string;
  readonly message: string;
}

/**
 * Owns a `GPUDevice` with every useful feature and limit, its pipelines and its buffers. tfjs, where it is used, shares
 * the same device, so that a tfjs tensor and an engine buffer are the same memory.
 */
export class Engine {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly traits: DeviceTraits;
  readonly pipelines: PipelineCache;
  /** Resolves when the device is lost, for whatever reason, and never rejects. */
  readonly lost: Promise<EngineLoss>;
  #allocatedBytes = 0;
  #isLost = false;

  /** Wraps a device that someone else made. Prefer {@link Engine.create}. */
  constructor(device: GPUDevice, info: GPUAdapterInfo, options: DeviceOptions = {}) {
    this.device = device;
    this.info = info;
    this.traits = { ...traitsOf(device, info), ...options.traits };
    this.pipelines = new PipelineCache(device, options);
    this.lost = device.lost.then(({ reason, message }) => {
      this.#isLost = true;
      return { reason, message };
    });
  }

  /** Requests adapter and device. Throws `webgpu-missing` or `adapter-missing`. */
  static async create(options: EngineOptions = {}): Promise<Engine> {
    const adapter = await requestAdapter(options.adapter ?? 'auto');
    const engine = new Engine(await requestDevice(adapter), adapter.info);
    if (options.tfjs !== false) {
      const { registerTfjsBackend } = await import('./tfjs-bridge.js');
      await registerTfjsBackend(engine);
    }
    return engine;
  }

  /** Bytes of the tensor buffers that are alive. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** True once the device is lost. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * A storage buffer, zeroed. Throws `out-of-memory` when the size is beyond the device's limit; one that is bound only in parts may be
   * larger than a binding.
   */
  createBuffer(label: string, sizeBytes: number, isBoundInParts = false): GPUBuffer {
    const size = alignedSizeBytes(sizeBytes);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.traits.limits;
    const limit = isBoundInParts ? maxBufferSize : Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (size > limit) {
      throw new GramaryeError('out-of-memory', `${label} needs ${String(size)} bytes; this device binds at most ${String(limit)}.`, {
        remedy: 'Choose a smaller size.',
      });
    }
    const buffer = this.device.createBuffer({ label, size, usage: TENSOR_USAGE });
    this.#allocatedBytes += size;
    return buffer;
  }

  /** Destroys a buffer of {@link createBuffer}. */
  destroyBuffer(buffer: GPUBuffer): void {
    this.#allocatedBytes -= buffer.size;
    buffer.destroy();
  }

  /** A storage buffer holding `data`. */
  createBufferFrom(label: string, data: ArrayBufferView<ArrayBuffer>): GPUBuffer {
    const buffer = this.createBuffer(label, data.byteLength);
    this.write(buffer, data);
    return buffer;
  }

  /** Writes `data` at `offsetBytes`, in order with submitted work. Lengths that are no multiple of 4 are padded. */
  write(buffer: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, offsetBytes = 0): void {
    if (data.byteLength % 4 === 0) {
      this.device.queue.writeBuffer(buffer, offsetBytes, data.buffer, data.byteOffset, data.byteLength);
      return;
    }
    const padded = new Uint8Array(alignedSizeBytes(data.byteLength));
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.device.queue.writeBuffer(buffer, offsetBytes, padded);
  }

  /** Copies a buffer's bytes to the CPU. Throws `device-lost`. */
  async read(buffer: GPUBuffer, offsetBytes = 0, sizeBytes = buffer.size - offsetBytes): Promise<ArrayBuffer> {
    const size = alignedSizeBytes(sizeBytes);
    const staging = this.device.createBuffer({ label: 'read', size, usage: USAGE.mapRead | USAGE.copyTarget });
    try {
      const encoder = this.device.createCommandEncoder({ label: 'read' });
      encoder.copyBufferToBuffer(buffer, offsetBytes, staging, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      return staging.getMappedRange().slice(0, sizeBytes);
    } catch (error) {
      if (this.#isLost || (error instanceof Error && error.name === 'AbortError')) {
        throw new GramaryeError('device-lost', 'The graphics device was lost while a result was read.', {
          remedy: 'Make a new engine and go on from the last iterate.',
          cause: error,
        });
      }
      throw error;
    } finally {
      staging.destroy();
    }
  }

  /** {@link read} as float32. */
  async readFloats(buffer: GPUBuffer, count = buffer.size / 4): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await this.read(buffer, 0, count * 4));
  }

  /** Resolves when everything submitted so far is done. */
  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
  }

  /** Gives the device back. */
  destroy(): void {
    this.device.destroy();
  }
}
