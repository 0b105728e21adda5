/** `gramarye stylize --frames FOLDER`: a sequence of frames. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { GramaryeError } from '../engine/errors.js';
import { TUNE_BUDGET_MS } from '../engine/tuner.js';
import { VERSION } from '../engine/version.js';
import { offerNet, offerPicture } from './input-files.js';
import { checkOutputPath, writeAll } from './output-files.js';
import { offerFile, type NamedFile } from './picture-arguments.js';
import type { ProgressView } from './progress.js';
import type { SequenceJob, SequenceReport } from './runner/protocol.js';
import { fileFingerprint, SequenceRecords, sizeFingerprint, type SequenceIdentity } from './sequence-records.js';
import { runJob } from './session.js';
import { DEFAULT_RESULT, planStylize, type StylizeFlags, type StylizePlan } from './stylize.js';
import { tuningRecords } from './tuning.js';

/** Where results go unless the user says so. */
const DEFAULT_FOLDER = 'stylized';
const PICTURES = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const byName = new Intl.Collator('en', { numeric: true }).compare;

/** A checked sequence. */
export interface SequencePlan extends Omit<StylizePlan, 'content' | 'checkpoint'> {
  readonly frames: readonly NamedFile[];
  /** Names of the results without their ending, in the order of the frames. */
  readonly results: readonly string[];
  /** Folder of the results. */
  readonly out: string;
}

/** The pictures of a folder in the order of the numbers in their names. Throws `file-missing` or `bad-option`. */
export function framesIn(folder: string): NamedFile[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const problem = existsSync(folder) ? 'is no folder' : 'does not exist';
    throw new GramaryeError('file-missing', `--frames ${folder} ${problem}.`, { remedy: 'Name a folder with the frames as pictures.' });
  }
  const frames = readdirSync(folder)
    .filter((name) => !name.startsWith('.') && PICTURES.has(extname(name).toLowerCase()))
    .sort(byName)
    .map((name): NamedFile => ({ name, path: resolve(folder, name) }))
    .filter(({ path }) => statSync(path).isFile());
  if (frames.length === 0) {
    throw new GramaryeError('bad-option', `--frames ${folder} holds no pictures.`, { remedy: 'Put the frames there as PNG, JPEG or WebP files.' });
  }
  return frames;
}

function stem(name: string): string {
  return name.slice(0, -extname(name).length);
}

function checkFolder(frames: string, out: string): void {
  if (extname(out).toLowerCase() === '.png') {
    throw new GramaryeError('bad-option', `--out ${out}: the result of --frames is a folder.`, { remedy: 'Name a folder.' });
  }
  if (resolve(out) === resolve(frames)) {
    throw new GramaryeError('bad-option', `--out ${out} is the folder of the frames.`, { remedy: 'Name another, so that no frame is overwritten.' });
  }
  if (existsSync(out) && !statSync(out).isDirectory()) {
    throw new GramaryeError('write-failed', `--out ${out} is no folder.`, { remedy: 'Name a folder.' });
  }
}

/** Checks flags and files. Throws a GramaryeError that names the flag. */
export function planSequence(folder: string, flags: StylizeFlags): SequencePlan {
  for (const [flag, value, remedy] of [
    ['--content', flags.content, 'The frames are the content: leave it out.'],
    ['--raw', flags.raw, 'Results of frames are PNG files: leave it out.'],
    ['--checkpoint-every', flags.checkpointEvery, 'Every finished frame is kept, and --resume goes on with the next: leave it out.'],
  ] as const) {
    if (value !== undefined) throw new GramaryeError('bad-option', `${flag} does not go with --frames.`, { remedy });
  }
  const out = flags.out === DEFAULT_RESULT ? DEFAULT_FOLDER : flags.out;
  checkFolder(folder, out);
  const frames = framesIn(folder);
  const results = frames.map(({ name }) => stem(name));
  results.forEach((name, index) => {
    const first = results.findIndex((other) => other.toLowerCase() === name.toLowerCase());
    if (first < index) {
      throw new GramaryeError(
        'bad-option',
        `The frames ${frames[first]?.name ?? ''} and ${frames[index]?.name ?? ''} would have the same result ${name}.png.`,
        {
          remedy: 'Rename one of them.',
        },
      );
    }
  });
  checkOutputPath('--out', join(out, `${results[0] ?? ''}.png`), '.png');
  const plan = planStylize('style-transfer', { ...flags, content: frames[0]?.path ?? '', out: join(out, `${results[0] ?? ''}.png`) });
  return { ...plan, frames, results, out };
}

