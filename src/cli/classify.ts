/** `gramarye classify`, `evaluate` and `predict`. */
import type { Command } from 'commander';
import { GramaryeError } from '../engine/errors.js';
import { VERSION } from '../engine/version.js';
import { EMBEDDED_BACKBONE } from '../models/mobilenet/classifier-net.js';
import { confusionSvg } from './charts/confusion-svg.js';
import { evaluationText, confusionCsv, shareText } from './evaluation-text.js';
import { parsePositive } from './flags.js';
import { checkInputFile } from './input-files.js';
import {
  addClassifierFlags,
  classifierPictures,
  offerClassifier,
  offerClassifierPictures,
  planClassifier,
  type ClassifierFlags,
  type ClassifierPictures,
} from './mobilenet-arguments.js';
import { checkOutputPath, writeAll } from './output-files.js';
import { offerFile } from './picture-arguments.js';
import type { ProgressView } from './progress.js';
import type { EvaluateReport, PredictReport, RunnerEvent, RunnerJobs, RunnerReports } from './runner/protocol.js';
import type { RunnerServer } from './server.js';
import { runJob } from './session.js';

/** Flags of `classify`. */
export interface ClassifyFlags extends ClassifierFlags {
  readonly top: number;
  readonly json: boolean;
}

/** Flags of `evaluate`. */
export interface EvaluateFlags extends ClassifierFlags {
  readonly top: number;
  readonly json: boolean;
  readonly csv?: string;
  readonly confusion?: string;
}

/** Flags of `predict`. */
export interface PredictFlags extends ClassifierFlags {
  readonly submission: string;
  readonly sample?: string;
}

/** What the commands do. */
export interface ClassifyActions {
  classify(pictures: readonly string[], flags: ClassifyFlags): Promise<void>;
  evaluate(folder: string | undefined, flags: EvaluateFlags): Promise<void>;
  predict(pictures: readonly string[], flags: PredictFlags): Promise<void>;
}

/** Where a command shows what it does, and what stops it. */
export interface CommandContext {
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  /** Prints a line of the result. */
  readonly print: (line: string) => void;
}

/** Registers the three commands. */
export function addClassifyCommands(program: Command, actions: ClassifyActions): void {
  addClassifierFlags(program.command('classify').description('Name what pictures show, with probabilities.'))
    .argument('[pictures...]', 'files, folders, zip archives or URLs; none: the embedded emoji set')
    .option('--top <count>', 'guesses per picture', parsePositive, 5)
    .option('--json', 'one JSON document instead of lines', false)
    .action((pictures: string[], flags: ClassifyFlags) => actions.classify(pictures, flags));
  addClassifierFlags(program.command('evaluate').description('Judge a net by a folder whose subfolders are class numbers or names.'))
    .argument('[folder]', 'folder or zip archive; none: the embedded emoji set')
    .option('--top <count>', 'guesses that count besides the first', parsePositive, 5)
    .option('--json', 'the whole judgement as JSON instead of a table', false)
    .option('--csv <file>', 'also the table of classes')
    .option('--confusion <file>', 'also which classes are taken for which, .csv or .svg')
    .action((folder: string | undefined, flags: EvaluateFlags) => actions.evaluate(folder, flags));
  addClassifierFlags(program.command('predict').description('Write the probabilities of all classes, one row a picture, as competitions want them.'))
    .argument('[pictures...]', 'files, folders, zip archives or URLs; none: the embedded emoji set')
    .option('--submission <file>', 'the table', 'submission.csv')
    .option('--sample <file>', 'sample submission whose columns and rows are taken')
    .action((pictures: string[], flags: PredictFlags) => actions.predict(pictures, flags));
}

/** Runs a job on the pictures; what was fetched for it is removed. */
async function run<K extends 'classify' | 'evaluate' | 'predict', T>(
  pictures: ClassifierPictures,
  flags: ClassifierFlags,
  { progress, signal }: CommandContext,
  parts: {
    readonly makeJob: (server: RunnerServer) => RunnerJobs[K];
    readonly collect: (report: RunnerReports[K], server: RunnerServer, job: RunnerJobs[K]) => T;
    readonly onEvent?: (event: RunnerEvent) => void;
    readonly isQuiet?: boolean;
  },
): Promise<T> {
  try {
    return await runJob<K, T>(parts.makeJob, parts.collect, {
      adapter: flags.adapter,
      signal,
      onEvent: (event) => {
        parts.onEvent?.(event);
        // Lines that come as results do not go together with a bar.
        if (parts.isQuiet !== true || event.kind !== 'phase' || event.done === undefined) progress.show(event);
      },
    });
  } finally {
    progress.stop();
    pictures.pictures.remove();
  }
}

/** Who shows it a photograph should not wonder at what it sees. */
const EMBEDDED_NOTICE = 'The embedded classifier knows ten kinds of things, from drawings. Any other MobileNetV2: --net.';

