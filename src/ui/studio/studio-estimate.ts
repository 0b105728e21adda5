import { VGG19_LAYERS } from '../../models/vgg19.js';
import { TILE_WORKING_BYTES, tileSides } from '../../tasks/tiling/tile-sides.js';
import { overlap, planTiles, type LayerShape } from '../../tasks/tiling/windows.js';
import { estimateRun, rememberedRate, widthsOfSpec, type EstimateInput, type RunEstimate } from '../run/estimate.js';
import { scalesOf } from '../../tasks/multi-scale/scales.js';
import type { Preset } from '../../tasks/presets.js';
import { DEFAULT_HISTORY } from '../../tasks/settings.js';
import { parseContentLayers, parseStyleLayers } from '../../tasks/style-layers.js';
import { resolveSettings, scalesChosen, type StudioSettings } from './studio-settings.js';

/** What a start with these settings will take. */
export interface StudioEstimate extends RunEstimate {
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

/** The same of the content layers. */
function contentTaps({ contentLayers }: StudioSettings, preset: Preset): readonly string[] {
  try {
    return contentLayers === null || preset.task === 'texture-synthesis' ? preset.settings.contentLayers : parseContentLayers(contentLayers);
  } catch {
    return preset.settings.contentLayers;
  }
}

/**
 * In tiles: the maps of one tile beside image, gradient and two moments of the whole; both passes go forward, over the halos besides.
 * Undefined where the picture is computed as a whole, by the rules of `planRun`.
 */
function tiledEstimate(
  { tile: asked, memoryBudget, seamless }: StudioSettings,
  size: number,
  whole: RunEstimate,
  net: Pick<EstimateInput, 'taps' | 'widths'>,
  bindingBytes: number,
): RunEstimate | undefined {
  if (seamless || asked === 'off') return undefined;
  const depth = 1 + Math.max(...net.taps.map((tap) => VGG19_LAYERS.findIndex(({ name }) => name === tap)));
  const layers = VGG19_LAYERS.slice(0, depth);
  const inTiles = (side: number): RunEstimate => {
    const tile = estimateRun({ height: side, width: side, ...net });
    return {
      memoryBytes: tile.memoryBytes + 4 * (size * size - side * side) * 3 * 4,
      flopsPerStep: 1.5 * overlapOf(size, side, layers) * whole.flopsPerStep,
      largestBytes: tile.largestBytes,
    };
  };
  const side = Number(asked ?? NaN);
  if (side > 0) return side < size ? inTiles(side) : undefined;
  const budget = memoryBudget === null ? Infinity : memoryBudget * 2 ** 20;
  const fits = ({ memoryBytes, largestBytes }: RunEstimate): boolean => memoryBytes <= budget && largestBytes <= bindingBytes;
  if (fits(whole)) return undefined;
  const candidates = tileSides(layers, size).map((candidate) => ({
    run: inTiles(candidate),
    tile: estimateRun({ height: candidate, width: candidate, ...net }),
  }));
  return (candidates.find(({ run, tile }) => fits(run) && (memoryBudget !== null || tile.memoryBytes <= TILE_WORKING_BYTES)) ?? candidates.at(-1))?.run;
}

/** Pixels computed over those of the picture; 1 for a tile that does not fit the net, which a start refuses. */
function overlapOf(size: number, side: number, layers: readonly LayerShape[]): number {
  try {
    return overlap(planTiles({ height: size, width: size }, layers, side));
  } catch {
    return 1;
  }
}

/** The scales that are set; those of the preset where they cannot be read. */
function readableScales(settings: StudioSettings, preset: Preset): ReturnType<typeof scalesChosen> {
  try {
    return scalesChosen(settings, preset);
  } catch {
    return preset.settings.scales ?? {};
  }
}

/** Estimates for a square result, the largest that a longer side allows; `bindingBytes` is what the device binds at once, where it is known. */
export function estimateOf(settings: StudioSettings, widths?: readonly number[], bindingBytes = Infinity): StudioEstimate {
  const { preset, size, steps, optimizer } = resolveSettings(settings);
  const taps = [...styleTaps(settings, preset), ...contentTaps(settings, preset)];
  const known = widthsOfSpec(settings.net) ?? widths;
  const net = { taps, ...(known === undefined ? {} : { widths: known }) };
  const whole = estimateRun({ height: size, width: size, ...net });
  const run = tiledEstimate(settings, size, whole, net, bindingBytes) ?? whole;
  const rate = rememberedRate();
  const scales = settings.multiScale ? { scales: readableScales(settings, preset) } : {};
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
