/** Recording within a memory budget: what is given up, in which order, and how much that saves. */
import { GramaryeError } from './errors.js';
import type { Variant } from './contract.js';
import type { DeviceTraits } from './device.js';
import type { Engine } from './engine.js';
import type { ProgramBuilder, RecordOptions } from './program.js';
import type { BoundCall, MemoryPlan } from './replay.js';
import { acceptedVariants, isPinned, type VariantPins } from './select.js';

/** Something given up to stay within a budget. */
export interface Concession {
  readonly kind: 'strips' | 'precision' | 'variant';
  /** The call that changes; absent where all do. */
  readonly call?: string;
  readonly from: string;
  readonly to: string;
  /** The same as a sentence. */
  readonly text: string;
}

/** What a recording may use. */
export interface BudgetOptions {
  readonly pins?: VariantPins;
  /** Variants to prefer where memory allows, such as measured ones. */
  readonly preferred?: VariantPins;
  readonly scope?: string;
  readonly traits?: DeviceTraits;
  /** The most that the program and the buffers it is given may take together, in bytes. */
  readonly budgetBytes?: number;
}

/** A recording that keeps to its budget. */
export interface Fitted<T> {
  readonly recorded: T;
  readonly memory: MemoryPlan;
  readonly givenUp: readonly Concession[];
}

/** Strips to try in turn when memory is short, in bytes; kernels take 24 MiB by themselves. */
const STRIP_STEPS = [8 * 2 ** 20, 2 * 2 ** 20, 2 ** 19];

/** Bytes as a user reads them. */
export function formatBytes(bytes: number): string {
  return bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(bytes >= 100 * 2 ** 20 ? 0 : 1)} MiB` : `${(bytes / 2 ** 10).toFixed(0)} KiB`;
}

/** The program's own memory with that of the buffers it was given. */
export function wholeBytes({ totalBytes, externalBytes }: MemoryPlan): number {
  return totalBytes + externalBytes;
}

interface State {
  readonly pins: VariantPins;
  readonly stripBytes: number | undefined;
  readonly exactFilterBytes?: number;
  readonly givenUp: readonly Concession[];
}

/**
 * Records by `record`. Over budget it gives up, in this order and no more than needed: large strips; in half precision, that the smaller
 * transformed filters are f32; variants with much prepared data (F4 before F2) of the layers where that saves most; prepared data
 * altogether. Explicit pins stay.
 *
 * @throws GramaryeError `out-of-memory` naming the least that is possible.
 */
export function recordWithin<T extends { readonly builder: ProgramBuilder }>(
  engine: Engine,
  options: BudgetOptions,
  record: (options: RecordOptions) => T,
): Fitted<T> {
  const { pins = {}, preferred = {}, scope = '', budgetBytes = Infinity } = options;
  const traits = options.traits ?? engine.traits;
  const recordState = (state: State): { recorded: T; memory: MemoryPlan } => {
    const stripBytes = state.stripBytes === undefined ? {} : { stripBytes: state.stripBytes };
    const exact = state.exactFilterBytes === undefined ? {} : { exactFilterBytes: state.exactFilterBytes };
    const recorded = record({ pins: state.pins, scope, traits: { ...traits, ...stripBytes, ...exact } });
    return { recorded, memory: recorded.builder.planMemory() };
  };
  let state: State = { pins: { ...preferred, ...pins }, stripBytes: undefined, givenUp: [] };
  let best = recordState(state);
  const fits = (): boolean => wholeBytes(best.memory) <= budgetBytes;
  const consider = (next: State): void => {
    if (fits()) return;
    const candidate = recordState(next);
    if (wholeBytes(candidate.memory) >= wholeBytes(best.memory)) return;
    [state, best] = [next, candidate];
  };
  for (const stripBytes of STRIP_STEPS) {
    const to = formatBytes(stripBytes);
    const concession: Concession = { kind: 'strips', from: 'as the kernels choose', to, text: `Convolutions work in strips of at most ${to}.` };
    consider({ ...state, stripBytes, givenUp: [concession] });
  }
  consider({
    ...state,
    exactFilterBytes: 0,
    givenUp: [...state.givenUp, { kind: 'precision', from: 'f32', to: 'f16', text: 'All transformed filters are stored in half precision.' }],
  });
  for (const level of ['less', 'least'] as const) {
    for (const group of callsByWeights(best.recorded.builder.calls, pins, traits, level)) {
      const changed = group.map(({ call, variant }) => [call.label, variant.id] as const);
      consider({
        ...state,
        pins: { ...state.pins, ...Object.fromEntries(changed) },
        givenUp: [...state.givenUp.filter(({ call }) => !changed.some(([label]) => label === call)), ...group.map(describeChange)],
      });
    }
  }
  if (!fits()) {
    const least = formatBytes(Math.ceil(wholeBytes(best.memory) / 2 ** 20) * 2 ** 20);
    throw new GramaryeError('out-of-memory', `This takes at least ${least} of graphics memory; the budget is ${formatBytes(budgetBytes)}.`, {
      remedy: `Raise the budget to ${least}, or choose a smaller size or a smaller net.`,
    });
  }
  return { ...best, givenUp: state.givenUp };
}

interface Change {
  readonly call: BoundCall;
  readonly variant: Variant;
  readonly savedBytes: number;
}

function describeChange({ call, variant }: Change): Concession {
  return {
    kind: 'variant',
    call: call.label,
    from: call.variant,
    to: variant.id,
    text: `${call.label} is computed by ${variant.id} in place of ${call.variant}.`,
  };
}

function preparedBytes(variant: Variant, call: BoundCall, traits: DeviceTraits): number {
  const tensors = variant.prepare?.(call.attributes, traits).tensors ?? {};
  return Object.values(tensors).reduce((sum, bytes) => sum + bytes, 0);
}

/** A change of every call whose prepared data can shrink, those of the same weights together, the largest saving first. */
function callsByWeights(calls: readonly BoundCall[], pins: VariantPins, traits: DeviceTraits, level: 'less' | 'least'): Change[][] {
  const groups = new Map<number, Change[]>();
  for (const call of calls) {
    const weights = call.tensors.weights;
    if (weights === undefined || isPinned(call, pins)) continue;
    const lighter = lighterVariant(call, traits, level);
    if (lighter !== undefined) groups.set(weights.id, [...(groups.get(weights.id) ?? []), lighter]);
  }
  const saved = (group: readonly Change[]): number => Math.max(...group.map(({ savedBytes }) => savedBytes));
  return [...groups.values()].sort((a, b) => saved(b) - saved(a));
}

/** The most preferred variant with less prepared data, or with the least. */
function lighterVariant(call: BoundCall, traits: DeviceTraits, level: 'less' | 'least'): Change | undefined {
  const accepted = acceptedVariants(call.definition, call.attributes, traits).map((variant) => ({ variant, bytes: preparedBytes(variant, call, traits) }));
  const present = accepted.find(({ variant }) => variant.id === call.variant)?.bytes ?? 0;
  const lighter = accepted.filter(({ bytes }) => bytes < present);
  const wanted = lighter.length === 0 ? 0 : level === 'less' ? Math.max(...lighter.map(({ bytes }) => bytes)) : Math.min(...lighter.map(({ bytes }) => bytes));
  const chosen = lighter.find(({ bytes }) => bytes === wanted);
  return chosen === undefined ? undefined : { call, variant: chosen.variant, savedBytes: present - chosen.bytes };
}
