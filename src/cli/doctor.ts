/** `gramarye doctor`: what this machine's adapter is and whether the kernels are right on it. */
import { Option, type Command } from 'commander';
import type { AdapterChoice } from '../engine/device.js';
import type { DoctorReport } from '../tasks/doctor.js';
import type { ProgressView } from './progress.js';
import type { DoctorOutcome } from './runner/protocol.js';
import { runJob } from './session.js';

/** Flags of the command. */
export interface DoctorFlags {
  readonly adapter: AdapterChoice;
  readonly json: boolean;
}

/** Registers the command. `run` examines an adapter and prints; it is given the parsed flags. */
export function addDoctorCommand(program: Command, run: (flags: DoctorFlags) => Promise<void>): Command {
  return program
    .command('doctor')
    .description('Name the GPU adapter, its features and limits, and check every kernel on it.')
    .addOption(
      new Option('--adapter <kind>', 'which GPU adapter: the best there is, or only one kind').choices(['auto', 'hardware', 'software']).default('auto'),
    )
    .option('--json', 'the report as JSON', false)
    .action((flags: DoctorFlags) => run(flags));
}

/** What to print, and the exit code: 1 when a kernel is wrong on this adapter. `text` is the report as text. */
export function doctorOutput(report: DoctorReport, text: string, { json }: Pick<DoctorFlags, 'json'>): { output: string; exitCode: number } {
  return { output: json ? JSON.stringify(report, undefined, 2) : text, exitCode: report.isHealthy ? 0 : 1 };
}

/** Examines the adapter in a browser and gives what to print. Throws as {@link runJob} does. */
export async function doctor(flags: DoctorFlags, progress: ProgressView, signal: AbortSignal): Promise<{ output: string; exitCode: number }> {
  const outcome = await runJob<'doctor', DoctorOutcome>(
    () => ({ kind: 'doctor', adapter: flags.adapter }),
    (report) => report,
    {
      adapter: flags.adapter,
      signal,
      onEvent: (event) => {
        progress.show(event);
      },
    },
  );
  progress.stop();
  return doctorOutput(outcome.doctor, outcome.text, flags);
}
