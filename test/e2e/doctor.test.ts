/** Every variant in Chromium on the software adapter, through the command line. */
import { describe, expect, it } from 'vitest';
import { KERNELS } from '../../src/kernels/index.js';
import type { DoctorReport } from '../../src/tasks/doctor.js';
import { startCli } from '../support/cli.js';

describe('gramarye doctor', () => {
  it('finds every kernel right on the software adapter of the browser', async () => {
    const { code, stdout, stderr } = await startCli(['doctor', '--adapter', 'software', '--json']);
    const report = JSON.parse(stdout) as DoctorReport;
    expect(report.checks.flatMap(({ problems }) => problems)).toEqual([]);
    expect(code, stderr).toBe(0);
    expect(report.adapter.isSoftware).toBe(true);
    expect(new Set(report.checks.map(({ kernel }) => kernel))).toEqual(new Set(KERNELS.map(({ name }) => name)));
    expect(report.checks.length + report.notRun.length).toBe(KERNELS.flatMap(({ variants }) => variants).length);
  }, 600_000);
});
