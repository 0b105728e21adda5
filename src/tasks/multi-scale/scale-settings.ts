/** What can be set of a run from coarse to fine. */
import { GramaryeError } from '../../engine/errors.js';
import { MIN_SIDE_PX } from '../picture.js';

/** Ratio of each size to the one before, where nothing else is said: half the area each time. */
export const DEFAULT_FACTOR = Math.SQRT2;

/** Longer side of the coarsest picture, where nothing else is said; below it the deepest taps see a handful of positions. */
export const DEFAULT_COARSEST_PX = 96;

/** How a run goes from coarse to fine. */
export interface ScaleSettings {
  /** Longer side of the coarsest picture in px; default 96. */
  readonly coarsest?: number;
  /** Ratio of each size to the one before; default √2. */
  readonly factor?: number;
  /** Steps at each size from the coarsest on, the last number for all that follow; the finest gets the rest. Default: equal shares. */
  readonly steps?: readonly number[];
  /** Whether Adam's moments are carried from size to size, resized and scaled; default: they begin at zero, which was faster where it was measured. */
  readonly carryMoments?: boolean;
  /** Whether the style pictures are scaled along (default), or keep their size. */
  readonly styleAlong?: boolean;
}

/** Checks the settings of the scales. Throws `bad-option`. */
export function checkScales({ coarsest = DEFAULT_COARSEST_PX, factor = DEFAULT_FACTOR, steps = [] }: ScaleSettings): void {
  if (!Number.isInteger(coarsest) || coarsest < MIN_SIDE_PX) {
    throw new GramaryeError('bad-option', `The coarsest scale is ${String(coarsest)} px.`, { remedy: `Give a whole number from ${String(MIN_SIDE_PX)}.` });
  }
  if (!(factor >= 1.05 && factor <= 16)) {
    throw new GramaryeError('bad-option', `The factor between scales is ${String(factor)}.`, {
      remedy: 'Give a number from 1.05 to 16; 1.4142 doubles the area.',
    });
  }
  if (!steps.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new GramaryeError('bad-option', `The steps of the scales are ${steps.join(', ')}.`, { remedy: 'Give whole numbers from 0.' });
  }
}
