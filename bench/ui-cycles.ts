/**
 * `bench:ui`: what the elements cost a page. `--part cycles` starts and stops a small run 200 times and looks at what is still held;
 * `--part long-tasks` counts the tasks over 50 ms of the page's thread while runs go on.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/** The command. Gives the exit code: 1 when something grows or holds the thread. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string', default: 'cycles' },
      cycles: { type: 'string', default: '200' },
      kinds: { type: 'string', default: 'cancel,remove' },
      runs: { type: 'string', default: '' },
      adapter: { type: 'string', default: 'software' },
      out: { type: 'string' },
    },
  });
  const adapter = values.adapter === 'hardware' ? 'hardware' : 'software';
  const parts: Readonly<Record<string, () => Promise<{ readonly isGood: boolean; readonly result: unknown }>>> = {
    cycles: async () => {
      const { KINDS, startStopCycles } = await import('./ui/cycles.js');
      const wanted = values.kinds.split(',');
      return startStopCycles({ adapter, kinds: KINDS.filter((kind) => wanted.includes(kind)), cycles: Number(values.cycles) });
    },
    'long-tasks': async () => {
      const { RUNS, tasksOfRuns } = await import('./ui/long-run.js');
      const wanted = values.runs === '' ? undefined : values.runs.split(',');
      return tasksOfRuns({ adapter, runs: RUNS.filter(({ name }) => wanted?.includes(name) ?? true) });
    },
  };
  const part = parts[values.part];
  if (part === undefined) throw new Error(`--part is ${Object.keys(parts).join(', ')}.`);
  const { isGood, result } = await part();
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  return isGood ? 0 : 1;
}
