/** A run of style transfer or texture synthesis as bytes: everything that it needs to go on, bit by bit, in another process. */
import { GramaryeError } from '../../engine/errors.js';
import type { VariantMap } from '../../engine/variant-map.js';
import { VERSION } from '../../engine/version.js';
import type { Picture } from '../picture.js';
import type { StyleTransferInputs } from '../run-start.js';
import type { RunSnapshot, TraceEntry } from '../run-types.js';
import type { StyleTransferSettings } from '../settings.js';
import { decodeArrays, encodeArrays } from './array-file.js';
import { Fingerprint } from './fingerprint.js';

/** Fingerprints of the net and the pictures of a run, by what they are called in messages. */
export type InputPrints = Readonly<Record<string, string>>;

/** What tells a run from any other. */
export interface RunIdentity {
  readonly settings: StyleTransferSettings;
  readonly inputs: InputPrints;
}

/** A run after some steps. */
export interface RunCheckpoint extends RunIdentity {
  readonly snapshot: RunSnapshot;
  /** Adapter, version and variants of the size under way: with the same ones it goes on to the same bits. */
  readonly map: VariantMap;
  /** Steps between checkpoints. */
  readonly every: number;
}

const MAGIC = 'gramarye-run-checkpoint-1';
/** Of every layer's weights so many are hashed, about. */
const HASHED_WEIGHTS = 4_096;

interface Header extends Omit<RunCheckpoint, 'snapshot'> {
  readonly magic: string;
  readonly snapshot: Omit<RunSnapshot, 'image' | 'state'>;
  /** Names of the state's arrays, which follow the image. */
  readonly state: readonly string[];
}

/** Fingerprints of what a run is made from; a sample of the net's weights. */
export function inputPrints({ net, content, styles, masks = [], init, previous }: StyleTransferInputs): InputPrints {
  const print = ({ height, width, data }: Picture): string =>
    new Fingerprint()
      .addText(`${String(height)} ${String(width)}`)
      .addNumbers(data)
      .toString();
  const weights = new Fingerprint().addText(net.preprocess.name);
  for (const { name, weights: values } of net.layers) weights.addText(name).addNumbers(values, Math.max(1, Math.floor(values.length / HASHED_WEIGHTS)));
  return {
    net: weights.toString(),
    ...(content === undefined ? {} : { 'content picture': print(content) }),
    ...Object.fromEntries(styles.map((style, index) => [`style picture ${String(index + 1)}`, print(style)])),
    ...Object.fromEntries(masks.map((mask, index) => [`mask ${String(index + 1)}`, print(mask)])),
    ...(init === undefined ? {} : { 'picture to start from': print(init) }),
    ...(previous === undefined ? {} : { 'result of the frame before': print(previous.result) }),
  };
}

/** The checkpoint as bytes. */
export function encodeRunCheckpoint({ settings, inputs, snapshot, map, every }: RunCheckpoint): Uint8Array<ArrayBuffer> {
  const { image, state, ...rest } = snapshot;
  const header: Header = { magic: MAGIC, settings, inputs, map, every, snapshot: rest, state: Object.keys(state) };
  return encodeArrays(header, [image, ...Object.values(state)]);
}

/** JSON has no numbers that are not finite; a run that has diverged has. */
function finiteOrNaN(entry: TraceEntry): TraceEntry {
  const number = (value: number | null): number => value ?? NaN;
  return { ...entry, style: number(entry.style), content: number(entry.content), tv: number(entry.tv), total: number(entry.total) };
}

/**
 * The reverse. `name` names the file in errors.
 *
 * @throws GramaryeError `bad-option` for bytes that are cut short, no checkpoint at all, or one of another version.
 */
export function decodeRunCheckpoint(bytes: Uint8Array<ArrayBuffer>, name: string): RunCheckpoint {
  const remedy = `Remove ${name} and start again.`;
  const file = decodeArrays<Header>(bytes);
  const { magic, settings, inputs, map, every, snapshot, state } = file?.header ?? {};
  const [image, ...values] = file?.arrays ?? [];
  if (typeof magic === 'string' && magic !== MAGIC && magic.startsWith('gramarye-')) {
    throw new GramaryeError('bad-option', `${name} is of another kind or format (${magic}) than this version's (${MAGIC}).`, { remedy });
  }
  const isWhole = magic === MAGIC && settings !== undefined && inputs !== undefined && map !== undefined && every !== undefined;
  if (!isWhole || snapshot === undefined || image === undefined || state?.length !== values.length) {
    throw new GramaryeError('bad-option', `${name} is damaged or was cut short.`, { remedy });
  }
  if (map.gramarye !== VERSION) {
    throw new GramaryeError('bad-option', `${name} was written by Gramarye ${map.gramarye}; this is ${VERSION}, whose steps may differ.`, {
      remedy: `Go on with Gramarye ${map.gramarye}, or remove ${name} and start again.`,
    });
  }
  const states = Object.fromEntries(state.map((key, index) => [key, values[index] ?? new Float32Array()]));
  return { settings, inputs, map, every, snapshot: { ...snapshot, trace: snapshot.trace.map(finiteOrNaN), image, state: states } };
}

/** Throws `bad-option`, naming the first difference, unless a checkpoint belongs to this run. A run at one size may be made longer. */
export function requireSameRun(checkpoint: RunIdentity, run: RunIdentity, name: string): void {
  const remedy = `Give the same settings, net and pictures, or remove ${name} and start again.`;
  const free = run.settings.scales === undefined && checkpoint.settings.scales === undefined ? new Set(['steps']) : new Set<string>();
  const [there, here] = [new Map<string, unknown>(Object.entries(checkpoint.settings)), new Map<string, unknown>(Object.entries(run.settings))];
  for (const key of new Set([...there.keys(), ...here.keys()])) {
    const [before, now] = [textOf(there.get(key)), textOf(here.get(key))];
    if (before !== now && !free.has(key)) {
      throw new GramaryeError('bad-option', `${name} is of a run with another ${key}: ${before} there, ${now} here.`, { remedy });
    }
  }
  for (const key of new Set([...Object.keys(checkpoint.inputs), ...Object.keys(run.inputs)])) {
    if (checkpoint.inputs[key] !== run.inputs[key]) throw new GramaryeError('bad-option', `${name} is of a run with another ${key}.`, { remedy });
  }
}

function textOf(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
