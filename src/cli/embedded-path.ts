/** The embedded nets as files of the installed package. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GramaryeError } from '../engine/errors.js';

/**
 * The path of a file below assets/models of the package that this code belongs to, built or not.
 *
 * @throws GramaryeError `file-missing`.
 */
export function embeddedPath(path: string): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'assets', 'models', path);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder)
      throw new GramaryeError('file-missing', `The embedded file assets/models/${path} is missing.`, { remedy: 'Install the package again.' });
  }
}
