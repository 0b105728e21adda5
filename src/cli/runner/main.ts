/** The runner page: takes one job from Node at a time, runs it and gives its outcome. */
import { toPlainError } from '../../engine/plain-error.js';
import { runDoctorJob } from './doctor-job.js';
import type { RunnerEvent, RunnerGlobals, RunnerJobs, RunnerKind, RunnerOutcome } from './protocol.js';
import { runStylizeJob } from './stylize-job.js';

const globals = globalThis as RunnerGlobals;

/** Tells Node something; the work goes on without waiting for it. */
function emit(event: RunnerEvent): void {
  void globals.gramaryeEvent?.(event);
}

globals.gramarye = {
  async run(job: RunnerJobs[RunnerKind]): Promise<RunnerOutcome> {
    try {
      return { report: job.kind === 'doctor' ? await runDoctorJob(job, emit) : await runStylizeJob(job, emit) };
    } catch (error) {
      return { error: toPlainError(error) };
    }
  },
};
