/** The record inside a result's PNG file, from which it can be made again. */
import { GramaryeError } from '../../engine/errors.js';
import type { StyleTransferSettings } from '../settings.js';
import type { StudioSettings } from './chosen-settings.js';
import { pngText, withPngText } from './png-text.js';

/** Keyword of the text chunk inside result files. */
const PNG_KEYWORD = 'gramarye';

/** A picture by name. */
export interface PictureReference {
  readonly name: string;
  /** Where it can be fetched again. */
  readonly url?: string;
}

/** The settings of the run themselves: elements have no field for some of them. */
export interface ExactRun {
  readonly settings: StyleTransferSettings;
  /** As `parsePictureSize` reads it. */
  readonly styleSize: string;
}

/** What is written into a result, so that it can be made again. */
export interface ResultRecord {
  readonly format: 1;
  readonly task: string;
  /** Steps that were done. */
  readonly step: number;
  readonly settings: StudioSettings;
  /** Files of before it was kept have none. */
  readonly exact?: ExactRun;
  /** Names of the pictures, and their addresses where they have one that can be fetched again. */
  readonly content: PictureReference | null;
  readonly styles: readonly PictureReference[];
  readonly blend: readonly number[];
  /** Where each style goes; null: everywhere. Empty where no style has a mask. */
  readonly masks: readonly (PictureReference | null)[];
  /** Kernel variants and adapter: the same ones give the same bits. */
  readonly variants: Readonly<Record<string, string>>;
  readonly adapter: string;
}

/** A PNG file with a record inside. Throws TypeError for a file that is no PNG. */
export function withRecord(png: Uint8Array, record: ResultRecord): Uint8Array<ArrayBuffer> {
  return withPngText(png, PNG_KEYWORD, JSON.stringify(record));
}

/** What the known settings must be; others in a file are ignored. */
const KINDS: Readonly<Record<keyof StudioSettings, readonly string[]>> = {
  preset: ['string'],
  net: ['string'],
  size: ['number', 'null'],
  styleSize: ['number', 'null'],
  steps: ['number', 'null'],
  styleStrength: ['number'],
  contentStrength: ['number'],
  smoothness: ['number', 'null'],
  learningRate: ['number', 'null'],
  startFrom: ['string', 'null'],
  seed: ['number'],
  pooling: ['string', 'null'],
  // Files of before there was a choice have none.
  optimizer: ['string', 'null', 'undefined'],
  multiScale: ['boolean', 'undefined'],
  scales: ['string', 'null', 'undefined'],
  colours: ['string', 'null', 'undefined'],
  statistic: ['string', 'null', 'undefined'],
  tile: ['string', 'null', 'undefined'],
  // A number before there could be several.
  styleScale: ['string', 'number', 'null', 'undefined'],
  styleLayers: ['string', 'null', 'undefined'],
  contentLayers: ['string', 'null', 'undefined'],
  average: ['number', 'null', 'undefined'],
  precision: ['string', 'null', 'undefined'],
  memoryBudget: ['number', 'null', 'undefined'],
  seamless: ['boolean', 'undefined'],
};

function isReference(value: unknown): value is PictureReference {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

/** Settings are checked in full before a run is made of them; here only that they are settings at all. */
function isExact(value: unknown): value is ExactRun {
  if (typeof value !== 'object' || value === null || !('settings' in value) || !('styleSize' in value)) return false;
  const { settings, styleSize } = value;
  return typeof styleSize === 'string' && typeof settings === 'object' && settings !== null && 'height' in settings && 'styleLayers' in settings;
}

/**
 * Reads the record out of a PNG file; undefined when there is none.
 *
 * @throws GramaryeError `bad-option` when there is one that cannot be understood.
 */
export function recordIn(file: Uint8Array): ResultRecord | undefined {
  const text = pngText(file, PNG_KEYWORD);
  if (text === undefined) return undefined;
  const invalid = (problem: string): GramaryeError => new GramaryeError('bad-option', `The settings in this picture cannot be read: ${problem}.`);
  let record: Partial<ResultRecord>;
  try {
    record = JSON.parse(text) as Partial<ResultRecord>;
  } catch (cause) {
    throw new GramaryeError('bad-option', 'The settings in this picture cannot be read: they are damaged.', { cause });
  }
  if (record.format !== 1 || typeof record.settings !== 'object') throw invalid('they are of another format');
  for (const [name, kinds] of Object.entries(KINDS)) {
    const value: unknown = record.settings[name as keyof StudioSettings];
    if (!kinds.includes(value === null ? 'null' : typeof value)) throw invalid(`"${name}" is ${JSON.stringify(value)}`);
  }
  const settings = Object.fromEntries(
    Object.keys(KINDS).map((name) => [name, record.settings?.[name as keyof StudioSettings] ?? (name === 'multiScale' || name === 'seamless' ? false : null)]),
  ) as unknown as StudioSettings;
  const styleScale: unknown = settings.styleScale;
  return {
    format: 1,
    task: String(record.task),
    step: Number(record.step),
    settings: typeof styleScale === 'number' ? { ...settings, styleScale: String(styleScale) } : settings,
    ...(isExact(record.exact) ? { exact: record.exact } : {}),
    content: isReference(record.content) ? record.content : null,
    styles: Array.isArray(record.styles) ? record.styles.filter(isReference) : [],
    blend: Array.isArray(record.blend) ? record.blend.filter((share) => typeof share === 'number') : [],
    masks: Array.isArray(record.masks) ? record.masks.map((mask) => (isReference(mask) ? mask : null)) : [],
    variants: record.variants ?? {},
    adapter: String(record.adapter),
  };
}
