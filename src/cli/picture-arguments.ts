/** Pictures as users name them: files, folders, zip archives, URLs. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { GramaryeError, messageOf, throwIfAborted } from '../engine/errors.js';
import { checkInputFile } from './input-files.js';
import type { FileReference, PictureSetReference } from './runner/protocol.js';
import type { RunnerServer } from './server.js';

/** A file, and what messages and reports call it. */
export interface NamedFile {
  readonly name: string;
  readonly path: string;
}

/** Loose files, and archives that are opened in the page. */
export interface PictureArguments {
  readonly files: readonly NamedFile[];
  readonly archives: readonly NamedFile[];
  /** Removes what was fetched. */
  remove(): void;
}

/** What a picture from a URL may weigh at most. */
const MAX_FETCH_BYTES = 64 * 1024 * 1024;
/** No folder of pictures is nested this deep; a link that leads back to its own folder is. */
const MAX_DEPTH = 16;

const byName = new Intl.Collator('en', { numeric: true }).compare;

/** Every file below a folder by its path relative to it, with forward slashes, in the order a person expects; links are followed. */
export function filesBelow(folder: string, prefix = '', depth = 0): NamedFile[] {
  if (depth > MAX_DEPTH) return [];
  return readdirSync(folder)
    .sort(byName)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name): NamedFile[] => {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory() === true) return filesBelow(path, `${prefix}${name}/`, depth + 1);
      return stats?.isFile() === true ? [{ name: `${prefix}${name}`, path: resolve(path) }] : [];
    });
}

/**
 * What the arguments name. A single folder's files are called by their paths within it.
 *
 * @throws GramaryeError `file-missing`, `fetch-failed`, `bad-option` for a folder without files.
 */
export async function readPictureArguments(what: string, given: readonly string[], signal?: AbortSignal): Promise<PictureArguments> {
  const files: NamedFile[] = [];
  const archives: NamedFile[] = [];
  let fetched: string | undefined;
  const remove = (): void => {
    if (fetched !== undefined) rmSync(fetched, { recursive: true, force: true });
  };
  try {
    for (const [index, argument] of given.entries()) {
      if (/^https?:\/\//i.test(argument)) {
        fetched ??= mkdtempSync(join(tmpdir(), 'gramarye-'));
        files.push({ name: argument, path: await fetchPicture(argument, join(fetched, String(index)), signal) });
      } else if (statSync(argument, { throwIfNoEntry: false })?.isDirectory() === true) {
        const below = filesBelow(argument);
        if (below.length === 0) throw new GramaryeError('bad-option', `${what} ${argument} is an empty folder.`, { remedy: 'Give a folder with pictures.' });
        files.push(...(given.length === 1 ? below : below.map(({ name, path }) => ({ name: `${basename(argument)}/${name}`, path }))));
      } else {
        checkInputFile(what, argument);
        (/\.zip$/i.test(argument) ? archives : files).push({ name: argument, path: resolve(argument) });
      }
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { files, archives, remove };
}

async function fetchPicture(url: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  const failure = (reason: string, cause?: unknown): GramaryeError =>
    new GramaryeError('fetch-failed', `${url} could not be fetched: ${reason}.`, { remedy: 'Check the address and the network.', cause });
  let bytes: Uint8Array;
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    if (!response.ok) throw failure(`status ${String(response.status)}`);
    if (Number(response.headers.get('Content-Length') ?? 0) > MAX_FETCH_BYTES) throw failure('it is over 64 MB');
    const parts: Uint8Array[] = [];
    let total = 0;
    for await (const part of response.body ?? []) {
      total += part.byteLength;
      if (total > MAX_FETCH_BYTES) throw failure('it is over 64 MB');
      parts.push(part);
    }
    bytes = Buffer.concat(parts);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof GramaryeError) throw error;
    throw failure(error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error), error);
  }
  mkdirSync(folder);
  const path = join(folder, 'picture');
  writeFileSync(path, bytes);
  return path;
}

/** Offers a file to the page. */
export function offerFile(server: RunnerServer, { name, path }: NamedFile): FileReference {
  return { name, url: server.addFile(path) };
}

/** Offers pictures to the page. */
export function offerPictures(server: RunnerServer, { files, archives }: Pick<PictureArguments, 'files' | 'archives'>): PictureSetReference {
  return { files: files.map((file) => offerFile(server, file)), archives: archives.map((file) => offerFile(server, file)) };
}
