/** `gramarye stylize` and `gramarye texture`. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { AdapterChoice } from '../engine/device.js';
import { GramaryeError, throwIfAborted } from '../engine/errors.js';
import { TUNE_BUDGET_MS } from '../engine/tuner.js';
import type { VariantMap } from '../engine/variant-map.js';
import { VERSION } from '../engine/version.js';
import { vggLayerIndex } from '../models/index.js';
import { MIN_SIDE_PX } from '../tasks/picture.js';
import { pictureSizeText } from '../tasks/pictures/picture-size.js';
import { presetByName, PRESETS, type Preset } from '../tasks/presets.js';
import { runOf } from '../tasks/results/chosen-settings.js';
import { recordIn } from '../tasks/results/result-record.js';
import { checkSettings, INIT_KINDS, type InitKind, type StyleTransferSettings, type WeightedLayer } from '../tasks/settings.js';
import { featureSettings, type FeatureFlags } from './feature-flags.js';
import { checkedNet, checkedPicture, checkInputFile, offerNet, offerPicture, type NetArgument, type PictureArgument } from './input-files.js';
import { FolderRecords } from './folder-records.js';
import { checkOutputPath, writeAll } from './output-files.js';
import type { ProgressView } from './progress.js';
import type { StylizeJob, StylizeReport } from './runner/protocol.js';
import { runJob } from './session.js';
import { tuningRecords } from './tuning.js';
import { readVariantMap } from './variant-file.js';

/** The flags as commander gives them; what the user left out is undefined, but for those with a default of their own. */
export interface StylizeFlags extends FeatureFlags {
  readonly content?: string;
  readonly style: readonly string[];
  readonly styleBlend?: number[];
  readonly net: string;
  /** Whether the user named the net. */
  readonly isNetGiven?: boolean;
  readonly preprocess?: 'caffe' | 'torch';
  readonly size?: string;
  readonly styleSize?: string;
  readonly steps?: number;
  readonly preset: string;
  readonly seed?: number;
  readonly styleLayers?: WeightedLayer[];
  readonly contentLayers?: string[];
  readonly styleWeight?: number;
  readonly contentWeight?: number;
  readonly tvWeight?: number;
  readonly styleNormalize?: 'none' | 'target';
  readonly contentLoss?: 'mse' | 'squared-mean';
  readonly contentNormalize?: 'none' | 'target';
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly pooling?: 'max' | 'avg';
  readonly precision?: 'f32' | 'f16';
  readonly gradientScale?: number;
  readonly tile?: number | 'auto' | 'off';
  readonly init?: string;
  readonly adapter: AdapterChoice;
  readonly variants?: string;
  /** True without a time. */
  readonly tune?: number | true;
  /** In MiB. */
  readonly memoryBudget?: number;
  readonly out: string;
  readonly raw?: string;
  readonly trace?: string;
}

/** A checked run: everything that can be known before the browser starts. */
export interface StylizePlan {
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  readonly presetName: string;
  readonly size: string;
  readonly styleSize: string;
  readonly content?: PictureArgument;
  readonly styles: readonly PictureArgument[];
  readonly init?: PictureArgument;
  readonly masks?: readonly PictureArgument[];
  readonly net: NetArgument;
  readonly variants?: VariantMap;
  /** Where checkpoints go; undefined where none are kept. */
  readonly checkpoint?: string;
}

/** The file of a result's checkpoint: `result.png.checkpoint.bin`. */
const CHECKPOINT = { key: 'checkpoint', suffix: '.bin' } as const;

function checkpointPath(out: string): string {
  return `${out}.${CHECKPOINT.key}${CHECKPOINT.suffix}`;
}

/** The name of a result where the user gives none. */
export const DEFAULT_RESULT = 'stylized.png';

type Task = Preset['task'];

function presetFor(task: Task, name: string): Preset {
  const preset = presetByName(name);
  if (preset.task !== task) {
    const others = Object.entries(PRESETS).filter(([, other]) => other.task === task);
    throw new GramaryeError('bad-option', `--preset ${name} is for ${preset.task === 'style-transfer' ? '"gramarye stylize"' : '"gramarye texture"'}.`, {
      remedy: `Choose one of ${others.map(([other]) => other).join(', ')}.`,
    });
  }
  return preset;
}

