/** `gramarye bench` and `gramarye bench compare`; `isa` has a file of its own. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { compareFiles, regressions } from '../bench/compare/compare.js';
import { formatComparison, comparisonMarkdown } from '../bench/compare/format.js';
import { PEER_NAMES, peerNames } from '../bench/peers/names.js';
import { formatResults, resultExtension } from '../bench/formats/files.js';
import { formatTerminal } from '../bench/formats/text.js';
import { planGroups, settingsOf, type BenchRequest } from '../bench/request.js';
import { benchFile, parseBenchFile, type BenchFile } from '../bench/result.js';
import { GramaryeError, messageOf, throwIfAborted } from '../engine/errors.js';
import { addIsaCommand, type IsaFlags } from './bench-isa-flags.js';
import { benchInBrowser, benchInNode, type BenchHostOptions } from './bench-hosts.js';
import { benchRemote, type RemoteResults } from './bench-remote.js';
import { EXIT } from './exit.js';
import { collect, parseCount, parseNames, parseNumber } from './flags.js';
import { checkOutputPath, writeAll } from './output-files.js';
import type { ProgressView } from './progress.js';
import { parseEndpoint } from './remote/endpoint.js';

/** Flags of `bench`. */
export interface BenchFlags {
  readonly op?: string[];
  readonly shape: readonly string[];
  readonly variant?: string[];
  readonly filter?: string;
  readonly quick: boolean;
  readonly adapter: 'auto' | 'hardware' | 'software' | 'chromium' | 'node';
  readonly samples?: number;
  readonly seconds?: number;
  readonly callSeconds?: number;
  readonly precision?: number;
  readonly seed?: number;
  readonly peers?: string[];
  readonly out: readonly string[];
  readonly connect: readonly string[];
  readonly all: boolean;
}

/** Flags of `bench compare`. */
export interface CompareFlags {
  readonly threshold: number;
  readonly otherDevices: boolean;
  readonly normalise?: boolean;
  readonly out?: string;
}

/** What the command has at hand. */
export interface BenchContext {
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** What the commands do, so that parsing can be tested without doing it. */
export interface BenchActions {
  bench(flags: BenchFlags): Promise<void>;
  benchCompare(before: string, after: string, flags: CompareFlags): Promise<void>;
  benchIsa(flags: IsaFlags): Promise<void>;
}

/** Registers `bench` and what belongs to it. */
export function addBenchCommands(program: Command, actions: BenchActions): Command {
  const bench = program
    .command('bench')
    .enablePositionalOptions()
    .description('Check the variants of kernels and time them against each other.')
    .option('--op <names>', 'ops or kernels between commas, default all; an unknown name lists them', parseNames)
    .addOption(
      new Option('--shape <shape>', 'repeatable: a name with *, such as conv3_2@128; 28x28x256x256; height=28,width=28')
        .argParser(collect)
        .default([], 'a few'),
    )
    .option('--variant <ids>', 'variants between commas, with *', parseNames)
    .option('--filter <text>', 'only cases whose op/shape/variant contains it')
    .option('--quick', 'few shapes, few samples', false)
    .addOption(
      new Option('--adapter <kind>', 'in a browser on the best adapter or one kind only, or in Node without a browser')
        .choices(['auto', 'hardware', 'software', 'chromium', 'node'])
        .default('auto'),
    )
    .option('--peers <names>', `other engines in the same run, where they have the op, between commas: ${PEER_NAMES.join(', ')}`, parseNames)
    .option('--samples <count>', 'most samples of a case', parseCount)
    .option('--seconds <number>', 'most seconds of sampling for one op at one shape', parseNumber)
    .option('--call-seconds <number>', 'skip variants whose single call takes longer', parseNumber)
    .option('--precision <share>', 'wanted width of the 95% interval of the median over the median, default 0.03', parseNumber)
    .option('--seed <number>', 'of inputs and order', parseCount)
    .addOption(new Option('--out <file>', 'repeatable: results as .json, .csv, .md or .html').argParser(collect).default([], 'none'))
    .addOption(
      new Option('--connect <address>', 'repeatable, all at once: a Chrome with --remote-debugging-port, a Selenium Grid, or a ws:// address')
        .argParser(collect)
        .default([], 'a browser of this machine'),
    )
    .option('--all', 'also list variants that were not measured, with the reason', false)
    .action((flags: BenchFlags) => actions.bench(flags));
  bench
    .command('compare')
    .description('Compare two results files. Ends with 1 when a case became slower by more than the threshold and by more than chance.')
    .argument('<before>', 'results as .json')
    .argument('<after>', 'results as .json')
    .option('--threshold <share>', 'changes up to this share do not matter', parseNumber, 0.05)
    .option('--other-devices', 'compare although the devices are not the same', false)
    .option('--normalise', 'divide by the yardstick; default on software adapters')
    .option('--no-normalise', 'compare times as they are')
    .option('--out <file>', 'also as Markdown')
    .action((before: string, after: string, flags: CompareFlags) => actions.benchCompare(before, after, flags));
  addIsaCommand(bench, (flags) => actions.benchIsa(flags));
  return bench;
}

/** The request that flags make. */
export function requestOf(flags: BenchFlags): BenchRequest {
  const optional = {
    ops: flags.op,
    variants: flags.variant,
    filter: flags.filter,
    peers: flags.peers,
    maximumSamples: flags.samples,
    groupSeconds: flags.seconds,
    callSeconds: flags.callSeconds,
    precision: flags.precision,
    seed: flags.seed,
    shapes: flags.shape.length === 0 ? undefined : flags.shape,
  };
  return { quick: flags.quick, ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) };
}

