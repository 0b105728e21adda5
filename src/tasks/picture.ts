import { GramaryeError } from '../engine/errors.js';

/** A picture as the tasks take and give it: sRGB values in [0, 1], row-major [height, width, 3], no alpha. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** The smallest side a picture may have: VGG19 halves it four times. */
export const MIN_SIDE_PX = 16;

/** Throws `bad-picture` unless the data fits the dimensions and the sides are at least 16 px. */
export function checkPicture(name: string, { height, width, data }: Picture): void {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < MIN_SIDE_PX || width < MIN_SIDE_PX) {
    throw new GramaryeError('bad-picture', `${name} is ${String(width)} × ${String(height)} px; a side needs at least ${String(MIN_SIDE_PX)} px.`, {
      remedy: 'Choose a larger picture or size.',
    });
  }
  if (data.length !== height * width * 3) {
    throw new GramaryeError(
      'bad-picture',
      `${name} holds ${String(data.length)} values; ${String(width)} × ${String(height)} px in RGB need ${String(height * width * 3)}.`,
    );
  }
}