/** What a result says about the run that made it. Throws `file-missing`, `bad-option`. */
function settingsInside(task: Task, path: string): { preset: string; net: string; size: string; styleSize: string; settings: StylizePlan['settings'] } {
  checkInputFile('--settings', path);
  const record = recordIn(readFileSync(path));
  if (record === undefined) {
    throw new GramaryeError('bad-option', `--settings ${path} has no settings inside.`, { remedy: 'Give a PNG file that was made here.' });
  }
  if (record.task !== task) {
    throw new GramaryeError('bad-option', `--settings ${path} is of ${record.task}.`, {
      remedy: `Use "gramarye ${task === 'style-transfer' ? 'texture' : 'stylize'}".`,
    });
  }
  const { preset, net } = record.settings;
  const { exact } = record;
  if (exact === undefined) {
    const { settings, size, styleSize } = runOf(record.settings, record.styles.length, record.blend);
    return { preset, net, settings, size: pictureSizeText(size), styleSize: pictureSizeText(styleSize) };
  }
  // Sizes follow from the pictures, regions from the masks.
  const { height, width, ...rest } = exact.settings;
  const settings = Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'regions')) as typeof rest;
  const isTexture = task === 'texture-synthesis';
  return { preset, net, settings, size: isTexture ? `${String(height)}x${String(width)}` : String(Math.max(height, width)), styleSize: exact.styleSize };
}

/** Checks flags and files. Throws a GramaryeError that names the flag. */
export function planStylize(task: Task, flags: StylizeFlags): StylizePlan {
  const inside = flags.settings === undefined ? undefined : settingsInside(task, flags.settings);
  const presetName = inside?.preset ?? flags.preset;
  const preset = presetFor(task, presetName);
  const init = flags.init ?? inside?.settings.init ?? preset.settings.init;
  if (flags.init === undefined && init === 'picture') {
    throw new GramaryeError('bad-option', `The run of ${String(flags.settings)} started from a picture.`, { remedy: 'Give one with --init FILE.' });
  }
  const isNamedInit = isInitKind(init);
  if (init === 'content' && task === 'texture-synthesis') {
    throw new GramaryeError('bad-option', '--init content: a texture has no content picture.', { remedy: 'Give noise, grey, style or a file.' });
  }
  if (flags.style.length === 0) throw new GramaryeError('bad-option', 'No style picture is given.', { remedy: 'Give one with --style FILE.' });
  if (task === 'style-transfer' && flags.content === undefined)
    throw new GramaryeError('bad-option', 'No content picture is given.', {
      remedy: 'Give one with --content FILE, or a folder of frames with --frames FOLDER.',
    });
  if (flags.frames === undefined && (flags.frameSteps !== undefined || flags.temporalWeight !== undefined)) {
    throw new GramaryeError('bad-option', `${flags.frameSteps === undefined ? '--temporal-weight' : '--frame-steps'} is for a sequence of frames.`, {
      remedy: 'Give the frames with --frames FOLDER.',
    });
  }
  const regions = flags.mask === undefined ? {} : { regions: flags.mask.length };
  const settings: StylizePlan['settings'] = {
    ...(inside?.settings ?? preset.settings),
    ...overridesOf(flags),
    ...featureSettings(flags),
    ...regions,
    init: isNamedInit ? init : 'picture',
  };
  for (const layer of [...settings.styleLayers.map((style) => style.layer), ...settings.contentLayers]) vggLayerIndex(layer);
  if (flags.mask !== undefined && flags.mask.length !== flags.style.length) {
    throw new GramaryeError('bad-option', `There are ${String(flags.mask.length)} masks for ${String(flags.style.length)} style pictures.`, {
      remedy: 'Give one --mask for each --style, in their order.',
    });
  }
  // The size is known only when the pictures are decoded; any valid one lets the rest be checked here.
  checkSettings({ ...settings, height: MIN_SIDE_PX, width: MIN_SIDE_PX }, flags.style.length);
  const plan: StylizePlan = {
    settings,
    presetName,
    size: flags.size ?? inside?.size ?? preset.size,
    styleSize: flags.styleSize ?? inside?.styleSize ?? preset.styleSize,
    ...(flags.content === undefined ? {} : { content: checkedPicture('--content', flags.content) }),
    styles: flags.style.map((style) => checkedPicture('--style', style)),
    ...(isNamedInit ? {} : { init: checkedPicture('--init', init) }),
    ...(flags.mask === undefined ? {} : { masks: flags.mask.map((mask) => checkedPicture('--mask', mask)) }),
    net: checkedNet('--net', inside !== undefined && flags.isNetGiven !== true ? inside.net : flags.net, flags.preprocess),
    ...(flags.variants === undefined ? {} : { variants: readVariantMap('--variants', flags.variants) }),
  };
  checkOutputPath('--out', flags.out, '.png');
  if (flags.raw !== undefined) checkOutputPath('--raw', flags.raw, '.safetensors');
  if (flags.trace !== undefined) checkOutputPath('--trace', flags.trace, '.json');
  if (flags.checkpointEvery === undefined && flags.resume === undefined) return plan;
  const checkpoint = checkpointPath(flags.out);
  if (existsSync(checkpoint) && flags.resume === undefined) {
    throw new GramaryeError('bad-option', `${checkpoint} is the checkpoint of an earlier run.`, {
      remedy: 'Add --resume to go on with it, or remove it.',
    });
  }
  return { ...plan, checkpoint };
}

function isInitKind(name: string): name is Exclude<InitKind, 'picture'> {
  return name !== 'picture' && INIT_KINDS.some((kind) => kind === name);
}

