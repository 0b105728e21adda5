/** Flags of `gramarye finetune`. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AdapterChoice } from '../engine/device.js';
import { EMBEDDED_BACKBONE } from '../models/mobilenet/classifier-net.js';
import { FINE_TUNE_PRESETS, type FineTuneSettings, type Schedule } from '../tasks/fine-tuning/settings.js';
import { parseCount, parseNumber, parsePositive, parseShare, parseSide } from './flags.js';

/** As commander gives them. */
export interface FinetuneFlags {
  readonly data?: string;
  readonly labels?: string;
  readonly images?: string;
  readonly backbone: string;
  readonly preset: keyof typeof FINE_TUNE_PRESETS;
  readonly trainLast?: number;
  readonly epochs?: number;
  readonly headEpochs?: number;
  readonly headLearningRate?: number;
  readonly batchSize?: number;
  readonly optimizer?: FineTuneSettings['optimizer'];
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly schedule?: Schedule;
  readonly validationSplit?: number;
  readonly split?: FineTuneSettings['split'];
  readonly classOrder?: FineTuneSettings['classOrder'];
  readonly seed?: number;
  readonly size?: number;
  readonly resize?: FineTuneSettings['resize'];
  readonly copies?: number;
  readonly colour?: number;
  readonly balance?: true;
  readonly earlyStopping?: number;
  readonly memoryBudget?: number;
  readonly adapter: AdapterChoice;
  readonly out: string;
  readonly report?: string;
  readonly resume: boolean;
}

const BYTES_PER_MB = 1024 * 1024;

/** `constant`, `cosine`, or `step:EPOCHS:FACTOR`. */
export function parseSchedule(text: string): Schedule {
  if (text === 'constant') return { kind: 'constant' };
  if (text === 'cosine') return { kind: 'cosine', floor: 0 };
  const [kind, epochs = '', factor = '', ...rest] = text.split(':');
  if (kind !== 'step' || rest.length > 0) throw new InvalidArgumentError('Give constant, cosine, or step:EPOCHS:FACTOR, e.g. step:5:0.1.');
  return { kind: 'step', epochs: parsePositive(epochs), factor: parseNumber(factor) };
}

/** Registers the command. */
export function addFinetuneCommand(program: Command, run: (flags: FinetuneFlags) => Promise<void>): Command {
  return program
    .command('finetune')
    .description('Train a new classifier and the last layers of a MobileNetV2 on your pictures. Without pictures: on the embedded emoji set.')
    .option('--data <dir>', 'a folder with one subfolder of pictures per class, or a zip archive of one')
    .option('--labels <file>', 'a table of ids and labels (id,breed), with --images')
    .option('--images <dir>', 'the folder or zip archive of its pictures, named by id')
    .option('--backbone <net>', 'a MobileNetV2 as tflite, Keras .h5, safetensors or tfjs model.json, or the name of one', EMBEDDED_BACKBONE)
    .addOption(
      new Option('--preset <name>', "settings that other flags change; chapter: classes by first appearance, plain SGD 0.01, the list's last quarter held back")
        .choices(Object.keys(FINE_TUNE_PRESETS))
        .default('default'),
    )
    .option('--train-last <layers>', 'layers from the end that are trained, counted as Keras counts (default: 20)', parsePositive)
    .option('--epochs <count>', 'passes over the pictures (default: 10)', parsePositive)
    .option('--head-epochs <count>', 'how many of them, at the beginning, train the new dense layer alone (default: 0)', parseCount)
    .option('--head-learning-rate <number>', 'in these epochs (default: 0.01)', parseNumber)
    .option('--batch-size <count>', 'pictures a step (default: 32)', parsePositive)
    .addOption(new Option('--optimizer <kind>', '(default: sgd, with momentum 0.9)').choices(['sgd', 'adam']))
    .option('--learning-rate <number>', '(default: 0.01)', parseNumber)
    .option('--momentum <number>', 'of SGD', parseShare)
    .option('--schedule <kind>', 'of the learning rate: constant (default), cosine, or step:EPOCHS:FACTOR', parseSchedule)
    .option('--validation-split <share>', 'share of the pictures held back (default: 0.25)', parseShare)
    .addOption(new Option('--split <kind>', 'which: the same share of every class by seed (default), or the last of the list').choices(['stratified', 'last']))
    .addOption(new Option('--class-order <kind>', 'how a table numbers its classes').choices(['alphabetical', 'first-appearance']))
    .option('--seed <number>', 'of split, start, order and copies', parseCount)
    .option('--size <px>', 'side of the square that pictures are brought to (default: 224)', parseSide)
    .addOption(new Option('--resize <mode>', 'squash the whole picture (default), or crop its middle').choices(['squash', 'crop']))
    .option('--copies <count>', 'changed copies per picture: mirrored, zoomed, brighter or darker (default: 0)', parseCount)
    .option('--colour <share>', 'how far the colours of these copies may change (default: 0)', parseShare)
    .option('--balance', 'weigh classes by how rare they are')
    .option('--early-stopping <epochs>', 'stop after so many epochs without a better validation loss, and keep the best', parsePositive)
    .option('--memory-budget <MB>', 'for features; what exceeds it goes to the disk (default: 1024)', parseCount)
    .addOption(
      new Option('--adapter <kind>', 'which GPU adapter: the best there is, or only one kind').choices(['auto', 'hardware', 'software']).default('auto'),
    )
    .option('--out <dir>', 'folder for the net, its names, curves, confusion and checkpoint', 'fine-tuned')
    .option('--report <file>', 'settings, figures and judgements as JSON (default: report.json in --out)')
    .option('--resume', 'go on with the checkpoint in --out', false)
    .action((flags: FinetuneFlags) => run(flags));
}

/** The preset with what the flags change. */
export function settingsOf(flags: FinetuneFlags): FineTuneSettings {
  const preset = FINE_TUNE_PRESETS[flags.preset];
  const { trainLast, epochs, headEpochs, headLearningRate, batchSize, optimizer, learningRate, momentum, schedule, split, classOrder, seed, size, resize } =
    flags;
  const all = {
    ...{ trainLast, epochs, headEpochs, headLearningRate, batchSize, optimizer, learningRate, momentum, schedule, split, classOrder, seed, size, resize },
    validationShare: flags.validationSplit,
    balanceClasses: flags.balance,
    augmentation: { ...preset.augmentation, copies: flags.copies ?? preset.augmentation.copies, colour: flags.colour ?? preset.augmentation.colour },
    earlyStopping: flags.earlyStopping === undefined ? undefined : { patience: flags.earlyStopping },
    memoryBudgetBytes: flags.memoryBudget === undefined ? undefined : flags.memoryBudget * BYTES_PER_MB,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<FineTuneSettings>;
  return { ...preset, ...given };
}
