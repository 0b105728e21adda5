/**
 * The file format of benchmark results, version 1. The schemas are the one source: types, checks of foreign files and the
 * published JSON Schema all come from them. A change that old readers would misread raises the version.
 */
import * as v from 'valibot';
import { GramaryeError, messageOf } from '../engine/errors.js';

/** What the file calls itself. */
export const SCHEMA_NAME = 'gramarye-bench';
/** Version of the format. */
export const SCHEMA_VERSION = 1;

const text = v.string();
const number = v.number();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const interval = v.tuple([number, number]);
const attributes = v.record(v.string(), v.union([v.number(), v.boolean(), v.string()]));

const clockSchema = v.object({
  kind: v.pipe(
    v.picklist(['timestamp', 'wall', 'processor']),
    v.description('What samplesMs are: GPU timestamps, time on the wall around submit and completion, or processor time of the process.'),
  ),
  quantumMs: v.pipe(number, v.description('Smallest difference that the clock shows.')),
  minimumSampleMs: v.pipe(number, v.description('A sample repeats its case until it lasts at least this long.')),
  note: v.pipe(text, v.description('Limits of the clock, in words.')),
});

const ceilingsSchema = v.object({
  gflops: v.pipe(number, v.description('Multiply-add probe, 10⁹ floating-point operations per second.')),
  gigabytesPerSecond: v.pipe(number, v.description('Copy probe, 10⁹ bytes read and written per second.')),
  multiplyAdd: v.pipe(text, v.description('The variant of the multiply-add probe that was fastest.')),
  copy: v.pipe(text, v.description('The variant of the copy probe that was fastest.')),
});

const deviceSchema = v.object({
  key: v.pipe(text, v.description('Names the device: two runs may be compared when their keys are equal.')),
  vendor: text,
  architecture: text,
  device: text,
  description: text,
  isSoftware: v.pipe(v.boolean(), v.description('True for adapters that compute on the CPU: their times say nothing about a GPU.')),
  features: v.array(text),
  limits: v.record(v.string(), v.number()),
  subgroupSizes: interval,
});

const hostSchema = v.object({
  kind: v.pipe(v.picklist(['page', 'node']), v.description('Where WebGPU ran.')),
  name: v.pipe(text, v.description('Browser and version, or Node and version.')),
  flags: v.array(text),
  system: text,
  endpoint: v.optional(v.pipe(text, v.description('The remote browser, where there was one; without credentials.'))),
});

const checkSchema = v.object({
  against: v.pipe(
    v.picklist(['reference', 'smaller-reference', 'gradient', 'plan', 'first', 'none']),
    v.description('The float64 reference at this shape; the reference at a smaller shape and the other variants at this one; finite differences; …'),
  ),
  worst: v.pipe(number, v.description('Largest difference over the wanted value or the root mean square of all wanted values, whichever is larger.')),
  allowed: number,
  note: v.optional(text),
});

const summarySchema = v.object({
  medianMs: number,
  p10Ms: number,
  p90Ms: number,
  p99Ms: number,
  intervalMs: v.pipe(interval, v.description('Interval of the median by order statistics, at least 95% where there are 6 samples or more.')),
  wallMedianMs: number,
  outliers: v.pipe(v.array(count), v.description('Indices of samples beyond Tukey’s fences. They are marked, not dropped.')),
  isPrecise: v.pipe(v.boolean(), v.description('Whether the interval is as narrow as was asked for; else the cap ended the sampling.')),
});

const figuresSchema = v.object({
  effectiveGflops: v.pipe(number, v.description('Operations of the definition over the median.')),
  actualGflops: v.optional(v.pipe(number, v.description('Multiply-adds that a Winograd variant really does, over the median.'))),
  gigabytesPerSecond: v.pipe(number, v.description('Least traffic of the definition over the median.')),
  rooflineShare: v.pipe(number, v.description('Time of the roofline over the median, by the work really done.')),
});

const isaSchema = v.object({
  gpu: text,
  pass: text,
  registers: number,
  wavesPerSimd: number,
  spilledRegisters: number,
  workgroupBytes: number,
  instructions: number,
  multiplyAddShare: v.pipe(number, v.description('Multiply-adds among the instructions of the hottest loop; 0 without one.')),
});