/** Writes the results in every form that was asked for. Gives the paths. */
export async function writeResults(file: BenchFile, paths: readonly string[]): Promise<void> {
  const files = await Promise.all(paths.map(async (path) => ({ path, data: await formatResults(file, resultExtension(path)) })));
  writeAll(files);
}

/** Measures where the flags say. Throws `bad-option` for flags that contradict each other. */
async function measure(flags: BenchFlags, request: BenchRequest, options: BenchHostOptions): Promise<RemoteResults> {
  const { adapter, connect } = flags;
  if (adapter === 'node') {
    if (connect.length > 0) throw new GramaryeError('bad-option', '--connect and --adapter node exclude each other.', { remedy: 'Give one of them.' });
    return { runs: [await benchInNode(request, options)], failures: [] };
  }
  const choice = adapter === 'chromium' ? 'auto' : adapter;
  return connect.length > 0 ? benchRemote(request, choice, connect, options) : { runs: [await benchInBrowser(request, choice, options)], failures: [] };
}

/** Measures, prints the table and writes files. Gives the exit code: 1 when a variant is wrong or a browser failed. */
export async function bench(flags: BenchFlags, { progress, signal, print }: BenchContext): Promise<number> {
  for (const path of flags.out) checkOutputPath('--out', path, resultExtension(path));
  const request = requestOf(flags);
  // What is wrong with the request is told without a browser.
  settingsOf(request);
  planGroups(request);
  if (peerNames(flags.peers ?? []).length > 0 && flags.adapter === 'node')
    throw new GramaryeError('bad-option', 'Peers run in a browser.', { remedy: 'Leave --adapter node away, or --peers.' });
  for (const address of flags.connect) parseEndpoint(address);
  const { runs, failures } = await measure(flags, request, {
    signal,
    onEvent: (event) => {
      progress.show(event);
    },
  });
  progress.stop();
  throwIfAborted(signal);
  const file = benchFile(runs);
  if (runs.length > 0) await writeResults(file, flags.out);
  if (runs.length > 0) print(formatTerminal(file, flags.all));
  for (const failure of failures) print(`No result from ${failure}`);
  for (const path of runs.length > 0 ? flags.out : []) print(path);
  const isWrong = runs.some(({ groups }) => groups.some(({ cases }) => cases.some(({ status }) => status === 'wrong')));
  return isWrong || failures.length > 0 ? EXIT.failure : EXIT.success;
}

/** A results file. Throws `file-missing` and `bad-option`. */
export function readResults(path: string): BenchFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GramaryeError('file-missing', `${path} cannot be read: ${messageOf(error)}.`, { remedy: 'Give a results file, .json.', cause: error });
  }
  return parseBenchFile(text, path);
}

/** Compares and prints. Gives the exit code: 1 for a regression. */
export function benchCompare(before: string, after: string, flags: CompareFlags, print: (line: string) => void): number {
  if (flags.out !== undefined) checkOutputPath('--out', flags.out, '.md');
  const comparison = compareFiles(readResults(before), readResults(after), flags);
  print(formatComparison(comparison));
  if (flags.out !== undefined) writeAll([{ path: flags.out, data: comparisonMarkdown(comparison) }]);
  return regressions(comparison).length > 0 ? EXIT.failure : EXIT.success;
}
