import { GramaryeError } from '../../engine/errors.js';
import type { Picture } from '../../tasks/picture.js';
import type { PictureFile } from '../pictures/open-picture.js';
import { pngText, withPngText } from '../pictures/png-text.js';
import { withCodec } from '../pictures/with-codec.js';
import type { StudioSettings } from './studio-settings.js';

/** Keyword of the text chunk inside result files. */
export const PNG_KEYWORD = 'gramarye';

/** What is written into a result, so that it can be made again. */
export interface ResultRecord {
  readonly format: 1;
  readonly task: string;
  /** Steps that were done. */
  readonly step: number;
  readonly settings: StudioSettings;
  /** Names of the pictures, and their addresses where they have one that can be fetched again. */
  readonly content: PictureReference | null;
  readonly styles: readonly PictureReference[];
  readonly blend: readonly number[];
  /** Kernel variants and adapter: the same ones give the same bits. */
  readonly variants: Readonly<Record<string, string>>;
  readonly adapter: string;
}

/** A picture by name. */
export interface PictureReference {
  readonly name: string;
  readonly url?: string;
}

/** How a picture is named in a record; addresses that end with the page are left out. */
export function referenceTo({ name, url }: PictureFile): PictureReference {
  return url === undefined || url.startsWith('blob:') || url.startsWith('data:') ? { name } : { name, url };
}

/** A PNG of the picture with the record inside. Encoded in a worker. */
export async function writeResult(picture: Picture, record: ResultRecord): Promise<Blob> {
  const png = await withCodec((codec) => codec.encode(picture, 'image/png'));
  const bytes = new Uint8Array(await png.arrayBuffer());
  return new Blob([withPngText(bytes, PNG_KEYWORD, JSON.stringify(record))], { type: 'image/png' });
}

function isReference(value: unknown): value is PictureReference {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
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
  colours: ['string', 'null', 'undefined'],
  statistic: ['string', 'null', 'undefined'],
  tile: ['string', 'null', 'undefined'],
  styleScale: ['number', 'null', 'undefined'],
  styleLayers: ['string', 'null', 'undefined'],
  average: ['number', 'null', 'undefined'],
  precision: ['string', 'null', 'undefined'],
  memoryBudget: ['number', 'null', 'undefined'],
  seamless: ['boolean', 'undefined'],
};

/**
 * Reads the record out of a result file; undefined when there is none.
 *
 * @throws GramaryeError `bad-option` when there is one that cannot be understood.
 */
export async function readResult(file: Blob): Promise<ResultRecord | undefined> {
  const text = pngText(new Uint8Array(await file.arrayBuffer()), PNG_KEYWORD);
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
  return {
    format: 1,
    task: String(record.task),
    step: Number(record.step),
    settings,
    content: isReference(record.content) ? record.content : null,
    styles: Array.isArray(record.styles) ? record.styles.filter(isReference) : [],
    blend: Array.isArray(record.blend) ? record.blend.filter((share) => typeof share === 'number') : [],
    variants: record.variants ?? {},
    adapter: String(record.adapter),
  };
}