/** Prints guesses as they come, or one JSON document. */
export async function classify(given: readonly string[], flags: ClassifyFlags, context: CommandContext): Promise<void> {
  const plan = planClassifier(flags);
  const pictures = await classifierPictures(given, flags, context.signal);
  if (given.length > 0 && flags.net === EMBEDDED_BACKBONE) context.progress.show({ kind: 'notice', text: EMBEDDED_NOTICE });
  const results: { name: string; predictions?: unknown; problem?: string }[] = [];
  let printed = 0;
  const onEvent = (event: RunnerEvent): void => {
    if (event.kind === 'classified') {
      const { name, predictions } = event;
      if (flags.json) results.push({ name, predictions });
      else {
        context.progress.stop();
        printed++;
        context.print(`${name}\t${predictions.map((guess) => `${guess.name} ${shareText(guess.probability)}`).join(', ')}`);
      }
    } else if (event.kind === 'skipped' && flags.json) results.push({ name: event.name, problem: event.problem });
  };
  const report = await run<'classify', RunnerReports['classify']>(pictures, flags, context, {
    makeJob: (server) => ({
      kind: 'classify',
      adapter: flags.adapter,
      top: flags.top,
      ...offerClassifier(server, plan),
      pictures: offerClassifierPictures(server, pictures),
    }),
    collect: (outcome) => outcome,
    onEvent,
    isQuiet: !flags.json,
  }).catch((error: unknown) => {
    if (!(error instanceof GramaryeError && error.code === 'aborted' && printed > 0)) throw error;
    throw new GramaryeError('aborted', `Stopped; ${String(printed)} pictures were named.`, { remedy: 'The others were not.', cause: error });
  });
  if (flags.json) context.print(JSON.stringify({ version: VERSION, ...report, results }, undefined, 2));
  if (report.count === 0) throw new GramaryeError('bad-picture', 'None of the pictures can be read.', { remedy: 'Give PNG, JPEG or WebP files.' });
}

/** Prints the judgement and writes the tables asked for. */
export async function evaluate(folder: string | undefined, flags: EvaluateFlags, context: CommandContext): Promise<void> {
  const plan = planClassifier(flags);
  if (flags.csv !== undefined) checkOutputPath('--csv', flags.csv, '.csv');
  if (flags.confusion !== undefined) checkOutputPath('--confusion', flags.confusion, /\.svg$/i.test(flags.confusion) ? '.svg' : '.csv');
  const pictures = await classifierPictures(folder === undefined ? [] : [folder], flags, context.signal);
  const report = await run<'evaluate', EvaluateReport>(pictures, flags, context, {
    makeJob: (server) => ({
      kind: 'evaluate',
      adapter: flags.adapter,
      top: flags.top,
      ...offerClassifier(server, plan),
      pictures: offerClassifierPictures(server, pictures),
    }),
    collect: (outcome) => outcome,
  });
  const { csv, ...rest } = report;
  const files: { path: string; data: string }[] = [];
  if (flags.csv !== undefined) files.push({ path: flags.csv, data: csv });
  if (flags.confusion !== undefined) {
    files.push({ path: flags.confusion, data: /\.svg$/i.test(flags.confusion) ? evaluationConfusion(report) : confusionCsv(report.evaluation) });
  }
  writeAll(files);
  context.print(flags.json ? JSON.stringify({ version: VERSION, ...rest }, undefined, 2) : evaluationText(report));
}

function evaluationConfusion({ evaluation }: EvaluateReport): string {
  const numbers = evaluation.perClass.map(({ classNumber }) => classNumber);
  const place = new Map(numbers.map((number, index) => [number, index]));
  const matrix = numbers.map(() => new Array<number>(numbers.length).fill(0));
  let elsewhere = 0;
  for (const { classNumber, predicted, count } of evaluation.confusion) {
    const row = matrix[place.get(classNumber) ?? -1];
    const column = place.get(predicted);
    if (row === undefined || column === undefined) elsewhere += count;
    else row[column] = count;
  }
  const note = elsewhere === 0 ? '' : `${String(elsewhere)} pictures were taken for classes that have no folder; they are not shown.`;
  return confusionSvg(
    matrix,
    evaluation.perClass.map(({ name }) => name),
    note,
  );
}

/** Writes the table. */
export async function predict(given: readonly string[], flags: PredictFlags, context: CommandContext): Promise<void> {
  const plan = planClassifier(flags);
  checkOutputPath('--submission', flags.submission, '.csv');
  if (flags.sample !== undefined) checkInputFile('--sample', flags.sample);
  const pictures = await classifierPictures(given, flags, context.signal);
  const { report, text } = await run<'predict', { report: PredictReport; text: Buffer | undefined }>(pictures, flags, context, {
    makeJob: (server) => ({
      kind: 'predict',
      adapter: flags.adapter,
      ...offerClassifier(server, plan),
      pictures: offerClassifierPictures(server, pictures),
      ...(flags.sample === undefined ? {} : { sample: offerFile(server, { name: flags.sample, path: flags.sample }) }),
      output: server.addUpload(),
    }),
    collect: (outcome, server, job) => ({ report: outcome, text: server.uploaded(job.output) }),
  });
  if (text === undefined) throw new GramaryeError('internal', 'The page gave no table.');
  writeAll([{ path: flags.submission, data: text }]);
  context.progress.show({ kind: 'notice', text: `${String(report.rows)} rows, ${String(report.columns.length - 1)} classes.` });
  context.print(flags.submission);
}
