/** What a person chooses of a run, as elements have it and result files keep it; the settings of the run that this makes, and back. */
import { GramaryeError } from '../../engine/errors.js';
import { parseScales, scalesText } from '../multi-scale/scale-text.js';
import { parsePictureSize, type PictureSize } from '../pictures/picture-size.js';
import { presetByName, type Preset } from '../presets.js';
import {
  type ScaleSettings,
  parseTile,
  type ColourKind,
  type InitKind,
  type OptimizerName,
  type Precision,
  type StyleStatistic,
  type StyleTransferSettings,
} from '../settings.js';
import { parseContentLayers, parseStyleLayers } from '../style-layers.js';

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
  /** How, as {@link parseScales} reads it. */
  readonly scales: string | null;
  readonly colours: ColourKind | null;
  readonly statistic: StyleStatistic | null;
  /** Side of the tiles in px, `auto` or `off`. */
  readonly tile: string | null;
  /** Sizes of the style pictures as multiples of `styleSize`: one number for all, or one for each between commas. */
  readonly styleScale: string | null;
  /** Style layers with their weights: NAME or NAME:WEIGHT between commas. */
  readonly styleLayers: string | null;
  /** Content layers: names between commas. */
  readonly contentLayers: string | null;
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
  const { seed, pooling, optimizer, multiScale, scales, colours, statistic, tile } = source;
  const { styleScale, styleLayers, contentLayers, average, precision, memoryBudget, seamless } = source;
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
    scales,
    colours,
    statistic,
    tile,
    styleScale,
    styleLayers,
    contentLayers,
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

/** Settings of a run, and the sizes of its pictures. */
export interface ChosenRun {
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  readonly size: PictureSize;
  readonly styleSize: PictureSize;
}

/** The run that a choice makes with so many styles. Throws `bad-option`. */
export function runOf(chosen: StudioSettings, styleCount: number, blend: readonly number[] = []): ChosenRun {
  const resolved = resolveSettings(chosen);
  const { preset, size, styleSize } = resolved;
  const isTexture = preset.task === 'texture-synthesis';
  const isSquashed = chosen.styleSize === null && preset.styleSize.includes('x');
  return {
    size: isTexture ? { kind: 'exact', height: size, width: size } : { kind: 'longer', pixels: size },
    styleSize: isSquashed ? parsePictureSize(preset.styleSize, 'style size') : { kind: 'longer', pixels: styleSize },
    settings: {
      ...preset.settings,
      steps: resolved.steps,
      styleWeight: preset.settings.styleWeight * chosen.styleStrength,
      contentWeight: preset.settings.contentWeight * chosen.contentStrength,
      tvWeight: tvBase(preset) * resolved.smoothness,
      learningRate: resolved.learningRate,
      init: resolved.startFrom,
      seed: chosen.seed,
      pooling: resolved.pooling,
      ...(typeof chosen.tile === 'string' ? { tile: parseTile(chosen.tile) } : {}),
      optimizer: resolved.optimizer,
      colours: resolved.colours,
      statistic: resolved.statistic,
      ...styleScalesOf(chosen, styleCount),
      ...(chosen.styleLayers === null ? {} : { styleLayers: parseStyleLayers(chosen.styleLayers) }),
      ...(chosen.contentLayers === null || isTexture ? {} : { contentLayers: parseContentLayers(chosen.contentLayers) }),
      ...(chosen.average === null ? {} : { averageDecay: chosen.average }),
      ...(chosen.precision === null ? {} : { precision: chosen.precision }),
      ...(chosen.seamless ? { seamless: true } : {}),
      ...(chosen.multiScale ? { scales: scalesChosen(chosen, preset) } : {}),
      styleBlend: styleCount > 1 ? blend.slice(0, styleCount) : [],
    },
  };
}

/** How a choice goes from coarse to fine. Throws `bad-option`. */
export function scalesChosen({ scales }: Pick<StudioSettings, 'scales'>, { settings }: Preset): ScaleSettings {
  return scales === null ? (settings.scales ?? {}) : parseScales(scales);
}

/** Numbers between commas. Throws `bad-option`. */
export function parseStyleScales(text: string): number[] {
  const scales = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!scales.every((scale) => scale >= 0.05 && scale <= 20)) {
    throw new GramaryeError('bad-option', `The scale of the style is "${text}".`, {
      remedy: 'Give a number from 0.05 to 20, or one for each style between commas.',
    });
  }
  return scales;
}

