/** The built command line, as a user runs it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const project = resolve(import.meta.dirname, '../..');

/** The built program. */
export const PROGRAM = join(project, 'dist/cli/gramarye.js');

/** How a run ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command line; `onStart` gets the process, `onStderr` hears of all standard error so far. Throws when the project is not built. */
export function startCli(
  args: readonly string[],
  options: {
    program?: string;
    env?: Record<string, string>;
    onStderr?: (text: string, child: ChildProcess) => void;
    onStart?: (child: ChildProcess) => void;
  } = {},
): Promise<CliResult> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first.`);
  const child = spawn(process.execPath, [options.program ?? PROGRAM, ...args], { cwd: project, env: { ...process.env, ...options.env } });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    options.onStderr?.(stderr, child);
  });
  return new Promise((resolveResult, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolveResult({ code, stdout, stderr });
    });
  });
}

/** A folder for results that is removed again. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gramarye-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
