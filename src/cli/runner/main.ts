/** The runner page: takes one job from Node at a time, runs it and gives its outcome. */
import { toPlainError } from '../../engine/plain-error.js';
import type { RunnerEvent, RunnerGlobals, RunnerOutcome, StylizeJob } from './protocol.js';
import { runStylizeJob } from './stylize-job.js';

const globals = globalThis as RunnerGlobals;

/** Tells Node something; the work goes on without waiting for it. */
function emit(event: RunnerEvent): void {
  void globals.gramaryeEvent?.(event);
}

globals.gramarye = {
  async run(job: StylizeJob): Promise<RunnerOutcome> {
    try {
      return { report: await runStylizeJob(job, emit) };
    } catch (error) {
      return { error: toPlainError(error) };
    }
  },
};