/** What must be the same for a sequence to be gone on with. */
function identityOf({ settings, size, styleSize, styles, masks = [], init, net, frames }: SequencePlan, frameSteps: number | undefined): SequenceIdentity {
  return {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])),
    size,
    'style size': styleSize,
    'frame steps': String(frameSteps ?? settings.steps),
    net: `${net.name} ${net.isFile ? sizeFingerprint(net.path ?? net.name) : ''}`,
    ...Object.fromEntries(styles.map(({ path, tensor = '' }, index) => [`style picture ${String(index + 1)}`, `${fileFingerprint(path)}${tensor}`])),
    ...Object.fromEntries(masks.map(({ path, tensor = '' }, index) => [`mask ${String(index + 1)}`, `${fileFingerprint(path)}${tensor}`])),
    ...(init === undefined ? {} : { 'picture to start from': fileFingerprint(init.path) }),
    'list of frames': frames.map(({ name }) => name).join('/'),
    ...Object.fromEntries(frames.map(({ name, path }) => [`frame ${name}`, fileFingerprint(path)])),
  };
}

/** Runs the sequence; every result is written when it is finished. Gives the paths of all. */
export async function stylizeFrames(folder: string, flags: StylizeFlags, progress: ProgressView, signal: AbortSignal): Promise<string[]> {
  const plan = planSequence(folder, flags);
  const records = new SequenceRecords(plan.out, plan.results, identityOf(plan, flags.frameSteps));
  await records.open(flags.resume === true);
  try {
    const report = await runSequence(plan, flags, records, progress, signal);
    const paths = plan.results.map((name) => join(plan.out, `${name}.png`));
    progress.stop();
    if (flags.trace === undefined) return paths;
    writeAll([{ path: flags.trace, data: `${JSON.stringify({ version: VERSION, flags, ...report }, undefined, 1)}\n` }]);
    return [...paths, flags.trace];
  } catch (error) {
    if (records.finishedCount === 0) await records.close();
    if (!(error instanceof GramaryeError && error.code === 'aborted' && records.finishedCount > 0)) throw error;
    throw new GramaryeError('aborted', `Stopped; ${String(records.finishedCount)} of ${String(plan.frames.length)} frames are in ${plan.out}.`, {
      remedy: 'The same command with --resume goes on from there.',
      cause: error,
    });
  }
}

async function runSequence(
  plan: SequencePlan,
  flags: StylizeFlags,
  records: SequenceRecords,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<SequenceReport> {
  const report = await runJob<'sequence', SequenceReport>(
    (server): SequenceJob => ({
      kind: 'sequence',
      adapter: flags.adapter,
      settings: plan.settings,
      size: plan.size,
      styleSize: plan.styleSize,
      frames: plan.frames.map((frame) => offerFile(server, frame)),
      ...(flags.frameSteps === undefined ? {} : { frameSteps: flags.frameSteps }),
      styles: plan.styles.map((style) => offerPicture(server, style)),
      ...(plan.init === undefined ? {} : { init: offerPicture(server, plan.init) }),
      ...(plan.masks === undefined ? {} : { masks: plan.masks.map((mask) => offerPicture(server, mask)) }),
      net: offerNet(server, plan.net),
      ...(plan.variants === undefined ? {} : { variants: plan.variants }),
      ...(flags.tune === undefined
        ? {}
        : { tune: { budgetMs: flags.tune === true ? TUNE_BUDGET_MS : flags.tune * 1_000, store: server.addStore(tuningRecords()) } }),
      ...(flags.memoryBudget === undefined ? {} : { memoryBudgetBytes: flags.memoryBudget * 2 ** 20 }),
      store: server.addStore(records),
    }),
    (outcome) => outcome,
    {
      adapter: flags.adapter,
      signal,
      onEvent: (event) => {
        progress.show(event);
      },
    },
  );
  await records.close();
  return report;
}
