/** Results as CSV: one line a case, numbers unrounded. */
import Papa from 'papaparse';
import type { BenchFile } from '../result.js';
import { caseRows } from './rows.js';

/** One line a case. */
export function formatCsv({ runs }: BenchFile): string {
  const records = caseRows(runs).map(({ run, group, case: one }) => ({
    device: run.device.key,
    software_adapter: run.device.isSoftware,
    host: run.host.name,
    gramarye: run.version,
    commit: run.commit ?? '',
    date: run.date,
    op: group.op,
    kernel: group.kernel,
    shape: group.shape,
    ...Object.fromEntries([['attributes', JSON.stringify(group.attributes)]]),
    engine: one.engine,
    variant: one.variant,
    status: one.status,
    reason: one.reason ?? '',
    clock: run.clock.kind,
    samples: one.samplesMs?.length ?? 0,
    median_ms: one.summary?.medianMs,
    interval_low_ms: one.summary?.intervalMs[0],
    interval_high_ms: one.summary?.intervalMs[1],
    p10_ms: one.summary?.p10Ms,
    p90_ms: one.summary?.p90Ms,
    p99_ms: one.summary?.p99Ms,
    outliers: one.summary?.outliers.length,
    wall_median_ms: one.summary?.wallMedianMs,
    effective_gflops: one.figures?.effectiveGflops,
    actual_gflops: one.figures?.actualGflops,
    gigabytes_per_second: one.figures?.gigabytesPerSecond,
    roofline_share: one.figures?.rooflineShare,
    allocated_bytes: one.allocatedBytes,
    compile_ms: one.compileMs,
    compiled_pipelines: one.compiledPipelines,
    worst_error: one.check?.worst,
  }));
  return `${Papa.unparse(records, { escapeFormulae: true })}\n`;
}
