import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addDoctorCommand, doctorOutput, type DoctorFlags } from '../../src/cli/doctor.js';
import type { DoctorReport } from '../../src/tasks/doctor.js';

const report: DoctorReport = {
  version: '1.2.3',
  adapter: { vendor: 'v', architecture: '', device: '', description: 'd', isSoftware: true, subgroupMinSize: 4, subgroupMaxSize: 4 },
  features: [],
  limits: {},
  checks: [],
  notRun: [],
  isHealthy: true,
};

async function parse(...args: string[]): Promise<DoctorFlags | undefined> {
  let seen: DoctorFlags | undefined;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addDoctorCommand(program, (flags) => {
    seen = flags;
    return Promise.resolve();
  }).exitOverride();
  await program.parseAsync(['node', 'gramarye', 'doctor', ...args]);
  return seen;
}

describe('gramarye doctor', () => {
  it('takes an adapter and --json', async () => {
    expect(await parse()).toEqual({ adapter: 'auto', json: false });
    expect(await parse('--adapter', 'software', '--json')).toEqual({ adapter: 'software', json: true });
    await expect(parse('--adapter', 'abacus')).rejects.toThrow(/abacus/);
  });

  it('prints text or JSON and fails when a kernel is wrong', () => {
    expect(doctorOutput(report, 'text', { json: false })).toEqual({ output: 'text', exitCode: 0 });
    const wrong = doctorOutput({ ...report, isHealthy: false }, 'text', { json: true });
    expect(JSON.parse(wrong.output)).toMatchObject({ version: '1.2.3', isHealthy: false });
    expect(wrong.exitCode).toBe(1);
  });
});
