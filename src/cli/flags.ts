/** Readers of flag values. Each throws commander's error, which names the flag. */
import { InvalidArgumentError } from 'commander';
import { messageOf } from '../engine/errors.js';
import { parsePictureSize } from '../tasks/pictures/picture-size.js';
import { parseTile, type WeightedLayer } from '../tasks/settings.js';

/** A finite number. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}

/** A whole number from 0. */
export function parseCount(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError('Give a whole number from 0.');
  return Number(text);
}

/** Checks a size and keeps its text. */
export function parseSize(text: string): string {
  try {
    parsePictureSize(text, 'The size');
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
  return text;
}

/** A side of tiles: pixels, auto or off. */
export function parseTileFlag(text: string): ReturnType<typeof parseTile> {
  try {
    return parseTile(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

/** Numbers between commas. */
export function parseNumbers(text: string): number[] {
  return text.split(',').map(parseNumber);
}

/** Names between commas; an empty text is no name. */
export function parseNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Layers between commas, each with an optional weight: `block1_conv1,block2_conv1:0.5`. */
export function parseWeightedLayers(text: string): WeightedLayer[] {
  return parseNames(text).map((part) => {
    const [layer = '', weight = '1', ...rest] = part.split(':');
    if (rest.length > 0) throw new InvalidArgumentError('Give layers as NAME or NAME:WEIGHT between commas.');
    return { layer, weight: parseNumber(weight) };
  });
}

/** Gathers a repeatable flag. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Side of a net's square input in px. */
export function parseSide(text: string): number {
  const side = parseCount(text);
  if (side < 32 || side > 1_024) throw new InvalidArgumentError('Give a whole number from 32 to 1024.');
  return side;
}

/** A share from 0 to below 1. */
export function parseShare(text: string): number {
  const share = parseNumber(text);
  if (share < 0 || share >= 1) throw new InvalidArgumentError('Give a share from 0 to below 1, e.g. 0.25.');
  return share;
}

/** A number above 0. */
export function parsePositiveNumber(text: string): number {
  const value = parseNumber(text);
  if (value <= 0) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

/** A whole number from 1. */
export function parsePositive(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw new InvalidArgumentError('Give a whole number from 1.');
  return count;
}
