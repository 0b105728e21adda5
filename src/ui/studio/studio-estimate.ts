import { estimateRun, rememberedRate, widthsOfSpec } from '../run/estimate.js';
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
  const { preset, size, steps } = resolveSettings(settings);
  const taps = [...preset.settings.styleLayers.map(({ layer }) => layer), ...preset.settings.contentLayers];
  const known = widthsOfSpec(settings.net) ?? widths;
  const run = estimateRun({ height: size, width: size, taps, ...(known === undefined ? {} : { widths: known }) });
  const rate = rememberedRate();
  return { ...run, timeMs: rate === undefined ? undefined : (run.flopsPerStep * steps) / rate };
}
