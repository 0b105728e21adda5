/** What the commands for classifiers have in common: the net, its classifier and its names. */
import { Option, type Command } from 'commander';
import type { AdapterChoice } from '../engine/device.js';
import { GramaryeError } from '../engine/errors.js';
import { EMBEDDED_BACKBONE, EMBEDDED_HEAD } from '../models/mobilenet/classifier-net.js';
import { CLASSIFIER_PRESETS, type ClassifierSettings } from '../tasks/classification/settings.js';
import { embeddedPath } from './embedded-path.js';
import { parseSide } from './flags.js';
import { checkedNet, checkInputFile, offerNet, type NetArgument } from './input-files.js';
import { offerFile, offerPictures, readPictureArguments, type PictureArguments } from './picture-arguments.js';
import type { ClassifyJob } from './runner/protocol.js';
import type { RunnerServer } from './server.js';

/** Flags of every command that uses a classifier. */
export interface ClassifierFlags {
  readonly net: string;
  readonly labels?: string;
  readonly size?: number;
  readonly resize?: ClassifierSettings['resize'];
  readonly preset?: keyof typeof CLASSIFIER_PRESETS;
  readonly adapter: AdapterChoice;
}

/** How a net may be named. */
export const MOBILENET =
  'mobilenet-v2-oid (comes with the package, with a classifier for the emoji set), a MobileNetV2 as tflite, Keras .h5, safetensors or tfjs model.json (also one saved by "gramarye finetune"), or a name of "gramarye weights list"';

/** Of the embedded pictures, those by this vendor were not trained on by the embedded classifier. */
const UNSEEN_VENDOR = 'twitter-';

/** Adds the flags. */
export function addClassifierFlags(command: Command): Command {
  return command
    .option('--net <net>', MOBILENET, EMBEDDED_BACKBONE)
    .option('--labels <file>', "names of the classes, one a line or JSON (default: the net's own, or ImageNet's for 1000 and 1001 classes)")
    .option('--size <px>', "side of the square the net gets (default: the net's own, or 224)", parseSide)
    .addOption(new Option('--resize <mode>', "squash the whole picture, or crop its middle (default: the net's own, or crop)").choices(['squash', 'crop']))
    .addOption(
      new Option(
        '--preset <name>',
        'chapter: squashed by bilinear interpolation, blue before red as OpenCV reads files, pixels over 255 whatever the net wants',
      ).choices(Object.keys(CLASSIFIER_PRESETS)),
    )
    .addOption(
      new Option('--adapter <kind>', 'which GPU adapter: the best there is, or only one kind').choices(['auto', 'hardware', 'software']).default('auto'),
    );
}

/** A checked net with what belongs to it. */
export interface ClassifierPlan {
  readonly net: NetArgument;
  readonly head: string | undefined;
  readonly labels: { readonly name: string; readonly path: string; readonly isDefault: boolean };
  readonly settings: Partial<ClassifierSettings>;
}

/** Checks the flags. Throws `file-missing`, `bad-option`. */
export function planClassifier(flags: ClassifierFlags): ClassifierPlan {
  if (flags.labels !== undefined) checkInputFile('--labels', flags.labels);
  const preset = flags.preset === undefined || flags.preset === 'default' ? {} : CLASSIFIER_PRESETS[flags.preset];
  return {
    net: checkedNet('--net', flags.net),
    head: flags.net === EMBEDDED_BACKBONE ? embeddedPath(EMBEDDED_HEAD) : undefined,
    labels:
      flags.labels === undefined
        ? { name: 'imagenet-names.json', path: embeddedPath('imagenet-names.json'), isDefault: true }
        : { name: flags.labels, path: flags.labels, isDefault: false },
    settings: {
      ...preset,
      ...(flags.size === undefined ? {} : { size: flags.size }),
      ...(flags.resize === undefined ? {} : { resize: flags.resize }),
    },
  };
}

/** What a job needs of the plan. */
export function offerClassifier(
  server: RunnerServer,
  { net, head, labels, settings }: ClassifierPlan,
): Pick<ClassifyJob, 'net' | 'head' | 'labels' | 'settings'> {
  return {
    net: offerNet(server, net),
    ...(head === undefined ? {} : { head: offerFile(server, { name: EMBEDDED_HEAD, path: head }) }),
    labels: { ...offerFile(server, labels), isDefault: labels.isDefault },
    settings,
  };
}

/** Pictures that the user named, or the embedded ones that the embedded classifier has not seen. */
export interface ClassifierPictures {
  readonly pictures: PictureArguments;
  readonly only: string | undefined;
}

/** Reads the arguments of a command. Throws as {@link readPictureArguments} does, and `bad-option` where the pictures are missing. */
export async function classifierPictures(given: readonly string[], flags: ClassifierFlags, signal: AbortSignal): Promise<ClassifierPictures> {
  if (given.length > 0) return { pictures: await readPictureArguments('The picture', given, signal), only: undefined };
  if (flags.net !== EMBEDDED_BACKBONE) {
    throw new GramaryeError('bad-option', 'No pictures are given.', { remedy: 'Name files, a folder, a zip archive or a URL.' });
  }
  return { pictures: await readPictureArguments('The set', [embeddedPath('emoji/emoji.zip')]), only: UNSEEN_VENDOR };
}

/** Offers them to the page. */
export function offerClassifierPictures(server: RunnerServer, { pictures, only }: ClassifierPictures): ClassifyJob['pictures'] {
  return { ...offerPictures(server, pictures), ...(only === undefined ? {} : { only }) };
}
