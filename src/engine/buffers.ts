/** Buffer usages by value: the global `GPUBufferUsage` is missing in some workers and in Node. */
export const USAGE = { mapRead: 0x1, mapWrite: 0x2, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80, queryResolve: 0x200 } as const;

/** Usage of every tensor buffer: bound as storage, written from and read by the CPU, and acceptable to tfjs. */
export const TENSOR_USAGE = USAGE.storage | USAGE.copySource | USAGE.copyTarget;

/** A buffer size that WebGPU accepts for storage: a multiple of 4, at least 4. */
export function alignedSizeBytes(sizeBytes: number): number {
  return Math.max(4, Math.ceil(sizeBytes / 4) * 4);
}
