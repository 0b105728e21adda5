import type { TraceEntry } from './style-transfer.js';

/** One sentence and what to do when numbers of a run in f16 did not fit into half precision; undefined when all did. */
export function halfNotice(trace: readonly TraceEntry[]): string | undefined {
  const misfits = trace.filter(({ half }) => (half?.nonFinite ?? 0) > 0);
  const [first] = misfits;
  if (first === undefined) return undefined;
  const sum = (pick: 'nonFinite' | 'nonFiniteGradients'): number => misfits.reduce((total, { half }) => total + (half?.[pick] ?? 0), 0);
  const remedy = sum('nonFinite') === sum('nonFiniteGradients') ? 'Use precision f32 or a smaller gradient scale.' : 'Use precision f32.';
  return (
    `${String(sum('nonFinite'))} numbers were too large for half precision or not finite, in ${String(misfits.length)} of ${String(trace.length)} steps ` +
    `(first in step ${String(first.step)}); its largest numbers stand in their place. ${remedy}`
  );
}
