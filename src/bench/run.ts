/** A whole benchmark on one device. */
import type { Engine } from '../engine/engine.js';
import { VERSION } from '../engine/version.js';
import { measureCeilings, makeYardsticks } from './method/ceilings.js';
import { referenceHere, type ReferenceSource } from './method/check.js';
import { Clock, type HostTime } from './method/clock.js';
import { measureKernel, type MeasureContext } from './method/measure-kernel.js';
import { planGroups, settingsOf, type BenchRequest, type PlannedGroup } from './request.js';
import type { BenchGroup, BenchRun, DeviceInfo, HostInfo } from './result.js';
import { measureColdStart, measureMemory, measureStep, type MakeEngine } from './step/measure-step.js';

/** Where a benchmark runs and who hears of it. */
export interface RunBenchOptions {
  readonly host: HostInfo;
  readonly time?: HostTime;
  readonly signal?: AbortSignal;
  readonly commit?: string;
  readonly reference?: ReferenceSource;
  readonly peers?: MeasureContext['peers'];
  /** Makes further engines on the same adapter, for `cold-start`. */
  readonly makeEngine?: MakeEngine;
  /** Hears how many groups are done and what is being done. */
  readonly onProgress?: (done: number, total: number, text: string) => void;
  /** Hears of a group while it is sampled, and when it is complete. */
  readonly onGroup?: (group: BenchGroup) => void;
}

const wallTime: HostTime = { now: () => performance.now() };

/** The device of an engine, as results name it. */
export function deviceInfo({ traits }: Engine): DeviceInfo {
  const { vendor, architecture, device, description, isSoftware, features, limits, subgroupMinSize, subgroupMaxSize } = traits;
  return {
    key: [vendor, architecture, device, description].map((part) => part.trim()).join('/'),
    vendor,
    architecture,
    device,
    description,
    isSoftware,
    features: [...features].sort(),
    limits: { ...limits },
    subgroupSizes: [subgroupMinSize, subgroupMaxSize],
  };
}

async function measureGroup(context: MeasureContext, planned: PlannedGroup, makeEngine: MakeEngine | undefined): Promise<BenchGroup> {
  const { kind, kernel } = planned.op;
  if (kind === 'memory') return measureMemory(context, planned);
  if (kind === 'cold-start') return measureColdStart(context, planned, makeEngine);
  if (kind === 'step' || kernel === undefined) return measureStep(context, planned);
  return measureKernel(context, planned, kernel);
}

/**
 * Measures what the request names on the engine's device. A wrong or failing variant is part of the result.
 *
 * @throws GramaryeError `bad-option` for a request that names what does not exist, `aborted`, `device-lost`.
 */
export async function runBench(engine: Engine, request: BenchRequest, options: RunBenchOptions): Promise<BenchRun> {
  const settings = settingsOf(request);
  const groups = planGroups(request);
  const time = options.time ?? wallTime;
  const now = time.now.bind(time);
  let done = 0;
  const say = (text: string): void => options.onProgress?.(done, groups.length, text);
  say('calibrating the clock');
  const clock = await Clock.calibrate(engine, time);
  try {
    say('measuring the ceilings');
    const ceilings = request.ceilings === false ? undefined : await measureCeilings(engine, clock, now, options.signal);
    const yardsticks = await makeYardsticks(engine, clock, ceilings);
    const results: BenchGroup[] = [];
    try {
      for (const planned of groups) {
        const name = `${planned.op.id} ${planned.shape.name}`;
        const context: MeasureContext = {
          engine,
          clock,
          now,
          request,
          settings,
          ceilings,
          yardsticks: yardsticks.timed,
          reference: options.reference ?? referenceHere,
          signal: options.signal,
          peers: options.peers,
          onSamples: options.onGroup,
          say: (text) => {
            say(`${name}: ${text}`);
          },
        };
        const group = await measureGroup(context, planned, options.makeEngine);
        results.push(group);
        options.onGroup?.(group);
        done++;
        say(name);
      }
    } finally {
      yardsticks.destroy();
    }
    const { seed, precision, maximumSamples, groupSeconds, quick } = settings;
    return {
      version: VERSION,
      ...(options.commit === undefined ? {} : { commit: options.commit }),
      date: new Date().toISOString(),
      device: deviceInfo(engine),
      host: options.host,
      clock: clock.info,
      ...(ceilings === undefined ? {} : { ceilings }),
      settings: { seed, precision, maximumSamples, groupSeconds, quick },
      groups: results,
    };
  } finally {
    clock.destroy();
  }
}
