/** `gramarye finetune`. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GramaryeError } from '../engine/errors.js';
import { VERSION } from '../engine/version.js';
import { EMBEDDED_BACKBONE } from '../models/mobilenet/classifier-net.js';
import { datasetFromFolders, type PictureFile } from '../tasks/datasets/dataset.js';
import { datasetFromLabels } from '../tasks/datasets/labels-csv.js';
import { checkFineTuneSettings, type FineTuneSettings } from '../tasks/fine-tuning/settings.js';
import { confusionSvg } from './charts/confusion-svg.js';
import { curvesSvg } from './charts/curves-svg.js';
import type { CommandContext } from './classify.js';
import { embeddedPath } from './embedded-path.js';
import { matrixCsv, proportionText, shareText, tableText } from './evaluation-text.js';
import { settingsOf, type FinetuneFlags } from './finetune-flags.js';
import { FolderRecords } from './folder-records.js';
import { checkedNet, checkInputFile, offerNet, type NetArgument } from './input-files.js';
import { checkOutputPath, writeAll } from './output-files.js';
import { filesBelow, offerFile, offerPictures, type NamedFile } from './picture-arguments.js';
import type { FinetuneReport } from './runner/protocol.js';
import { runJob } from './session.js';

/** Name of the shard that the model's own file points to; see `saveLayersModel`. */
const SHARD = 'group1-shard1of1.bin';
const CHECKPOINT = { suffix: '.bin', durable: true } as const;
const FEATURES = { suffix: '.features', durable: false } as const;

/** A checked run. */
export interface FinetunePlan {
  readonly settings: FineTuneSettings;
  readonly net: NetArgument;
  readonly files: readonly NamedFile[];
  readonly archives: readonly NamedFile[];
  readonly labels: NamedFile | undefined;
  readonly out: string;
  readonly report: string;
  /** Whether an earlier run got to the end of an epoch. */
  readonly hasCheckpoint: boolean;
}

function pictures(flag: string, path: string): Pick<FinetunePlan, 'files' | 'archives'> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new GramaryeError('file-missing', `${flag} ${path} does not exist.`, { remedy: 'Check the path.' });
  if (!stats.isDirectory()) {
    if (!/\.zip$/i.test(path))
      throw new GramaryeError('bad-option', `${flag} ${path} is neither a folder nor a zip archive.`, { remedy: 'Give one of the two.' });
    checkInputFile(flag, path);
    return { files: [], archives: [{ name: path, path: resolve(path) }] };
  }
  const files = filesBelow(path);
  if (files.length === 0) throw new GramaryeError('bad-option', `${flag} ${path} is an empty folder.`, { remedy: 'Give a folder with pictures.' });
  return { files, archives: [] };
}

/** Tells what is wrong with a table or with folders before a browser is started; what an archive holds only the page sees. */
function checkData({ files, archives, labels, settings }: Pick<FinetunePlan, 'files' | 'archives' | 'labels' | 'settings'>): void {
  if (archives.length > 0) return;
  const named = files.map(({ name }): PictureFile => ({ path: name, read: () => Promise.resolve(new Blob()) }));
  if (labels === undefined) datasetFromFolders(named);
  else datasetFromLabels(labels.name, readFileSync(labels.path, 'utf8'), named, settings.classOrder);
}

/** Checks flags and files. Throws a GramaryeError that names the flag. */
export function planFinetune(flags: FinetuneFlags): FinetunePlan {
  const settings = settingsOf(flags);
  checkFineTuneSettings(settings);
  if (flags.data !== undefined && (flags.labels !== undefined || flags.images !== undefined)) {
    throw new GramaryeError('bad-option', '--data goes without --labels and --images.', {
      remedy: 'Give a folder of class folders, or a table with a folder of pictures.',
    });
  }
  if ((flags.labels === undefined) !== (flags.images === undefined)) {
    throw new GramaryeError('bad-option', `--${flags.labels === undefined ? 'images' : 'labels'} is given alone.`, {
      remedy: 'Give --labels labels.csv and --images FOLDER together.',
    });
  }
  if (flags.labels !== undefined) checkInputFile('--labels', flags.labels);
  const found = flags.images !== undefined ? pictures('--images', flags.images) : pictures('--data', flags.data ?? embeddedPath('emoji/emoji.zip'));
  const out = resolve(flags.out);
  checkOutputPath('--out', join(flags.out, 'model.json'), '.json');
  const report = flags.report ?? join(flags.out, 'report.json');
  checkOutputPath('--report', report, '.json');
  const hasCheckpoint = existsSync(join(out, `checkpoint${CHECKPOINT.suffix}`));
  if (hasCheckpoint && !flags.resume) {
    throw new GramaryeError('bad-option', `--out ${flags.out} holds the checkpoint of an earlier run.`, {
      remedy: 'Add --resume to go on with it, or choose another folder.',
    });
  }
  // A run that was killed before its first epoch ended has left its folder, and begins anew.
  if (flags.resume && !existsSync(out)) {
    throw new GramaryeError('file-missing', `--resume: ${flags.out} does not exist.`, {
      remedy: 'Leave --resume away, or name the folder of the earlier run with --out.',
    });
  }
  const labels = flags.labels === undefined ? undefined : { name: flags.labels, path: resolve(flags.labels) };
  checkData({ ...found, labels, settings });
  return {
    settings,
    net: checkedNet('--backbone', flags.backbone),
    ...found,
    labels,
    out,
    report,
    hasCheckpoint,
  };
}

