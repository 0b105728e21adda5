import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { KERNELS } from '../../src/kernels/index.js';
import { diagnose, formatDoctor } from '../../src/tasks/doctor.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

describe('doctor', () => {
  it('names the adapter, checks or explains every variant, and survives JSON', async () => {
    const report = await diagnose(engine);
    expect(report.checks.filter(({ problems }) => problems.length > 0)).toEqual([]);
    expect(report.isHealthy).toBe(true);
    expect(report.checks.length + report.notRun.length).toBe(KERNELS.reduce((count, { variants }) => count + variants.length, 0));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const text = formatDoctor(report);
    expect(text).toContain(report.adapter.description);
    expect(text).toContain(`${String(report.checks.length)} of ${String(report.checks.length)} variants`);
    const broken = formatDoctor({ ...report, checks: [{ kernel: 'gram', variant: 'x', problems: ['gram/x is wrong'] }], isHealthy: false });
    expect(broken).toContain('0 of 1 variants');
    expect(broken).toContain('WRONG gram/x is wrong');
  }, 600_000);
});
