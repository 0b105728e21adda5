/** An examination of the adapter in the page. */
import { Engine } from '../../engine/engine.js';
import { diagnose, formatDoctor } from '../../tasks/doctor.js';
import type { DoctorJob, DoctorOutcome, RunnerEvent } from './protocol.js';

/** Checks every variant on the adapter. */
export async function runDoctorJob(job: DoctorJob, emit: (event: RunnerEvent) => void): Promise<DoctorOutcome> {
  const engine = await Engine.create({ adapter: job.adapter, tfjs: false });
  try {
    const { vendor, architecture, device, description, isSoftware } = engine.traits;
    emit({ kind: 'adapter', adapter: { vendor, architecture, device, description, isSoftware } });
    const doctor = await diagnose(engine, {
      onProgress: (done, total, text) => {
        emit({ kind: 'phase', text, done, total });
      },
    });
    return { doctor, text: formatDoctor(doctor) };
  } finally {
    engine.destroy();
  }
}
