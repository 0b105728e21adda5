/** What a page's thread did in a stretch of time: functions by the samples of the browser's profiler. Slows the page, so such a run counts no tasks. */
import type { CDPSession, Protocol } from 'puppeteer';

const SAMPLE_EVERY_US = 500;
/** So many functions of a stretch are named. */
const NAMED = 12;
/** Shares of a stretch below this many ms are not named. */
const LEAST_MS = 2;

/** A profile under way. */
export interface TaskProfile {
  /** Ends it. The result tells what filled a stretch, given in µs of the browser's clock, the longest first. */
  stop(): Promise<(fromUs: number, toUs: number) => readonly string[]>;
}

const nameOf = ({ functionName, url, lineNumber }: Protocol.Runtime.CallFrame): string =>
  `${functionName || '(no name)'}${url === '' ? '' : ` ${url.split('/').at(-1) ?? ''}:${String(lineNumber + 1)}`}`;

/** Begins a profile of the session's page. */
export async function profileTasks(session: CDPSession): Promise<TaskProfile> {
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await session.send('Profiler.start');
  return {
    stop: async () => {
      const { profile } = await session.send('Profiler.stop');
      const byId = new Map(profile.nodes.map((node) => [node.id, node]));
      const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
      return (fromUs, toUs) => {
        const [inclusive, own] = [new Map<string, number>(), new Map<string, number>()];
        let at = profile.startTime;
        (profile.samples ?? []).forEach((id, index) => {
          const before = at;
          at += profile.timeDeltas?.[index] ?? 0;
          if (before < fromUs || at > toUs) return;
          const ms = (profile.timeDeltas?.[index + 1] ?? SAMPLE_EVERY_US) / 1_000;
          const seen = new Set<string>();
          for (let next: number | undefined = id; next !== undefined; next = parents.get(next)) {
            const frame = byId.get(next)?.callFrame;
            if (frame === undefined) break;
            const name = nameOf(frame);
            if (next === id) own.set(name, (own.get(name) ?? 0) + ms);
            if (!seen.has(name)) inclusive.set(name, (inclusive.get(name) ?? 0) + ms);
            seen.add(name);
          }
        });
        const most = (of: ReadonlyMap<string, number>, word: string): string[] =>
          [...of]
            .filter(([name, ms]) => ms >= LEAST_MS && !name.startsWith('(root)'))
            .sort(([, a], [, b]) => b - a)
            .slice(0, NAMED)
            .map(([name, ms]) => `${word} ${ms.toFixed(0)} ms ${name}`);
        return [...most(inclusive, 'with all it calls'), ...most(own, 'by itself')];
      };
    },
  };
}
