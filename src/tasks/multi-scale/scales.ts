/** From coarse to fine: which sizes a run goes through and how many steps each gets. Pure. */
import { MIN_SIDE_PX } from '../picture.js';
import { seamlessMultiple } from '../seamless.js';
import type { Dimensions } from '../pictures/picture-size.js';
import type { StyleTransferSettings } from '../settings.js';
import { DEFAULT_COARSEST_PX, DEFAULT_FACTOR, type ScaleSettings } from './scale-settings.js';

/** One size of a run. */
export interface Scale extends Dimensions {
  /** Steps of the whole run that are done before this size begins, and when it ends. */
  readonly first: number;
  readonly end: number;
  /** Its longer side over the result's. */
  readonly ratio: number;
}

/** The sizes from the coarsest to the result's, each divided from the result's so that no rounding adds up; sides are multiples of `multiple`. */
export function scaleSizes(
  { height, width }: Dimensions,
  { coarsest = DEFAULT_COARSEST_PX, factor = DEFAULT_FACTOR }: ScaleSettings,
  multiple = 1,
): (Dimensions & { ratio: number })[] {
  const longer = Math.max(height, width);
  const shorter = Math.min(height, width);
  const sizes: (Dimensions & { ratio: number })[] = [];
  for (let power = 0; ; power++) {
    const ratio = factor ** -power;
    const isTooSmall = Math.round(longer * ratio) < coarsest || Math.round(shorter * ratio) < MIN_SIDE_PX;
    if (power > 0 && isTooSmall) break;
    const side = (full: number): number => Math.max(multiple, Math.round((full * ratio) / multiple) * multiple);
    sizes.unshift({ height: side(height), width: side(width), ratio });
  }
  return sizes;
}

/** The sizes of a run with their steps; one size where the settings name no scales. */
export function scalesOf(
  settings: Pick<StyleTransferSettings, 'height' | 'width' | 'steps' | 'scales'> &
    Partial<Pick<StyleTransferSettings, 'seamless' | 'styleLayers' | 'contentLayers'>>,
): Scale[] {
  const { height, width, steps, scales, seamless = false, styleLayers = [], contentLayers = [] } = settings;
  const multiple = seamless ? seamlessMultiple({ styleLayers, contentLayers }) : 1;
  const sizes = scales === undefined ? [{ height, width, ratio: 1 }] : scaleSizes({ height, width }, scales, multiple);
  const coarser = sizes.length - 1;
  const given = scales?.steps ?? [];
  const share = (index: number): number => given[Math.min(index, given.length - 1)] ?? Math.floor(steps / sizes.length);
  let first = 0;
  return sizes.map((size, index) => {
    const end = index === coarser ? Math.max(steps, first) : Math.min(steps, first + share(index));
    const scale = { ...size, first, end };
    first = end;
    return scale;
  });
}

/** The size at which the step after `step` finished ones is taken; the last one from its beginning on. */
export function scaleIndexAt(scales: readonly Scale[], step: number): number {
  const index = scales.findIndex(({ end }) => step < end);
  return index < 0 ? scales.length - 1 : index;
}