/** The settings that flags set. */
function overridesOf(flags: StylizeFlags): Partial<StylizePlan['settings']> {
  const { styleBlend, steps, seed, styleLayers, contentLayers, styleWeight, contentWeight, tvWeight, styleNormalize } = flags;
  const { contentLoss, contentNormalize, learningRate, beta1, beta2, epsilon, pooling, precision, gradientScale, tile } = flags;
  const all = {
    styleBlend,
    steps,
    seed,
    styleLayers,
    contentLayers,
    styleWeight,
    contentWeight,
    tvWeight,
    styleNormalize,
    contentLoss,
    contentNormalize,
    learningRate,
    beta1,
    beta2,
    epsilon,
    pooling,
    precision,
    gradientScale,
    tile,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Runs the task and writes its results. Gives the paths that were written. */
export async function stylize(task: Task, flags: StylizeFlags, progress: ProgressView, signal: AbortSignal): Promise<string[]> {
  const plan = planStylize(task, flags);
  const { checkpoint } = plan;
  if (checkpoint === undefined) return run(task, plan, flags, undefined, progress, signal);
  const records = new FolderRecords(dirname(checkpoint), { prefix: `${basename(flags.out)}.`, suffix: CHECKPOINT.suffix, durable: true });
  await records.tidy();
  try {
    const paths = await run(task, plan, flags, records, progress, signal);
    await records.remove(CHECKPOINT.key);
    return paths;
  } catch (error) {
    if (!(error instanceof GramaryeError && error.code === 'aborted' && existsSync(checkpoint))) throw error;
    throw new GramaryeError('aborted', `Stopped; the state is kept in ${checkpoint}.`, {
      remedy: 'The same command with --resume goes on from there.',
      cause: error,
    });
  }
}

async function run(
  task: Task,
  plan: StylizePlan,
  flags: StylizeFlags,
  checkpoints: FolderRecords | undefined,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<string[]> {
  const { report, png, raw } = await runJob<'stylize', { report: StylizeReport; png: Uint8Array | undefined; raw: Uint8Array | undefined }>(
    (server): StylizeJob => ({
      kind: 'stylize',
      adapter: flags.adapter,
      settings: plan.settings,
      task,
      preset: plan.presetName,
      size: plan.size,
      styleSize: plan.styleSize,
      ...(plan.content === undefined ? {} : { content: offerPicture(server, plan.content) }),
      styles: plan.styles.map((style) => offerPicture(server, style)),
      ...(plan.init === undefined ? {} : { init: offerPicture(server, plan.init) }),
      ...(plan.masks === undefined ? {} : { masks: plan.masks.map((mask) => offerPicture(server, mask)) }),
      net: offerNet(server, plan.net),
      ...(plan.variants === undefined ? {} : { variants: plan.variants }),
      ...(flags.tune === undefined
        ? {}
        : { tune: { budgetMs: flags.tune === true ? TUNE_BUDGET_MS : flags.tune * 1_000, store: server.addStore(tuningRecords()) } }),
      ...(plan.checkpoint === undefined || checkpoints === undefined
        ? {}
        : {
            checkpoint: {
              store: server.addStore(checkpoints),
              name: plan.checkpoint,
              resume: flags.resume === true,
              ...(flags.checkpointEvery === undefined ? {} : { every: flags.checkpointEvery }),
            },
          }),
      ...(flags.memoryBudget === undefined ? {} : { memoryBudgetBytes: flags.memoryBudget * 2 ** 20 }),
      outputs: { png: server.addUpload(), ...(flags.raw === undefined ? {} : { raw: server.addUpload() }) },
    }),
    (outcome, server, job) => ({
      report: outcome,
      png: server.uploaded(job.outputs.png),
      raw: job.outputs.raw === undefined ? undefined : server.uploaded(job.outputs.raw),
    }),
    {
      adapter: flags.adapter,
      signal,
      onEvent: (event) => {
        progress.show(event);
      },
    },
  );
  progress.stop();
  if (png === undefined) throw new GramaryeError('internal', 'The page gave no picture.');
  const files: { path: string; data: string | Uint8Array }[] = [{ path: flags.out, data: png }];
  if (flags.raw !== undefined && raw !== undefined) files.push({ path: flags.raw, data: raw });
  if (flags.trace !== undefined) files.push({ path: flags.trace, data: traceText(flags, report) });
  throwIfAborted(signal);
  writeAll(files);
  return files.map(({ path }) => path);
}

/** The trace file. */
function traceText(flags: StylizeFlags, { adapter, settings, net, steps, variants, memoryBytes, gradientScale, givenUp, tuning }: StylizeReport): string {
  return `${JSON.stringify({ version: VERSION, settings, adapter, flags, net, memoryBytes, gradientScale, givenUp, tuning, variants, steps }, undefined, 1)}\n`;
}
