/** What other programs do meanwhile: a measurement that wants a quiet machine can tell whether it had one, before it looks at its result. */
import { cpus } from 'node:os';

/** Processor time so far, in ms: of all processors together, and that part of it which others than this process worked. */
interface Work {
  readonly totalMs: number;
  readonly othersMs: number;
}

/** Share of the machine beyond which other programs make a measurement void. */
export const OTHERS_SHARE = 0.1;
const WINDOW_MS = 1_000;
/** Quiet windows in a row after which the machine counts as quiet. */
const QUIET_WINDOWS = 2;

function work(): Work {
  const { user, system } = process.cpuUsage();
  const all = cpus().map(({ times }) => times);
  const totalMs = all.reduce((sum, { user: own, nice, sys, irq, idle }) => sum + own + nice + sys + irq + idle, 0);
  const idleMs = all.reduce((sum, { idle }) => sum + idle, 0);
  return { totalMs, othersMs: totalMs - idleMs - (user + system) / 1_000 };
}

/** Begins to watch; the result gives the share of the machine, 0 to 1, that other programs have had since. */
export function watchOthers(): () => number {
  const before = work();
  return () => {
    const { totalMs, othersMs } = work();
    return Math.max(0, (othersMs - before.othersMs) / Math.max(1, totalMs - before.totalMs));
  };
}

/** Waits until other programs have no more than `OTHERS_SHARE` of the machine; false when `isOver` held before that. */
export async function untilQuiet(isOver: () => boolean): Promise<boolean> {
  for (let quiet = 0; quiet < QUIET_WINDOWS;) {
    if (isOver()) return false;
    const others = watchOthers();
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    quiet = others() <= OTHERS_SHARE ? quiet + 1 : 0;
  }
  return true;
}
