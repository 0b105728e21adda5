import { estimateRun, rememberedRate, widthsOfSpec } from '../run/estimate.js';
import { scalesOf } from '../../tasks/multi-scale/scales.js';
import type { Preset } from '../../tasks/presets.js';
import { DEFAULT_HISTORY } from '../../tasks/settings.js';
import { parseStyleLayers } from '../../tasks/style-layers.js';
import { resolveSettings, type StudioSettings } from './studio-settings.js';

/** What a start with these settings will take. */
export interface StudioEstimate {
  readonly memoryBytes: number;
  readonly flopsPerStep: number;
  /** Undefined until this browser has run once. */
  readonly timeMs: number | undefined;
}

/** The style layers that are set; those of the preset where they cannot be read. */
function styleTaps({ styleLayers }: StudioSettings, preset: Preset): string[] {
  try {
    return (styleLayers === null ? preset.settings.styleLayers : parseStyleLayers(styleLayers)).map(({ layer }) => layer);
  } catch {
    return preset.settings.styleLayers.map(({ layer }) => layer);
  }
}

/** Estimates for a square result, the largest that a longer side allows. */
export function estimateOf(settings: StudioSettings, widths?: readonly number[]): StudioEstimate {
  const { preset, size, steps, optimizer } = resolveSettings(settings);
  const taps = [...styleTaps(settings, preset), ...preset.settings.contentLayers];
  const known = widthsOfSpec(settings.net) ?? widths;
  const net = { taps, ...(known === undefined ? {} : { widths: known }) };
  const whole = estimateRun({ height: size, width: size, ...net });
  const tile = Number(settings.tile ?? NaN);
  // In tiles: the maps of one tile beside image, gradient and two moments of the whole. Both passes go forward; halos come on top.
  const run =
    tile > 0 && tile < size
      ? {
          memoryBytes: estimateRun({ height: tile, width: tile, ...net }).memoryBytes + 4 * (size * size - tile * tile) * 3 * 4,
          flopsPerStep: 1.5 * whole.flopsPerStep,
        }
      : whole;
  const rate = rememberedRate();
  const scales = settings.multiScale ? { scales: preset.settings.scales ?? {} } : {};
  // Steps at the size of the result that would take as long.
  const fullSteps = scalesOf({ height: size, width: size, steps, ...scales }).reduce((sum, { ratio, first, end }) => sum + ratio * ratio * (end - first), 0);
  // Pairs of images, and the three images of a step, in place of Adam's two.
  const historyBytes = optimizer === 'lbfgs' ? (2 * DEFAULT_HISTORY + 1) * size * size * 3 * 4 : 0;
  return {
    ...run,
    memoryBytes: run.memoryBytes + historyBytes,
    timeMs: rate === undefined ? undefined : (run.flopsPerStep * fullSteps) / rate,
  };
}
