/** Records in a folder, one file each, replaced whole or not at all: a process that is killed at any moment leaves the old ones. */
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';

const UNFINISHED = '.part';

/** How records are kept. */
export interface FolderRecordsOptions {
  /** Comes before the key in a file's name, where the folder holds other files of the kind; default none. */
  readonly prefix?: string;
  /** Follows the key in a file's name. */
  readonly suffix: string;
  /** Wait until the disk has a record before it counts: for what must outlive a power cut. */
  readonly durable: boolean;
}

/** A folder of records; it is made when the first one is saved. */
export class FolderRecords {
  readonly path: string;
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #isDurable: boolean;
  #saves = 0;

  constructor(path: string, { prefix = '', suffix, durable }: FolderRecordsOptions) {
    this.path = resolve(path);
    this.#prefix = prefix;
    this.#suffix = suffix;
    this.#isDurable = durable;
  }

  /** Replaces a record. The new one is written beside it and moved over it, which the file system does in one step. Throws `write-failed`. */
  async save(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(key);
    const unfinished = `${path}.${String(process.pid)}-${String(this.#saves++)}${UNFINISHED}`;
    try {
      if (this.#saves === 1) await mkdir(this.path, { recursive: true });
      const file = await open(unfinished, 'w');
      try {
        await file.writeFile(bytes);
        if (this.#isDurable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
      if (this.#isDurable) await this.#syncFolder();
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw new GramaryeError('write-failed', `${path} cannot be written: ${messageOf(error)}.`, {
        remedy: 'Free space on the disk or choose another folder.',
        cause: error,
      });
    }
  }

  /** A record, or undefined where there is none. */
  async load(key: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#pathOf(key));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new GramaryeError('file-missing', `${this.#pathOf(key)} cannot be read: ${messageOf(error)}.`, { remedy: 'Check the disk.', cause: error });
    }
  }

  /** Removes a record where there is one. */
  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  /** Removes all records and what interrupted writes left; other files stay. */
  async clear(): Promise<void> {
    for (const name of await this.#names())
      if ((name.startsWith(this.#prefix) && name.endsWith(this.#suffix)) || this.#isUnfinished(name)) await rm(join(this.path, name), { force: true });
  }

  /** Removes the folder when nothing is in it. */
  async removeFolder(): Promise<void> {
    await rmdir(this.path).catch(() => undefined);
  }

  /** Removes what interrupted writes left. */
  async tidy(): Promise<void> {
    for (const name of await this.#names()) if (this.#isUnfinished(name)) await rm(join(this.path, name), { force: true });
  }

  #isUnfinished(name: string): boolean {
    return name.startsWith(this.#prefix) && name.includes(`${this.#suffix}.`) && name.endsWith(UNFINISHED);
  }

  #pathOf(key: string): string {
    return join(this.path, `${this.#prefix}${key}${this.#suffix}`);
  }

  async #names(): Promise<string[]> {
    return readdir(this.path).catch(() => []);
  }

  /** The move itself must reach the disk, too. Windows cannot open folders and needs nothing of the kind. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.path, 'r').catch(() => undefined);
    await folder?.sync().catch(() => undefined);
    await folder?.close();
  }
}
