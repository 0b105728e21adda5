/** Numbers behind a JSON header, as bytes: the length of the header (u32, little-endian), the header, then all arrays, f32. */

/** What a file holds. */
export interface ArrayFile<H> {
  readonly header: H;
  readonly arrays: readonly Float32Array<ArrayBuffer>[];
}

/** Writes a header and arrays. The header must survive JSON and have no `lengths` of its own. */
export function encodeArrays(header: object, arrays: readonly Float32Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ ...header, lengths: arrays.map(({ length }) => length) }));
  const bytes = new Uint8Array(4 + text.length + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/** The reverse; undefined for bytes that are cut short or were never such a file. The header's fields are as they were written, or missing. */
export function decodeArrays<H extends object>(bytes: Uint8Array<ArrayBuffer>): ArrayFile<Partial<H>> | undefined {
  if (bytes.byteLength < 4) return undefined;
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (4 + headerLength > bytes.byteLength) return undefined;
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + headerLength)));
  } catch {
    return undefined;
  }
  if (typeof header !== 'object' || header === null || !('lengths' in header) || !Array.isArray(header.lengths)) return undefined;
  const lengths: unknown[] = header.lengths;
  if (!lengths.every((length): length is number => Number.isSafeInteger(length) && Number(length) >= 0)) return undefined;
  const start = bytes.byteOffset + 4 + headerLength;
  if (lengths.reduce((sum, length) => sum + length * 4, 4 + headerLength) !== bytes.byteLength) return undefined;
  let at = start;
  const arrays = lengths.map((length) => {
    const array = new Float32Array(bytes.buffer.slice(at, at + length * 4));
    at += length * 4;
    return array;
  });
  return { header, arrays };
}
