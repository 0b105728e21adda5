/** Counts in a page what its elements hold outside of the heap: devices, buffers, textures, workers, addresses of blobs. */

/** What is alive. */
export interface Held {
  readonly devices: number;
  readonly buffers: number;
  readonly bufferBytes: number;
  /** Without those of canvases. */
  readonly textures: number;
  readonly querySets: number;
  readonly workers: number;
  readonly objectUrls: number;
  /** Buffers that only the end of their device freed, so far. */
  readonly leftToDevice: number;
  /** Made so far, alive or not: shows that something was counted at all. */
  readonly madeBuffers: number;
  readonly madeWorkers: number;
}

/** Runs in the page before anything else. `globalThis.held` is what is alive. */
export function installCounters(): void {
  const held = {
    devices: 0,
    buffers: 0,
    bufferBytes: 0,
    textures: 0,
    querySets: 0,
    workers: 0,
    objectUrls: 0,
    leftToDevice: 0,
    madeBuffers: 0,
    madeWorkers: 0,
  };
  Object.assign(globalThis, { held });
  const methodOf = (prototype: object, name: string): unknown => Object.getOwnPropertyDescriptor(prototype, name)?.value;
  const owned = new WeakMap<GPUDevice, { buffers: number; bytes: number }>();
  /** Calls `gone` once, when the object is destroyed. */
  const onDestroy = (object: { destroy(): undefined }, gone: () => void): void => {
    const destroy = object.destroy.bind(object);
    let alive = true;
    object.destroy = () => {
      if (alive) gone();
      alive = false;
      destroy();
    };
  };

  type RequestDevice = (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) => Promise<GPUDevice>;
  const requestDevice = methodOf(GPUAdapter.prototype, 'requestDevice') as RequestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    const own = { buffers: 0, bytes: 0 };
    owned.set(device, own);
    held.devices++;
    onDestroy(device, () => {
      held.devices--;
      held.buffers -= own.buffers;
      held.bufferBytes -= own.bytes;
      held.leftToDevice += own.buffers;
      [own.buffers, own.bytes] = [0, 0];
    });
    return device;
  };
  type CreateBuffer = (this: GPUDevice, descriptor: GPUBufferDescriptor) => GPUBuffer;
  const createBuffer = methodOf(GPUDevice.prototype, 'createBuffer') as CreateBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    const own = owned.get(this) ?? { buffers: 0, bytes: 0 };
    const { size } = descriptor;
    const count = (by: 1 | -1): void => {
      held.buffers += by;
      held.bufferBytes += by * size;
      own.buffers += by;
      own.bytes += by * size;
    };
    count(1);
    held.madeBuffers++;
    onDestroy(buffer, () => {
      if (own.buffers > 0) count(-1);
    });
    return buffer;
  };
  for (const [name, counter] of [
    ['createTexture', 'textures'],
    ['createQuerySet', 'querySets'],
  ] as const) {
    const create = methodOf(GPUDevice.prototype, name) as (this: GPUDevice, descriptor: unknown) => { destroy(): undefined };
    Object.assign(GPUDevice.prototype, {
      [name](this: GPUDevice, descriptor: unknown) {
        const made = create.call(this, descriptor);
        held[counter]++;
        onDestroy(made, () => {
          held[counter]--;
        });
        return made;
      },
    });
  }

  globalThis.Worker = class extends Worker {
    #alive = true;
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      held.workers++;
      held.madeWorkers++;
    }
    override terminate(): void {
      if (this.#alive) held.workers--;
      this.#alive = false;
      super.terminate();
    }
  };
  const [createUrl, revokeUrl] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];
  const urls = new Set<string>();
  URL.createObjectURL = (object) => {
    const url = createUrl(object);
    urls.add(url);
    held.objectUrls = urls.size;
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    held.objectUrls = urls.size;
    revokeUrl(url);
  };
}
