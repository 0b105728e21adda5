/** Memory of a process with all its descendants, from Linux's /proc; elsewhere it stays unknown. */
import { readdirSync, readFileSync } from 'node:fs';

const INTERVAL_MS = 500;

interface Entry {
  readonly pid: number;
  readonly parent: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const [, parent = '0'] = /^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`)) ?? [];
      return { pid: Number(name), parent: Number(parent) };
    });
}

/** Proportional set size: a shared page counts in parts to those that share it. */
function bytesOf(pid: number): number {
  const [, kilobytes = '0'] = /^Pss:\s+(\d+)/m.exec(read(`/proc/${String(pid)}/smaps_rollup`)) ?? [];
  return Number(kilobytes) * 1_024;
}

function treeBytes(root: number): number {
  const all = entries();
  const members = new Set([root]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return [...members].reduce((sum, pid) => sum + bytesOf(pid), 0);
}

/** Gives the bytes of the tree twice a second from now on, until `stop()`; nothing where there is no /proc. */
export function watchMemory(pid: number, visit: (bytes: number) => void): { stop(): void } {
  if (process.platform !== 'linux') return { stop: () => undefined };
  const timer = setInterval(() => {
    visit(treeBytes(pid));
  }, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Watches from now on; `stop()` gives the most that was seen, NaN where there is no /proc. */
export function peakOf(pid: number): { stop(): number } {
  let peak = NaN;
  const watch = watchMemory(pid, (bytes) => {
    peak = Math.max(Number.isNaN(peak) ? 0 : peak, bytes);
  });
  return {
    stop: () => {
      watch.stop();
      return peak;
    },
  };
}
