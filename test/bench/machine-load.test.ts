import { afterEach, describe, expect, it, vi } from 'vitest';
import { untilQuiet, watchOthers } from '../../bench/machine-load.js';

/** Of two processors in ms: idle for so long, busy for so long. */
const machine = { idle: 0, busy: 0 };
vi.mock('node:os', () => ({
  cpus: () => Array.from({ length: 2 }, () => ({ times: { user: machine.busy, nice: 0, sys: 0, irq: 0, idle: machine.idle } })),
}));

/** Lets time pass in which others had `others` ms of each processor and this process `own` ms in all. */
function pass(ms: number, { others, own }: { others: number; own: number }): void {
  const { user, system } = process.cpuUsage();
  machine.busy += others + own / 2;
  machine.idle += ms - others - own / 2;
  vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: user + 1_000 * own, system });
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('what other programs do meanwhile', () => {
  it('is what the machine did, less what this process did itself', () => {
    pass(0, { others: 0, own: 0 });
    const others = watchOthers();
    pass(1_000, { others: 200, own: 1_400 });
    expect(others()).toBeCloseTo(0.2, 6);
    pass(1_000, { others: 0, own: 0 });
    expect(others()).toBeCloseTo(0.1, 6);
  });

  it('is waited for: two quiet seconds in a row', async () => {
    vi.useFakeTimers();
    pass(0, { others: 0, own: 0 });
    let isQuiet = false;
    const waited = untilQuiet(() => false).then(() => (isQuiet = true));
    for (const [others, wanted] of [
      [50, false],
      [300, false],
      [0, false],
      [90, true],
    ] as const) {
      pass(1_000, { others, own: 0 });
      await vi.advanceTimersByTimeAsync(1_000);
      expect(isQuiet).toBe(wanted);
    }
    await waited;
    expect(await untilQuiet(() => true)).toBe(false);
  });
});
