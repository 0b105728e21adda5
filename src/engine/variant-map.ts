/** Variant maps: which variant each call of a run used, as a file that another run can follow to the same bits. */
import type { DeviceTraits } from './device.js';
import { GramaryeError } from './errors.js';
import type { BoundCall, RecordedCall } from './replay.js';
import { findVariant, type VariantPins } from './select.js';
import { VERSION } from './version.js';

/** What tells one adapter from another. */
export type AdapterIdentity = Pick<DeviceTraits, 'vendor' | 'architecture' | 'device' | 'description'>;

/** A variant map with where it comes from. */
export interface VariantMap {
  readonly version: 1;
  readonly adapter: AdapterIdentity;
  /** Version of Gramarye. */
  readonly gramarye: string;
  readonly variants: VariantPins;
}

/** The identity of a device's adapter. */
export function adapterIdentity({ vendor, architecture, device, description }: AdapterIdentity): AdapterIdentity {
  return { vendor, architecture, device, description };
}

/** An adapter as short text. */
export function adapterName({ vendor, architecture, device, description }: AdapterIdentity): string {
  return description || device || [vendor, architecture].filter((part) => part !== '').join(' ') || 'unnamed adapter';
}

/** The map of this adapter and version. */
export function makeVariantMap(traits: AdapterIdentity, variants: VariantPins): VariantMap {
  return { version: 1, adapter: adapterIdentity(traits), gramarye: VERSION, variants };
}

/** Variants of calls by label. */
export function variantsByLabel(calls: readonly RecordedCall[]): VariantPins {
  return Object.fromEntries(calls.map(({ label, variant }) => [label, variant]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a variant map, or the one inside the trace of a run. `name` names it in errors.
 *
 * @throws GramaryeError `bad-option` when it is neither.
 */
export function parseVariantMap(value: unknown, name: string): VariantMap {
  const fail = (problem: string): never => {
    throw new GramaryeError('bad-option', `${name} ${problem}.`, { remedy: 'Give a trace of a run or an exported variant map.' });
  };
  if (!isRecord(value) || !isRecord(value.variants)) return fail('holds no variants');
  const isMap = value.version === 1;
  const gramarye = isMap ? value.gramarye : value.version;
  if (typeof gramarye !== 'string') return fail('does not say which version of Gramarye it is of');
  const { adapter } = value;
  if (!isRecord(adapter)) return fail('does not say which adapter it is of');
  const text = (field: string): string => (typeof adapter[field] === 'string' ? adapter[field] : '');
  const variants: Record<string, string> = {};
  for (const [key, variant] of Object.entries(value.variants)) {
    if (typeof variant !== 'string') return fail(`gives ${key} a variant that is no text`);
    variants[key] = variant;
  }
  return {
    version: 1,
    adapter: { vendor: text('vendor'), architecture: text('architecture'), device: text('device'), description: text('description') },
    gramarye,
    variants,
  };
}

/** Why a map may not give the same bits here: one sentence for each reason, none when it does. */
export function mapDifferences(map: Pick<VariantMap, 'adapter' | 'gramarye'>, traits: AdapterIdentity): string[] {
  const here = adapterIdentity(traits);
  const differences: string[] = [];
  if (Object.entries(here).some(([field, value]) => map.adapter[field as keyof AdapterIdentity] !== value)) {
    differences.push(`The variant map was made on ${adapterName(map.adapter)}; this is ${adapterName(here)}: results may differ in the last bits.`);
  }
  if (map.gramarye !== VERSION) {
    differences.push(`The variant map was made by Gramarye ${map.gramarye}; this is ${VERSION}: results may differ in the last bits.`);
  }
  return differences;
}

/**
 * Checks that every pin names a call, or a kernel, of these; pins by shape may name shapes that do not occur.
 *
 * @throws GramaryeError `unknown-variant` naming the pin.
 */
export function checkPins(pins: VariantPins, calls: readonly BoundCall[]): void {
  const labels = new Set(calls.map(({ label }) => label));
  for (const [key, variant] of Object.entries(pins)) {
    if (labels.has(key)) continue;
    const kernel = key.split('(')[0] ?? key;
    const definition = calls.find((call) => call.kernel === kernel)?.definition;
    if (definition !== undefined) {
      findVariant(definition, variant);
      continue;
    }
    if (key.includes('(')) continue;
    throw new GramaryeError('unknown-variant', `The variant map pins "${key}" to ${variant}, but this run has no such call.`, {
      remedy: 'Use a map of the same layers, pooling and number of styles, or take the entry out.',
    });
  }
}
