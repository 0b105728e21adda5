/** Merging of byte ranges, so that wanted tensors come in few reads. */
import { readExactly, type ByteSource, type ReadOptions } from './byte-source.js';

/** Bytes from `start` (included) to `end` (not included). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A hole smaller than this is cheaper to read than a second request. */
export const MERGE_GAP_BYTES = 128 * 1024;

/** The fewest ranges that cover all given ones when holes of at most `gapBytes` are read along. Sorted. */
export function mergeRanges(ranges: readonly ByteRange[], gapBytes = MERGE_GAP_BYTES): ByteRange[] {
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start - last.end <= gapBytes) last.end = Math.max(last.end, range.end);
    else merged.push({ start: range.start, end: range.end });
  }
  return merged;
}

/** Reads ranges of a source by few requests; the answers are in the order of `ranges`. They may share memory. */
export async function readRanges(
  source: ByteSource,
  ranges: readonly (ByteRange & { readonly what: string })[],
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts = new Array<Uint8Array<ArrayBuffer>>(ranges.length).fill(new Uint8Array(0));
  for (const merged of mergeRanges(ranges)) {
    const inside = ranges.map((range, index) => ({ ...range, index })).filter(({ start, end }) => end > start && start >= merged.start && end <= merged.end);
    const bytes = await readExactly(source, merged.start, merged.end, inside.map(({ what }) => what).at(-1) ?? 'a tensor', options);
    for (const { start, end, index } of inside) parts[index] = bytes.subarray(start - merged.start, end - merged.start);
  }
  return parts;
}
