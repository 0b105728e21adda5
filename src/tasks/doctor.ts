/** What a machine's adapter is and whether every kernel computes on it what it should: plain data, for a page or for JSON. */
import type { Engine } from '../engine/engine.js';
import { VERSION } from '../engine/version.js';
import { KERNELS } from '../kernels/index.js';
import { selfTest, type SelfTestCheck, type SelfTestOptions } from './self-test.js';

/** The doctor's report. Everything in it survives JSON. */
export interface DoctorReport {
  readonly version: string;
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    /** Names the driver, where the browser tells. */
    readonly description: string;
    readonly isSoftware: boolean;
    /** Invocations per subgroup, 0 without subgroups. */
    readonly subgroupMinSize: number;
    readonly subgroupMaxSize: number;
  };
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Every variant that runs on this adapter, checked against its float64 reference. */
  readonly checks: readonly SelfTestCheck[];
  /** Variants that no sample of their kernel is accepted by, with the reason. */
  readonly notRun: readonly { readonly kernel: string; readonly variant: string; readonly reason: string }[];
  readonly isHealthy: boolean;
}

/** Examines the engine's device. Rejects with `aborted` or `device-lost`; a kernel that fails is part of the report. */
export async function diagnose(engine: Engine, options: SelfTestOptions = {}): Promise<DoctorReport> {
  const { vendor, architecture, device, description, isSoftware, subgroupMinSize, subgroupMaxSize, features, limits } = engine.traits;
  const checks = await selfTest(engine, options);
  const checked = new Set(checks.map(({ kernel, variant }) => `${kernel}/${variant}`));
  const notRun = KERNELS.flatMap((kernel) =>
    kernel.variants
      .filter(({ id }) => !checked.has(`${kernel.name}/${id}`))
      .map((variant) => ({
        kernel: kernel.name,
        variant: variant.id,
        reason: String(kernel.samples.map((sample) => variant.accepts(sample, engine.traits))[0]),
      })),
  );
  return {
    version: VERSION,
    adapter: { vendor, architecture, device, description, isSoftware, subgroupMinSize, subgroupMaxSize },
    features: [...features].sort(),
    limits: { ...limits },
    checks,
    notRun,
    isHealthy: checks.every(({ problems }) => problems.length === 0),
  };
}

/** The report as text for a terminal or a page. */
export function formatDoctor(report: DoctorReport): string {
  const { adapter, checks } = report;
  const failed = checks.filter(({ problems }) => problems.length > 0);
  const name = [adapter.vendor, adapter.architecture, adapter.device].filter((part) => part !== '').join(' ');
  return [
    `Gramarye ${report.version}`,
    `Adapter: ${name === '' ? 'unnamed' : name}${adapter.isSoftware ? ' (software)' : ''}`,
    `Driver: ${adapter.description === '' ? 'not told' : adapter.description}`,
    `Features: ${report.features.join(', ')}`,
    `Subgroups: ${adapter.subgroupMaxSize === 0 ? 'none' : `${String(adapter.subgroupMinSize)} to ${String(adapter.subgroupMaxSize)} invocations`}`,
    'Limits:',
    ...Object.entries(report.limits).map(([limit, value]) => `  ${limit}: ${String(value)}`),
    `Kernels: ${String(checks.length - failed.length)} of ${String(checks.length)} variants agree with their float64 references.`,
    ...failed.flatMap(({ problems }) => problems.map((problem) => `  WRONG ${problem}`)),
    ...report.notRun.map(({ kernel, variant, reason }) => `  not run: ${kernel}/${variant} (${reason})`),
  ].join('\n');
}
