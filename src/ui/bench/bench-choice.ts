import type { BenchRequest } from '../../bench/request.js';
import { SUITES } from '../../bench/suites/suites.js';
import type { SuiteOp } from '../../bench/suites/suite.js';

/** What is chosen in the form. */
export interface BenchChoice {
  readonly op: string;
  /** Names of shapes or shapes typed by hand, between blanks; empty for the usual ones. */
  readonly shape: string;
  /** Ids of variants; empty for all. */
  readonly variants: readonly string[];
  readonly quick: boolean;
}

/** Ops that a page can offer: all with a suite. */
export const OPS: readonly SuiteOp[] = SUITES;

/** The op of that name, else undefined. */
export function opOf(name: string): SuiteOp | undefined {
  return OPS.find(({ id }) => id === name);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** What is measured for a choice. */
export function requestOf({ op, shape, variants, quick }: BenchChoice): BenchRequest {
  const shapes = words(shape);
  return { ops: [op], quick, ...(shapes.length > 0 ? { shapes } : {}), ...(variants.length > 0 ? { variants } : {}) };
}

/** The part of an address that names a choice: `bench=gram&shape=relu3_1@128&variants=a,b&quick`. */
export function linkOf({ op, shape, variants, quick }: BenchChoice): string {
  const parts = new URLSearchParams({ bench: op });
  if (shape !== '') parts.set('shape', shape);
  if (variants.length > 0) parts.set('variants', variants.join(','));
  if (quick) parts.set('quick', '');
  return parts.toString();
}

/** The reverse of {@link linkOf}; undefined where the address names no op of ours. */
export function choiceOfLink(hash: string): BenchChoice | undefined {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const op = opOf(parts.get('bench') ?? '');
  if (op === undefined) return undefined;
  const known = op.kernel?.variants.map(({ id }) => id) ?? [];
  return {
    op: op.id,
    shape: parts.get('shape') ?? '',
    variants: (parts.get('variants') ?? '').split(',').filter((id) => known.includes(id)),
    quick: parts.has('quick'),
  };
}
