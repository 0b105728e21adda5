import { GramaryeError } from '../../engine/errors.js';
import { MIN_SIDE_PX } from '../picture.js';

/** Height and width in px. */
export interface Dimensions {
  readonly height: number;
  readonly width: number;
}

/**
 * The size asked of a picture: `longer` sets the longer side and keeps the aspect, the other side truncated to whole pixels; `exact` squashes;
 * `as-is` keeps the file's own size.
 */
export type PictureSize = { readonly kind: 'longer'; readonly pixels: number } | ({ readonly kind: 'exact' } & Dimensions) | { readonly kind: 'as-is' };

/** Canvases of browsers end here, and memory long before. */
const MAX_SIDE_PX = 16_384;

/** Reads `512`, `HxW` or `as-is`. Throws `bad-option` naming `owner`, the flag or field the text was given for. */
export function parsePictureSize(text: string, owner: string): PictureSize {
  if (text === 'as-is') return { kind: 'as-is' };
  const [, first, second] = /^(\d{1,9})(?:[x×](\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined) {
    throw new GramaryeError('bad-option', `${owner} is "${text}".`, { remedy: 'Give one number (the longer side in px), HEIGHTxWIDTH, or as-is.' });
  }
  const sides = second === undefined ? [Number(first)] : [Number(first), Number(second)];
  for (const side of sides) {
    if (side < MIN_SIDE_PX || side > MAX_SIDE_PX) {
      throw new GramaryeError('bad-option', `${owner} is ${text}.`, { remedy: `A side must have ${String(MIN_SIDE_PX)} to ${String(MAX_SIDE_PX)} px.` });
    }
  }
  const [height = 0, width] = sides;
  return width === undefined ? { kind: 'longer', pixels: height } : { kind: 'exact', height, width };
}

/** The text that {@link parsePictureSize} reads a size from. */
export function pictureSizeText(size: PictureSize): string {
  if (size.kind === 'as-is') return 'as-is';
  return size.kind === 'longer' ? String(size.pixels) : `${String(size.height)}x${String(size.width)}`;
}

/** The dimensions a picture of `natural` size gets. Throws `bad-picture` naming it when a side would be too small. */
export function resolvePictureSize(size: PictureSize, natural: Dimensions, name: string): Dimensions {
  const wanted = dimensionsFor(size, natural);
  if (Math.min(wanted.height, wanted.width) < MIN_SIDE_PX) {
    throw new GramaryeError('bad-picture', `${name} would be ${String(wanted.width)} × ${String(wanted.height)} px.`, {
      remedy: `A side needs at least ${String(MIN_SIDE_PX)} px: choose a larger size or give HEIGHTxWIDTH.`,
    });
  }
  return wanted;
}

function dimensionsFor(size: PictureSize, { height, width }: Dimensions): Dimensions {
  switch (size.kind) {
    case 'as-is':
      return { height, width };
    case 'exact':
      return { height: size.height, width: size.width };
    case 'longer':
      return height >= width
        ? { height: size.pixels, width: Math.floor((width * size.pixels) / height) }
        : { height: Math.floor((height * size.pixels) / width), width: size.pixels };
  }
}
