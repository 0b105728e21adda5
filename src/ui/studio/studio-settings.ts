import { presetByName, type Preset } from '../../tasks/presets.js';
import { parsePictureSize } from '../../tasks/pictures/picture-size.js';
import { parseTile, type ColourKind, type InitKind, type OptimizerName, type Precision, type StyleStatistic } from '../../tasks/settings.js';
import { parseStyleLayers } from '../../tasks/style-layers.js';
import type { Picture } from '../../tasks/picture.js';
import type { PictureFile } from '../pictures/open-picture.js';
import type { RunJob } from '../run/job.js';

/** What a visitor can set. `null` is what the preset says. */
export interface StudioSettings {
  readonly preset: string;
  readonly net: string;
  /** Longer side of the result in px. */
  readonly size: number | null;
  /** Longer side of the style pictures in px. */
  readonly styleSize: number | null;
  readonly steps: number | null;
  /** Multiples of the preset's weights. */
  readonly styleStrength: number;
  readonly contentStrength: number;
  /** The same for total variation; 0 switches it off. */
  readonly smoothness: number | null;
  readonly learningRate: number | null;
  readonly startFrom: InitKind | null;
  readonly seed: number;
  readonly pooling: 'max' | 'avg' | null;
  readonly optimizer: OptimizerName | null;
  /** From coarse to fine. */
  readonly multiScale: boolean;
  readonly colours: ColourKind | null;
  readonly statistic: StyleStatistic | null;
  /** Side of the tiles in px, `auto` or `off`. */
  readonly tile: string | null;
  /** Sizes of the style pictures as multiples of `styleSize`. */
  readonly styleScale: number | null;
  /** Style layers with their weights: NAME or NAME:WEIGHT between commas. */
  readonly styleLayers: string | null;
  /** Decay of the average of iterates that is shown; 0: none. */
  readonly average: number | null;
  readonly precision: Precision | null;
  /** The most graphics memory that a run may take, in MB. */
  readonly memoryBudget: number | null;
  /** Whether the result can be laid beside itself without a seam. */
  readonly seamless: boolean;
}

/** The settings alone, out of whatever has them. */
export function settingsOf(source: StudioSettings): StudioSettings {
  const { preset, net, size, styleSize, steps, styleStrength, contentStrength, smoothness, learningRate, startFrom } = source;
  const { seed, pooling, optimizer, multiScale, colours, statistic, tile } = source;
  const { styleScale, styleLayers, average, precision, memoryBudget, seamless } = source;
  return {
    preset,
    net,
    size,
    styleSize,
    steps,
    styleStrength,
    contentStrength,
    smoothness,
    learningRate,
    startFrom,
    seed,
    pooling,
    optimizer,
    multiScale,
    colours,
    statistic,
    tile,
    styleScale,
    styleLayers,
    average,
    precision,
    memoryBudget,
    seamless,
  };
}

/** Weight of the total variation that ×1 means where the preset has none. */
const TV_BASE = 1e-2;

/** The settings that a run will really have, with what the preset says filled in. */
export interface ResolvedSettings {
  readonly preset: Preset;
  readonly size: number;
  readonly styleSize: number;
  readonly steps: number;
  readonly smoothness: number;
  readonly learningRate: number;
  readonly startFrom: InitKind;
  readonly pooling: 'max' | 'avg';
  readonly optimizer: OptimizerName;
  readonly colours: ColourKind;
  readonly statistic: StyleStatistic;
}

/** Longer side in px of a size as presets write it. */
function longerSide(text: string): number {
  const size = parsePictureSize(text, 'size');
  return size.kind === 'longer' ? size.pixels : size.kind === 'exact' ? Math.max(size.height, size.width) : 0;
}

/** Fills in the preset. Throws `bad-option` for an unknown preset. */
export function resolveSettings(settings: StudioSettings): ResolvedSettings {
  const preset = presetByName(settings.preset);
  return {
    preset,
    size: settings.size ?? longerSide(preset.size),
    styleSize: settings.styleSize ?? longerSide(preset.styleSize),
    steps: settings.steps ?? preset.settings.steps,
    smoothness: settings.smoothness ?? (preset.settings.tvWeight > 0 ? 1 : 0),
    learningRate: settings.learningRate ?? preset.settings.learningRate,
    startFrom: settings.startFrom ?? preset.settings.init,
    pooling: settings.pooling ?? preset.settings.pooling,
    optimizer: settings.optimizer ?? preset.settings.optimizer ?? 'adam',
    statistic: settings.statistic ?? preset.settings.statistic ?? 'gram',
    colours: preset.task === 'texture-synthesis' ? 'style' : (settings.colours ?? preset.settings.colours ?? 'style'),
  };
}

/** Pictures of a job and how much each style counts. */
export interface JobPictures {
  readonly content?: PictureFile;
  readonly styles: readonly PictureFile[];
  readonly blend: readonly number[];
  /** Where each style goes; null: everywhere. */
  readonly masks?: readonly (PictureFile | null)[];
  /** What a run that starts from a picture starts from. */
  readonly start?: Picture;
}

/** The job that these settings and pictures make. Throws `bad-option`. */
export function composeJob(settings: StudioSettings, { content, styles, blend, masks, start }: JobPictures): RunJob {
  const resolved = resolveSettings(settings);
  const { preset, size, styleSize } = resolved;
  const isTexture = preset.task === 'texture-synthesis';
  const tvBase = preset.settings.tvWeight > 0 ? preset.settings.tvWeight : TV_BASE;
  const isSquashed = settings.styleSize === null && preset.styleSize.includes('x');
  return {
    net: settings.net,
    size: isTexture ? { kind: 'exact', height: size, width: size } : { kind: 'longer', pixels: size },
    styleSize: isSquashed ? parsePictureSize(preset.styleSize, 'style size') : { kind: 'longer', pixels: styleSize },
    settings: {
      ...preset.settings,
      steps: resolved.steps,
      styleWeight: preset.settings.styleWeight * settings.styleStrength,
      contentWeight: preset.settings.contentWeight * settings.contentStrength,
      tvWeight: tvBase * resolved.smoothness,
      learningRate: resolved.learningRate,
      init: resolved.startFrom,
      seed: settings.seed,
      pooling: resolved.pooling,
      ...(typeof settings.tile === 'string' ? { tile: parseTile(settings.tile) } : {}),
      optimizer: resolved.optimizer,
      colours: resolved.colours,
      statistic: resolved.statistic,
      ...(settings.styleScale === null || settings.styleScale === 1 ? {} : { styleScales: styles.map(() => settings.styleScale ?? 1) }),
      ...(settings.styleLayers === null ? {} : { styleLayers: parseStyleLayers(settings.styleLayers) }),
      ...(settings.average === null ? {} : { averageDecay: settings.average }),
      ...(settings.precision === null ? {} : { precision: settings.precision }),
      ...(settings.seamless ? { seamless: true } : {}),
      ...(settings.multiScale ? { scales: preset.settings.scales ?? {} } : {}),
      styleBlend: styles.length > 1 ? blend.slice(0, styles.length) : [],
    },
    ...(isTexture || content === undefined ? {} : { content }),
    ...(start === undefined ? {} : { start }),
    ...(settings.memoryBudget === null ? {} : { memoryBudgetBytes: settings.memoryBudget * 2 ** 20 }),
    ...(masks?.some((mask) => mask !== null) === true ? { masks } : {}),
    styles,
  };
}
