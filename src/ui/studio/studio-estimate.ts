import { estimateRun, rememberedRate, widthsOfSpec } from '../run/estimate.js';
import { scalesOf } from '../../tasks/multi-scale/scales.js';
import { DEFAULT_HISTORY } from '../../tasks/settings.js';
import { resolveSettings, type StudioSettings } from './studio-settings.js';

/** What a start with these settings will take. */
export interface StudioEstimate {
  readonly memoryBytes: number;
  readonly flopsPerStep: number;
  /** Undefined until this browser has run once. */
  readonly timeMs: number | undefined;
}

/** Estimates for a square result, the largest that a longer side allows. */
export function estimateOf(settings: StudioSettings, widths?: readonly number[]): StudioEstimate {
  const { preset, size, steps, optimizer } = resolveSettings(settings);
  const taps = [...preset.settings.styleLayers.map(({ layer }) => layer), ...preset.settings.contentLayers];
  const known = widthsOfSpec(settings.net) ?? widths;
  const run = estimateRun({ height: size, width: size, taps, ...(known === undefined ? {} : { widths: known }) });
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
