/** Files the user names: checked before anything starts, then offered to the page. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';
import { parseRandomVgg } from '../models/index.js';
import { locateNet } from './locate-net.js';
import type { NetReference, PictureReference } from './runner/protocol.js';
import type { RunnerServer } from './server.js';

/** Throws `file-missing` unless the path is a readable file; `what` is the flag or argument that named it. */
export function checkInputFile(what: string, path: string): void {
  try {
    if (!statSync(path).isFile()) throw new GramaryeError('file-missing', `${what} ${path} is no file.`, { remedy: 'Name a file, not a folder.' });
    accessSync(path, constants.R_OK);
  } catch (error) {
    if (error instanceof GramaryeError) throw error;
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new GramaryeError('file-missing', isAbsent ? `${what} ${path} does not exist.` : `${what} ${path} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Check the path.',
      cause: error,
    });
  }
}

/** A picture as the user named it. */
export interface PictureArgument {
  readonly path: string;
  readonly tensor?: string;
}

/** Splits `FILE.safetensors#tensor`; any other name is a path as it stands. */
export function parsePictureArgument(text: string): PictureArgument {
  const [, path, tensor] = /^(.*\.safetensors)(?:#(.+))?$/i.exec(text) ?? [];
  if (path === undefined) return { path: text };
  return { path, tensor: tensor ?? 'image' };
}

/** Parses and checks a picture argument. */
export function checkedPicture(flag: string, text: string): PictureArgument {
  const picture = parsePictureArgument(text);
  checkInputFile(flag, picture.path);
  return picture;
}

/** Offers a picture to the page. */
export function offerPicture(server: RunnerServer, { path, tensor }: PictureArgument): PictureReference {
  return { name: path, url: server.addFile(resolve(path)), ...(tensor === undefined ? {} : { tensor }) };
}

/** A net as the user named it, checked: a file, or the name of one that is made. */
export interface NetArgument {
  readonly name: string;
  readonly isFile: boolean;
  /** Of a file whose name is not its path: kept weights and those that come along. */
  readonly path?: string;
  readonly preprocess?: 'caffe' | 'torch';
}

const NET_FILES = /\.(safetensors|json|h5|hdf5|tflite)$/i;

/** Checks a net argument. Throws `file-missing` or `bad-option`. */
export function checkedNet(what: string, name: string, preprocess?: 'caffe' | 'torch'): NetArgument {
  const rest = preprocess === undefined ? {} : { preprocess };
  if (parseRandomVgg(name) !== undefined) return { name, isFile: false, ...rest };
  if (!NET_FILES.test(name)) {
    const located = locateNet(name);
    if (located !== undefined) {
      const kept = preprocess ?? located.preprocess;
      return { name, isFile: true, path: located.path, ...(kept === 'caffe' || kept === 'torch' ? { preprocess: kept } : {}) };
    }
    // What "gramarye finetune" wrote goes by its folder as well.
    const inFolder = join(name, 'model.json');
    if (statSync(inFolder, { throwIfNoEntry: false })?.isFile() === true) return checkedNet(what, inFolder, preprocess);
    throw new GramaryeError('bad-option', `${what} ${name} is neither a weight file nor the name of a net.`, {
      remedy:
        'Give a .safetensors, Keras .h5 or .tflite file, a tfjs model.json or its folder, random-vgg19[:SEED][/DIVISOR], or a name that "gramarye weights list" shows.',
    });
  }
  checkInputFile(what, name);
  return { name, isFile: true, ...rest };
}

/** Offers a net to the page, a model.json together with its shards. */
export function offerNet(server: RunnerServer, { name, isFile, path = name, preprocess }: NetArgument): NetReference {
  const rest = preprocess === undefined ? {} : { preprocess };
  if (!isFile) return { name, ...rest };
  const siblings = Object.fromEntries(shardPaths(path).map((shard) => [shard, server.addFile(resolve(dirname(path), shard))]));
  return { name, url: server.addFile(resolve(path)), siblings, ...rest };
}

/** The shards of a model.json that lie in or below its folder and exist. What is wrong with the rest is for the reader to say. */
function shardPaths(net: string): string[] {
  if (!net.toLowerCase().endsWith('.json')) return [];
  let manifest: unknown;
  try {
    manifest = (JSON.parse(readFileSync(net, 'utf8')) as { weightsManifest?: unknown } | null)?.weightsManifest;
  } catch {
    return [];
  }
  const folder = resolve(dirname(net));
  const groups: unknown[] = Array.isArray(manifest) ? manifest : [];
  return groups
    .flatMap((group): unknown[] => {
      const paths: unknown = typeof group === 'object' && group !== null && 'paths' in group ? group.paths : [];
      return Array.isArray(paths) ? paths : [];
    })
    .filter((path): path is string => typeof path === 'string')
    .filter((path) => resolve(folder, path).startsWith(folder + sep) && statSync(resolve(folder, path), { throwIfNoEntry: false })?.isFile() === true);
}
