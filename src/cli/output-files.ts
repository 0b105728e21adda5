/** Writing of results: all or none, never half a file. */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';

/** Checks before the work that a result can be written. Throws `write-failed` or `bad-option` naming the flag and the path. */
export function checkOutputPath(flag: string, path: string, extension: string): void {
  if (extname(path).toLowerCase() !== extension) {
    throw new GramaryeError('bad-option', `${flag} ${path} does not end in ${extension}.`, { remedy: `Name a ${extension} file.` });
  }
  const full = resolve(path);
  if (existsSync(full) && !statSync(full).isFile())
    throw new GramaryeError('write-failed', `${flag} ${path} is no file.`, { remedy: 'Name a file, not a folder.' });
  let folder = dirname(full);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new GramaryeError('write-failed', `${flag} ${path} cannot be written: ${messageOf(error)}.`, { remedy: 'Choose another place.', cause: error });
  }
}

/** Writes every file beside its place first and moves all there when all are complete. Throws `write-failed`; then nothing is left behind. */
export function writeAll(files: readonly { readonly path: string; readonly data: string | Uint8Array }[]): void {
  const staged: { temporary: string; path: string }[] = [];
  try {
    for (const { path, data } of files) {
      const full = resolve(path);
      mkdirSync(dirname(full), { recursive: true });
      const temporary = `${full}.${String(process.pid)}.part`;
      staged.push({ temporary, path: full });
      writeFileSync(temporary, data);
    }
    for (const { temporary, path } of staged) renameSync(temporary, path);
  } catch (error) {
    throw new GramaryeError('write-failed', `A result could not be written: ${messageOf(error)}.`, {
      remedy: 'Free space or choose another place.',
      cause: error,
    });
  } finally {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
  }
}
