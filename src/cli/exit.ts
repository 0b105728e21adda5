import { CommanderError } from 'commander';
import { GramaryeError, messageOf, type GramaryeErrorCode } from '../engine/errors.js';

/** How the command line ends. */
export const EXIT = { success: 0, failure: 1, badInput: 2, interrupted: 130 } as const;

/** Failures of the program or the machine in the middle of the work; everything else is something the user can mend. */
const FAILURES: ReadonlySet<GramaryeErrorCode> = new Set(['internal', 'binding-mismatch', 'device-lost', 'non-finite', 'shader-invalid', 'unknown-kernel']);

/** The exit code and the one line to print for anything thrown; no line where it was printed already. */
export function describeFailure(error: unknown): { code: number; line: string } {
  // Commander prints its own messages, and ends with 0 after --help and --version.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.success : EXIT.badInput, line: '' };
  if (!(error instanceof GramaryeError)) return { code: EXIT.failure, line: `Error: ${oneLine(messageOf(error))}` };
  // A job that keeps what it has done says so itself.
  if (error.code === 'aborted') return { code: EXIT.interrupted, line: error.remedy === '' ? 'Cancelled; nothing was written.' : oneLine(error.message) };
  return { code: FAILURES.has(error.code) ? EXIT.failure : EXIT.badInput, line: `Error: ${oneLine(error.message)}` };
}

/** Text with its line breaks turned into spaces. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