const caseSchema = v.object({
  variant: text,
  engine: v.pipe(text, v.description('gramarye, or the peer that ran this case.')),
  status: v.picklist(['measured', 'planned', 'compiled', 'wrong', 'skipped', 'failed']),
  reason: v.optional(text),
  check: v.optional(checkSchema),
  repeats: v.optional(count),
  samplesMs: v.optional(v.pipe(v.array(number), v.description('Milliseconds of one call, by the clock of the run.'))),
  wallMs: v.optional(v.pipe(v.array(number), v.description('The same samples on the wall.'))),
  summary: v.optional(summarySchema),
  figures: v.optional(figuresSchema),
  compileMs: v.optional(number),
  compiledPipelines: v.optional(count),
  allocatedBytes: v.optional(count),
  memory: v.optional(v.record(v.string(), v.number())),
  isa: v.optional(v.array(isaSchema)),
});

const groupSchema = v.object({
  op: text,
  kernel: text,
  shape: text,
  attributes,
  flops: number,
  bytes: number,
  inputSets: v.pipe(count, v.description('How many sets of buffers were used in turns.')),
  yardstickMs: v.pipe(v.array(number), v.description('The multiply-add probe, once a round: how fast the machine was meanwhile.')),
  yardsticks: v.optional(
    v.pipe(
      v.array(v.object({ name: text, samplesMs: v.array(number), wallMs: v.array(number) })),
      v.description('Probes of arithmetic and of traffic, each timed once a round: sample i belongs to sample i of every case.'),
    ),
  ),
  cases: v.array(caseSchema),
});

const runSchema = v.object({
  version: v.pipe(text, v.description('Of Gramarye.')),
  commit: v.optional(text),
  date: text,
  device: deviceSchema,
  host: hostSchema,
  clock: clockSchema,
  ceilings: v.optional(ceilingsSchema),
  settings: v.object({ seed: number, precision: number, maximumSamples: count, groupSeconds: number, quick: v.boolean() }),
  groups: v.array(groupSchema),
});

/** A results file: one run a device. */
export const fileSchema = v.object({
  schema: v.literal(SCHEMA_NAME),
  schemaVersion: v.literal(SCHEMA_VERSION),
  runs: v.array(runSchema),
});

/** A results file. */
export type BenchFile = v.InferOutput<typeof fileSchema>;
/** Everything measured on one device. */
export type BenchRun = v.InferOutput<typeof runSchema>;
/** One op at one shape. */
export type BenchGroup = v.InferOutput<typeof groupSchema>;
/** One variant of it. */
export type BenchCase = v.InferOutput<typeof caseSchema>;
/** How a case was checked. */
export type CaseCheck = v.InferOutput<typeof checkSchema>;
/** Statistics of a case. */
export type CaseSummary = v.InferOutput<typeof summarySchema>;
/** Throughput of a case. */
export type CaseFigures = v.InferOutput<typeof figuresSchema>;
/** What a GPU's compiler made of one pass. */
export type IsaFigures = v.InferOutput<typeof isaSchema>;
/** The clock of a run. */
export type ClockInfo = v.InferOutput<typeof clockSchema>;
/** Measured ceilings of a device. */
export type Ceilings = v.InferOutput<typeof ceilingsSchema>;
/** The device of a run. */
export type DeviceInfo = v.InferOutput<typeof deviceSchema>;
/** Where a run ran. */
export type HostInfo = v.InferOutput<typeof hostSchema>;

/** A file of runs. */
export function benchFile(runs: BenchRun[]): BenchFile {
  return { schema: SCHEMA_NAME, schemaVersion: SCHEMA_VERSION, runs };
}

/** Reads a results file; `name` is for messages. Throws `bad-option` saying what is wrong and where. */
export function parseBenchFile(json: string, name: string): BenchFile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new GramaryeError('bad-option', `${name} is no JSON: ${messageOf(error)}.`, {
      remedy: 'Give a file that "gramarye bench --out FILE.json" wrote.',
      cause: error,
    });
  }
  const head = value as { schema?: unknown; schemaVersion?: unknown } | null;
  if (typeof head === 'object' && head?.schema === SCHEMA_NAME && head.schemaVersion !== SCHEMA_VERSION) {
    throw new GramaryeError(
      'bad-option',
      `${name} has format version ${JSON.stringify(head.schemaVersion)}; this version of Gramarye reads ${String(SCHEMA_VERSION)}.`,
      {
        remedy: 'Measure again, or use the version of Gramarye that wrote it.',
      },
    );
  }
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new GramaryeError('bad-option', `${name} is no results file of Gramarye: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}.`, {
    remedy: 'Give a file that "gramarye bench --out FILE.json" wrote.',
  });
}

/** What a device is called in tables; a software adapter says so. */
export function deviceLabel({
  device,
  vendor,
  architecture,
  description,
  isSoftware,
}: Pick<DeviceInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isSoftware'>): string {
  const name = [vendor, architecture, device].filter((part) => part !== '').join(' ') || description || 'unnamed adapter';
  return isSoftware ? `${name} (software adapter)` : name;
}
