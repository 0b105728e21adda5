/** Files on disk as byte sources. */
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';
import type { ByteSource } from '../models/byte-source.js';

/** A file on disk, read in ranges; siblings are files in or below its folder. */
export function diskSource(path: string, name: string = basename(path)): ByteSource {
  const withFile = async <T>(use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> => {
    const file = await open(path, 'r').catch((error: unknown) => {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      throw new GramaryeError('file-missing', isAbsent ? `${path} does not exist.` : `${path} cannot be read: ${messageOf(error)}.`, {
        remedy: 'Check the path.',
        cause: error,
      });
    });
    try {
      return await use(file);
    } catch (error) {
      if (error instanceof GramaryeError) throw error;
      throw new GramaryeError('file-missing', `${path} cannot be read: ${messageOf(error)}.`, { remedy: 'Name a file, not a folder.', cause: error });
    } finally {
      await file.close();
    }
  };
  return {
    name,
    size: () => withFile(async (file) => (await file.stat()).size),
    read: (start, end, options) =>
      withFile(async (file) => {
        // Never room for more than there is, whatever a header claims.
        const length = Math.max(0, Math.min(end, (await file.stat()).size) - start);
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, start);
        options?.onBytes?.(bytesRead);
        return buffer.subarray(0, bytesRead);
      }),
    sibling: async (sibling) => {
      const folder = dirname(resolve(path));
      const beside = resolve(folder, sibling);
      const exists =
        beside.startsWith(folder + sep) &&
        (await access(beside, constants.R_OK).then(
          () => true,
          () => false,
        ));
      return exists ? diskSource(beside, sibling) : undefined;
    },
  };
}
