/** What to measure, as data: it crosses from the command line or an element to wherever WebGPU is. */
import { GramaryeError } from '../engine/errors.js';
import { suiteOp, SUITES } from './suites/suites.js';
import type { SuiteOp, SuiteShape } from './suites/suite.js';
import { matchesPattern, parseShape } from './suites/shape-text.js';

/** A request. Everything left out has a default. */
export interface BenchRequest {
  /** Ops or kernels by name; default all. */
  readonly ops?: readonly string[];
  /** Names of shapes, with `*`, or shapes typed by hand. */
  readonly shapes?: readonly string[];
  /** Ids of variants, with `*`. */
  readonly variants?: readonly string[];
  /** Text that `op/shape/variant` must contain. */
  readonly filter?: string;
  /** Few shapes, few samples, no variant that is known to be slow on the device. */
  readonly quick?: boolean;
  readonly seed?: number;
  /** Wanted relative width of the interval of the median; default 0.03. */
  readonly precision?: number;
  readonly maximumSamples?: number;
  /** Seconds of sampling for one op at one shape. */
  readonly groupSeconds?: number;
  /** A variant whose single call takes longer is skipped. */
  readonly callSeconds?: number;
  /** Other engines in the same run, by name. */
  readonly peers?: readonly string[];
  /** Whether to measure the ceilings; default true. */
  readonly ceilings?: boolean;
}

/** Settings with their defaults. */
export interface BenchSettings {
  readonly seed: number;
  readonly precision: number;
  readonly maximumSamples: number;
  readonly groupSeconds: number;
  readonly callSeconds: number;
  readonly quick: boolean;
}

const DEFAULTS = { maximumSamples: 100, groupSeconds: 20, callSeconds: 10 };
const QUICK = { maximumSamples: 15, groupSeconds: 2, callSeconds: 1.5 };

/** The settings of a request. Throws `bad-option` naming what is out of range. */
export function settingsOf(request: BenchRequest): BenchSettings {
  const defaults = request.quick === true ? QUICK : DEFAULTS;
  const settings = {
    seed: request.seed ?? 1,
    precision: request.precision ?? 0.03,
    maximumSamples: request.maximumSamples ?? defaults.maximumSamples,
    groupSeconds: request.groupSeconds ?? defaults.groupSeconds,
    callSeconds: request.callSeconds ?? defaults.callSeconds,
    quick: request.quick ?? false,
  };
  const positive = ['precision', 'groupSeconds', 'callSeconds'] as const;
  for (const name of positive) {
    if (!(settings[name] > 0)) throw new GramaryeError('bad-option', `${name} is ${String(settings[name])}.`, { remedy: 'Give a number above 0.' });
  }
  if (!Number.isInteger(settings.maximumSamples) || settings.maximumSamples < 1)
    throw new GramaryeError('bad-option', `The number of samples is ${String(settings.maximumSamples)}.`, { remedy: 'Give a whole number from 1.' });
  return settings;
}

/** One op at one shape, to be measured. */
export interface PlannedGroup {
  readonly op: SuiteOp;
  readonly shape: SuiteShape;
}

/** Whether the request wants a variant. */
export function wantsVariant({ variants, filter }: BenchRequest, { op, shape }: PlannedGroup, variant: string): boolean {
  if (variants !== undefined && !variants.some((pattern) => matchesPattern(pattern, variant))) return false;
  return filter === undefined || `${op.id}/${shape.name}/${variant}`.includes(filter);
}

function variantIds(op: SuiteOp): readonly string[] {
  return op.kernel?.variants.map(({ id }) => id) ?? ['recorded'];
}

/** The shapes of an op that a request wants. */
function shapesOf(op: SuiteOp, { shapes, quick }: BenchRequest): SuiteShape[] {
  if (shapes === undefined) return op.shapes.filter(({ isStandard, isQuick }) => (quick === true ? isQuick : isStandard) === true);
  const found = shapes.flatMap((text) => {
    const named = op.shapes.filter(({ name }) => matchesPattern(text, name));
    if (named.length > 0) return named;
    const typed = parseShape(op, text);
    return typed === undefined ? [] : [typed];
  });
  return [...new Map(found.map((shape) => [shape.name, shape])).values()];
}

/** The groups of a request, in order. Throws `bad-option` when it names what does not exist or leaves nothing to do. */
export function planGroups(request: BenchRequest): PlannedGroup[] {
  const ops = request.ops === undefined ? SUITES : request.ops.map(suiteOp);
  const groups = ops.flatMap((op) => shapesOf(op, request).map((shape) => ({ op, shape })));
  for (const text of request.shapes ?? []) {
    const isKnown = ops.some((op) => op.shapes.some(({ name }) => matchesPattern(text, name)) || parseShape(op, text) !== undefined);
    if (!isKnown) {
      const [op] = ops;
      throw new GramaryeError('bad-option', `No op takes the shape "${text}".`, {
        remedy:
          op === undefined
            ? ''
            : `For ${op.id}: a name such as ${op.shapes[0]?.name ?? 'none'}, "${op.dimensions.join('x')}" in numbers, or ${op.dimensions.map((name) => `${name}=…`).join(',')}.`,
      });
    }
  }
  const wanted = groups.filter((group) => variantIds(group.op).some((variant) => wantsVariant(request, group, variant)));
  if (wanted.length === 0) {
    const known = [...new Set(ops.flatMap(variantIds))].join(', ');
    throw new GramaryeError('bad-option', 'Nothing is left to measure.', { remedy: `The variants of these ops are ${known}.` });
  }
  return wanted;
}
