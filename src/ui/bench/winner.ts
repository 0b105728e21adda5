import { bestCase } from '../../bench/formats/rows.js';
import type { BenchGroup } from '../../bench/result.js';

/** The fastest variant of a group. */
export interface Winner {
  readonly variant: string;
  readonly medianMs: number;
  /** Its time over that of the next. */
  readonly share?: number;
  readonly next?: string;
  /** The intervals of the two overlap: chance may have chosen. */
  readonly isTied: boolean;
}

/** The fastest of our variants, and how sure that is. Undefined where variants do not compete or none was measured. */
export function winnerOf(group: BenchGroup): Winner | undefined {
  const own = group.cases.filter(({ engine }) => engine === 'gramarye');
  const best = bestCase({ ...group, cases: own });
  if (best?.summary === undefined) return undefined;
  const { medianMs, intervalMs } = best.summary;
  const others = own.flatMap((one) => (one === best || one.summary === undefined ? [] : [{ variant: one.variant, ...one.summary }]));
  const next = others.sort((a, b) => a.medianMs - b.medianMs).at(0);
  if (next === undefined) return { variant: best.variant, medianMs, isTied: false };
  return { variant: best.variant, medianMs, next: next.variant, share: medianMs / next.medianMs, isTied: next.intervalMs[0] <= intervalMs[1] };
}
