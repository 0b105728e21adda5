/** Weights kept in a folder on disk, streamed there and moved into place when they are complete. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GramaryeError, messageOf } from '../engine/errors.js';
import type { ByteSource } from '../models/byte-source.js';
import { isStoreName, parseRecord, type PartialFile, type StoredRecord, type WeightsStore } from '../models/sources/store.js';
import { diskSource } from './disk-source.js';

/** The folder for weights: GRAMARYE_CACHE, else gramarye/weights in the user's cache folder (XDG; LOCALAPPDATA on Windows). */
export function weightsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env.GRAMARYE_CACHE;
  if (own !== undefined && own !== '') return join(own, 'weights');
  const cache = process.platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'gramarye', 'weights');
}

/** The store in a folder, which is made when something is stored. */
export class FolderStore implements WeightsStore {
  constructor(readonly place: string = weightsFolder()) {}

  async list(): Promise<StoredRecord[]> {
    const names = await readdir(this.place).catch((): string[] => []);
    const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.find(name.slice(0, -'.json'.length))));
    return records.filter((record) => record !== undefined).sort((a, b) => a.name.localeCompare(b.name));
  }

  find(name: string): Promise<StoredRecord | undefined> {
    return Promise.resolve(this.locate(name)?.record);
  }

  open(name: string): Promise<ByteSource | undefined> {
    const located = this.locate(name);
    if (located === undefined) return Promise.resolve(undefined);
    const { record, path } = located;
    const source = diskSource(path, record.fileName);
    return Promise.resolve(record.preprocess === undefined ? source : { ...source, preprocess: record.preprocess });
  }

  /** Record and path of a kept file, or undefined. */
  locate(name: string): { readonly record: StoredRecord; readonly path: string } | undefined {
    if (!isStoreName(name)) return undefined;
    const path = this.#path(name, 'bin');
    try {
      const record = parseRecord(JSON.parse(readFileSync(this.#path(name, 'json'), 'utf8')));
      return record?.name === name && existsSync(path) ? { record, path } : undefined;
    } catch {
      // No record, or a damaged one: the file counts as absent and is fetched anew.
      return undefined;
    }
  }

  async begin(name: string): Promise<PartialFile> {
    if (!isStoreName(name))
      throw new GramaryeError('bad-option', `"${name}" is no name for stored weights.`, { remedy: 'Use letters, digits, dots, dashes and underscores.' });
    try {
      await mkdir(this.place, { recursive: true });
      const release = await holdLock(this.#path(name, 'lock'), name);
      try {
        return await FolderPartial.open((kind) => this.#path(name, kind), release);
      } catch (error) {
        await release();
        throw error;
      }
    } catch (error) {
      throw writeFailure(this.place, error);
    }
  }

  async remove(name: string): Promise<boolean> {
    if (!isStoreName(name)) return false;
    // The record goes first: without it nothing counts as complete.
    const paths = (['json', 'bin', 'part', 'part-version'] as const).map((kind) => this.#path(name, kind)).filter((path) => existsSync(path));
    for (const path of paths) await rm(path, { force: true });
    return paths.length > 0;
  }

  #path(name: string, kind: FileKind): string {
    return join(this.place, `${name}.${kind}`);
  }
}

type FileKind = 'json' | 'bin' | 'part' | 'part-version' | 'lock';

class FolderPartial implements PartialFile {
  private constructor(
    private readonly path: (kind: FileKind) => string,
    private readonly release: () => Promise<void>,
    private file: FileHandle,
    public sizeBytes: number,
    public validator: string | undefined,
  ) {}

  static async open(path: (kind: FileKind) => string, release: () => Promise<void>): Promise<FolderPartial> {
    const file = await open(path('part'), 'a');
    const validator = await readFile(path('part-version'), 'utf8').catch(() => undefined);
    return new FolderPartial(path, release, file, (await file.stat()).size, validator);
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.file.appendFile(bytes);
      this.sizeBytes += bytes.byteLength;
    } catch (error) {
      throw writeFailure(this.path('part'), error);
    }
  }

  async restart(validator: string | undefined): Promise<void> {
    await this.file.truncate(0);
    this.sizeBytes = 0;
    this.validator = validator;
    if (validator === undefined) await rm(this.path('part-version'), { force: true });
    else await writeFile(this.path('part-version'), validator);
  }

  source(): Promise<ByteSource> {
    return Promise.resolve(diskSource(this.path('part')));
  }

  async commit(record: StoredRecord): Promise<void> {
    try {
      await this.file.sync();
      await this.file.close();
      const staged = `${this.path('json')}.${String(process.pid)}.new`;
      await writeFile(staged, `${JSON.stringify(record, undefined, 2)}\n`);
      // An old record must not describe the new bytes, not even for a moment.
      await rm(this.path('json'), { force: true });
      await rename(this.path('part'), this.path('bin'));
      await rename(staged, this.path('json'));
      await rm(this.path('part-version'), { force: true });
    } catch (error) {
      throw writeFailure(this.path('bin'), error);
    } finally {
      await this.release();
    }
  }

  async discard(): Promise<void> {
    await this.file.close();
    await rm(this.path('part'), { force: true });
    await rm(this.path('part-version'), { force: true });
    await this.release();
  }

  async close(): Promise<void> {
    await this.file.close();
    // Nothing arrived: leave nothing behind.
    if (this.sizeBytes === 0) await rm(this.path('part'), { force: true });
    await this.release();
  }
}

/** Takes the lock file of a name. One that a dead process left is taken over. */
async function holdLock(path: string, name: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (owner > 0 && owner !== process.pid && isAlive(owner)) break;
      if (owner === process.pid) break;
      await rm(path, { force: true });
    }
  }
  throw new GramaryeError('write-failed', `Another process is fetching ${name} right now.`, {
    remedy: `Wait until it is done; if there is none, remove ${path}.`,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function writeFailure(place: string, error: unknown): GramaryeError {
  if (error instanceof GramaryeError) return error;
  return new GramaryeError('write-failed', `${place} could not be written: ${messageOf(error)}.`, {
    remedy: 'Free space, or choose another folder with GRAMARYE_CACHE.',
    cause: error,
  });
}
