/**
 * Long tasks of a page's main thread, by the clock and by the processor time that the thread itself had. On a machine with more work than
 * processors the clock also counts waiting for one; the thread's own time does not. Chromium only: its trace is read.
 */
import type { CDPSession } from 'puppeteer';

/** What the web platform calls a long task, in ms. */
export const LONG_TASK_MS = 50;
/** Traces are taken in pieces, so that their buffer never fills. */
const PIECE_MS = 20_000;
const CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'v8'];
/** Parts of a task that say what it did, and take at least this long to be named. */
const NAMED_MS = 5;

/** One long task. */
export interface LongTask {
  /** ms since the watch began, by the browser's clock. */
  readonly atMs: number;
  readonly wallMs: number;
  /** Processor time of the thread in the task. */
  readonly threadMs: number;
  /** Its longest parts, the longest first: the trace's names with their ms. */
  readonly parts: readonly string[];
  /** Where it lies in µs of the browser's clock. */
  readonly spanUs: readonly [number, number];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly functionName?: string; readonly url?: string; readonly type?: string } };
}

/** What the watch has seen. */
export interface LongTaskWatch {
  /** Ends the watch; tasks by their time. */
  stop(): Promise<LongTaskLog>;
}

/** All long tasks, and how many tasks there were in all. */
export interface LongTaskLog {
  readonly tasks: readonly LongTask[];
  readonly count: number;
  /** How long was watched, without the gaps between the pieces. */
  readonly watchedMs: number;
}

const inMs = (microseconds = 0): number => microseconds / 1_000;

function partName({ name, dur, args }: TraceEvent): string {
  const { functionName = '', type = '', url = '' } = args?.data ?? {};
  const about = [functionName, type, url.split('/').at(-1) ?? ''].filter((text) => text !== '').join(' ');
  return `${name}${about === '' ? '' : ` (${about})`} ${inMs(dur).toFixed(0)} ms`;
}

/** Long tasks among the events of one piece. */
function longTasks(events: readonly TraceEvent[], startTs: number): { readonly tasks: LongTask[]; readonly count: number } {
  const mainThreads = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${String(pid)} ${String(tid)}`),
  );
  const own = events.filter(({ pid, tid, ph }) => ph === 'X' && mainThreads.has(`${String(pid)} ${String(tid)}`));
  const all = own.filter(({ name }) => name === 'RunTask');
  const tasks = all
    .filter(({ dur = 0 }) => inMs(dur) > LONG_TASK_MS)
    .map((task): LongTask => {
      const inside = own.filter(
        (event) =>
          event !== task &&
          event.pid === task.pid &&
          event.ts >= task.ts &&
          event.ts + (event.dur ?? 0) <= task.ts + (task.dur ?? 0) &&
          inMs(event.dur) >= NAMED_MS,
      );
      const parts = inside.sort((a, b) => (b.dur ?? 0) - (a.dur ?? 0)).map(partName);
      return {
        atMs: inMs(task.ts - startTs),
        wallMs: inMs(task.dur),
        threadMs: inMs(task.tdur),
        parts: parts.slice(0, 6),
        spanUs: [task.ts, task.ts + (task.dur ?? 0)],
      };
    });
  return { tasks, count: all.length };
}

/** Watches from now on. */
export async function watchLongTasks(session: CDPSession): Promise<LongTaskWatch> {
  let events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as TraceEvent[]) if (event.name === 'thread_name' || event.ph === 'X') events.push(event);
  });
  const start = (): Promise<void> =>
    session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: CATEGORIES, recordMode: 'recordUntilFull' } });
  const tasks: LongTask[] = [];
  let [count, watchedMs, startedAt, startTs] = [0, 0, performance.now(), NaN];
  const end = async (): Promise<void> => {
    const complete = new Promise<void>((resolve) => {
      session.once('Tracing.tracingComplete', () => {
        resolve();
      });
    });
    watchedMs += performance.now() - startedAt;
    await session.send('Tracing.end');
    await complete;
    if (Number.isNaN(startTs)) startTs = events.reduce((least, { ts, ph }) => (ph === 'X' ? Math.min(least, ts) : least), Infinity);
    const found = longTasks(events, startTs);
    tasks.push(...found.tasks);
    count += found.count;
    events = [];
  };
  let isOver = false;
  let wake = (): void => undefined;
  await start();
  const running = (async () => {
    for (;;) {
      startedAt = performance.now();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PIECE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      await end();
      // `stop` may have come while the piece was read.
      if (isOver as boolean) return;
      await start();
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      wake();
      await running;
      return { tasks, count, watchedMs };
    },
  };
}
