/** A part of a picture in GPU memory that is bound at once: whole rows. */
export interface PictureBand {
  readonly firstRow: number;
  readonly rows: number;
  /** Where the binding begins, a multiple of the device's alignment, and how long it is. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Values between the beginning of the binding and the first row. */
  readonly skip: number;
}

/** What a device demands of bindings of storage buffers. */
export interface BindingLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** Bands of f32 [height, width, 3], as few as the limits allow. */
export function pictureBands(height: number, width: number, limits: BindingLimits): PictureBand[] {
  const { maxStorageBufferBindingSize: most, minStorageBufferOffsetAlignment: alignment } = limits;
  const rowBytes = width * 3 * 4;
  const bands = Math.max(1, height * rowBytes <= most ? 1 : Math.ceil(height / Math.max(1, Math.floor((most - alignment) / rowBytes))));
  const each = Math.ceil(height / bands);
  return Array.from({ length: Math.ceil(height / each) }, (_, index) => {
    const firstRow = index * each;
    const rows = Math.min(each, height - firstRow);
    const offsetBytes = Math.floor((firstRow * rowBytes) / alignment) * alignment;
    const skipBytes = firstRow * rowBytes - offsetBytes;
    return { firstRow, rows, offsetBytes, sizeBytes: skipBytes + rows * rowBytes, skip: skipBytes / 4 };
  });
}
