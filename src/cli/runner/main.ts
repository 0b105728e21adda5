/** The runner page: takes one job from Node at a time, runs it and gives its outcome. */
import { toPlainError } from '../../engine/plain-error.js';
import { runBenchJob } from './bench-job.js';
import { runClassifyJob, runEvaluateJob, runPredictJob } from './classify-job.js';
import { runDoctorJob } from './doctor-job.js';
import { runFinetuneJob } from './finetune-job.js';
import type { RunnerEvent, RunnerGlobals, RunnerJobs, RunnerKind, RunnerOutcome, RunnerReports } from './protocol.js';
import { runStylizeJob } from './stylize-job.js';

const globals = globalThis as RunnerGlobals;

/** Tells Node something; the work goes on without waiting for it. */
function emit(event: RunnerEvent): void {
  void globals.gramaryeEvent?.(event);
}

function reportOf(job: RunnerJobs[RunnerKind]): Promise<RunnerReports[RunnerKind]> {
  switch (job.kind) {
    case 'stylize':
      return runStylizeJob(job, emit);
    case 'sequence':
      return import('./sequence-job.js').then(({ runSequenceJob }) => runSequenceJob(job, emit));
    case 'doctor':
      return runDoctorJob(job, emit);
    case 'classify':
      return runClassifyJob(job, emit);
    case 'evaluate':
      return runEvaluateJob(job, emit);
    case 'predict':
      return runPredictJob(job, emit);
    case 'finetune':
      return runFinetuneJob(job, emit);
    case 'bench':
      return runBenchJob(job, emit);
  }
}

globals.gramarye = {
  async run(job: RunnerJobs[RunnerKind]): Promise<RunnerOutcome> {
    try {
      return { report: await reportOf(job) };
    } catch (error) {
      return { error: toPlainError(error) };
    }
  },
};