function styleScalesOf({ styleScale }: StudioSettings, styleCount: number): Pick<StyleTransferSettings, 'styleScales'> {
  if (styleScale === null) return {};
  const scales = parseStyleScales(styleScale);
  const [first = 1] = scales;
  if (scales.length === 1) return first === 1 ? {} : { styleScales: Array.from({ length: styleCount }, () => first) };
  return { styleScales: scales };
}

function tvBase({ settings: { tvWeight } }: Preset): number {
  return tvWeight > 0 ? tvWeight : TV_BASE;
}

/** What a run is called by besides its settings. */
export interface RunNames {
  readonly preset: string;
  readonly net: string;
  /** As {@link parsePictureSize} reads it. */
  readonly styleSize: string;
  /** In MB. */
  readonly memoryBudget?: number;
}

/** The choice that comes nearest to a run's settings: elements have no field for some of them (see {@link lostInChoice}). */
export function chosenFrom(run: StyleTransferSettings, { preset: name, net, styleSize, memoryBudget }: RunNames): StudioSettings {
  const preset = presetByName(name);
  const { settings } = preset;
  const unless = <T>(value: T, usual: T): T | null => (value === usual ? null : value);
  const multiple = (value: number, base: number): number => (base === 0 || value === base ? 1 : value / base);
  const [scale, ...others] = run.styleScales ?? [];
  const tv = run.tvWeight / tvBase(preset);
  const parsed = parsePictureSize(styleSize, 'style size');
  return {
    preset: name,
    net,
    size: Math.max(run.height, run.width),
    styleSize:
      parsed.kind === 'longer' ? parsed.pixels : parsed.kind === 'exact' && styleSize !== preset.styleSize ? Math.max(parsed.height, parsed.width) : null,
    steps: unless(run.steps, settings.steps),
    styleStrength: multiple(run.styleWeight, settings.styleWeight),
    contentStrength: multiple(run.contentWeight, settings.contentWeight),
    smoothness: unless(tv, settings.tvWeight > 0 ? 1 : 0),
    learningRate: unless(run.learningRate, settings.learningRate),
    startFrom: unless(run.init, settings.init),
    seed: run.seed,
    pooling: unless(run.pooling, settings.pooling),
    optimizer: unless(run.optimizer ?? 'adam', settings.optimizer ?? 'adam'),
    multiScale: run.scales !== undefined,
    scales: unless(scalesText(run.scales ?? {}), scalesText(settings.scales ?? {})),
    colours: unless(run.colours ?? 'style', settings.colours ?? 'style'),
    statistic: unless(run.statistic ?? 'gram', settings.statistic ?? 'gram'),
    tile: run.tile === undefined ? null : String(run.tile),
    styleScale: scale === undefined ? null : others.every((other) => other === scale) ? String(scale) : [scale, ...others].join(', '),
    styleLayers: unless(layersText(run), layersText(settings)),
    contentLayers: unless(run.contentLayers.join(', '), settings.contentLayers.join(', ')),
    average: run.averageDecay ?? null,
    precision: run.precision ?? null,
    memoryBudget: memoryBudget ?? null,
    seamless: run.seamless ?? false,
  };
}

function layersText({ styleLayers }: Pick<StyleTransferSettings, 'styleLayers'>): string {
  return styleLayers.map(({ layer, weight }) => (weight === 1 ? layer : `${layer}:${String(weight)}`)).join(', ');
}

/** What settings that are left out amount to, where that is not `undefined`. */
const USUAL: Readonly<Partial<Record<string, unknown>>> = {
  optimizer: 'adam',
  colours: 'style',
  statistic: 'gram',
  precision: 'f32',
  tile: 'auto',
  seamless: false,
  styleScales: [],
  averageDecay: 0,
  temporalWeight: 0,
};

/** Names of the settings of a run that the choice does not bring back. */
export function lostInChoice(run: StyleTransferSettings, chosen: StudioSettings, styleCount: number): string[] {
  const made: Readonly<Record<string, unknown>> = { ...runOf(chosen, styleCount, run.styleBlend).settings };
  const wanted: Readonly<Record<string, unknown>> = { ...run };
  const text = (name: string, value: unknown): string =>
    JSON.stringify(value ?? USUAL[name], (_, part: unknown) => (typeof part === 'number' ? Number(part.toPrecision(6)) : part));
  // The size follows from the pictures, regions from the masks.
  const names = [...new Set([...Object.keys(made), ...Object.keys(wanted)])].filter((name) => !['height', 'width', 'regions'].includes(name));
  return names.filter((name) => text(name, made[name]) !== text(name, wanted[name]));
}
