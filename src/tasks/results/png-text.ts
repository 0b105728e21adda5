/**
 * Text inside PNG files, in the chunk `iTXt` (PNG specification, third edition, section 11.3.3.4): keyword, uncompressed
 * UTF-8. Used to write a picture's settings into it.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_END = 8 + 12 + 13; // Signature and the IHDR chunk, which always comes first.

let table: Uint32Array | undefined;

/** CRC-32 of ISO 3309, as PNG chunks carry it. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : 0xedb88320 ^ (value >>> 1);
    return value;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => bytes[index] === byte);
}

/** The PNG file with a text under `keyword` after its header; throws TypeError for a file that is no PNG. */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array<ArrayBuffer> {
  if (!isPng(png) || png.length < HEADER_END) throw new TypeError('Not a PNG file.');
  // Keyword, then: its end, not compressed, method 0, no language, no translated keyword.
  const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  const result = new Uint8Array(png.length + chunk.length);
  result.set(png.subarray(0, HEADER_END));
  result.set(chunk, HEADER_END);
  result.set(png.subarray(HEADER_END), HEADER_END + chunk.length);
  return result;
}

/** The text under `keyword` in a PNG file, or undefined. A damaged chunk counts as none. */
export function pngText(file: Uint8Array, keyword: string): string | undefined {
  if (!isPng(file)) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wanted = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0`);
  let at = 8;
  while (at + 12 <= file.length) {
    const length = view.getUint32(at);
    if (at + 12 + length > file.length) return undefined;
    const body = file.subarray(at + 4, at + 8 + length);
    if (wanted.every((byte, index) => body[index] === byte)) {
      return crc32(body) === view.getUint32(at + 8 + length) ? new TextDecoder().decode(body.subarray(wanted.length)) : undefined;
    }
    at += 12 + length;
  }
  return undefined;
}