/** Trains and writes the net, its figures and its curves. Gives the folder's files. */
export async function finetune(flags: FinetuneFlags, { progress, signal, print }: CommandContext): Promise<void> {
  const plan = planFinetune(flags);
  if (flags.data === undefined && flags.images === undefined && flags.backbone === EMBEDDED_BACKBONE)
    progress.show({ kind: 'notice', text: 'Nothing else is given: the embedded emoji set, on the embedded backbone.' });
  if (flags.resume && !plan.hasCheckpoint) progress.show({ kind: 'notice', text: 'No epoch was finished before: starting from the beginning.' });
  const checkpoints = new FolderRecords(plan.out, CHECKPOINT);
  const features = new FolderRecords(join(plan.out, 'features'), FEATURES);
  mkdirSync(plan.out, { recursive: true });
  await checkpoints.tidy();
  await features.clear();
  let epochs = 0;
  try {
    const { report, model, shard } = await runJob<'finetune', { report: FinetuneReport; model: Buffer | undefined; shard: Buffer | undefined }>(
      (server) => ({
        kind: 'finetune',
        adapter: flags.adapter,
        net: offerNet(server, plan.net),
        pictures: offerPictures(server, plan),
        ...(plan.labels === undefined ? {} : { labels: offerFile(server, plan.labels) }),
        settings: plan.settings,
        resume: flags.resume,
        stores: { checkpoint: server.addStore(checkpoints), features: server.addStore(features) },
        outputs: { model: server.addUpload(), shard: server.addUpload() },
      }),
      (outcome, server, job) => ({ report: outcome, model: server.uploaded(job.outputs.model), shard: server.uploaded(job.outputs.shard) }),
      {
        adapter: flags.adapter,
        signal,
        onEvent: (event) => {
          if (event.kind === 'epoch') epochs = event.figures.epoch;
          progress.show(event);
        },
      },
    );
    if (model === undefined || shard === undefined) throw new GramaryeError('internal', 'The page gave no net.');
    progress.stop();
    const files = [
      { path: join(plan.out, SHARD), data: shard },
      { path: join(plan.out, 'labels.txt'), data: `${report.classes.join('\n')}\n` },
      { path: join(plan.out, 'curves.svg'), data: curvesSvg(report.history) },
      { path: join(plan.out, 'confusion.svg'), data: confusionSvg(report.confusion, report.classes) },
      { path: join(plan.out, 'confusion.csv'), data: matrixCsv(report.confusion, report.classes) },
      { path: plan.report, data: reportText(flags, report) },
      { path: join(plan.out, 'model.json'), data: model },
    ];
    writeAll(files);
    print(summary(report));
    print(join(flags.out, 'model.json'));
  } catch (error) {
    if (error instanceof GramaryeError && error.code === 'aborted' && epochs > 0) {
      throw new GramaryeError('aborted', `Stopped after epoch ${String(epochs)}, which is kept in ${flags.out}.`, {
        remedy: 'The same command with --resume goes on from there.',
        cause: error,
      });
    }
    throw error;
  } finally {
    progress.stop();
    await features.clear();
    await features.removeFolder();
  }
}

function reportText(flags: FinetuneFlags, report: FinetuneReport): string {
  return `${JSON.stringify({ version: VERSION, flags, ...report }, undefined, 1)}\n`;
}

function summary({ accuracy, judged, perClass, history, seconds, skipped }: FinetuneReport): string {
  const table = tableText([['class', 'pictures', 'right'], ...perClass.map(({ name, count, accuracy: share }) => [name, String(count), shareText(share)])]);
  return [
    table,
    '',
    `${judged === 'validation' ? 'Pictures held back' : 'Pictures trained on'}: ${proportionText(accuracy)} right after ${String(history.length)} epochs`,
    `${seconds.features.toFixed(1)} s for features and compiling, ${seconds.training.toFixed(1)} s for training${skipped.length === 0 ? '' : `; ${String(skipped.length)} pictures could not be read`}`,
  ].join('\n');
}
