/** What a run leaves in the browser's own file system, so that it goes on after a reload. */
import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { CheckpointStore } from '../../tasks/checkpoints/store.js';
import type { FeatureStore } from '../../tasks/fine-tuning/feature-cache.js';
import type { FineTuneSettings } from '../../tasks/fine-tuning/settings.js';
import type { DataFile } from '../labelled/data-files.js';

/** What is known of a run that rests: enough to say what it was and to go on with it. */
export interface RunRecord {
  readonly format: 1;
  /** `examples`: the pictures that come along; `files`: the visitor's own, who has to give them again; `camera`: photographs, kept here too. */
  readonly source: 'examples' | 'files' | 'camera';
  /** What the pictures go by. */
  readonly name: string;
  readonly net: string;
  readonly settings: FineTuneSettings;
  readonly epochsDone: number;
}

const ROOT = 'gramarye-fine-tune';
const CHECKPOINT = 'checkpoint.bin';
const RECORD = 'run.json';
const FEATURES = 'features';
const PHOTOGRAPHS = 'photographs';
const PHOTOGRAPH_LIST = 'list.json';

/** Photographs by class, in the order of the classes. */
type Photographs = ReadonlyMap<string, readonly DataFile[]>;

/** Folders of one element by its name. One page at a time may write: see `hold`. */
export class OpfsRunStore {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #lockName: string;
  #letGo: (() => void) | undefined;

  private constructor(folder: FileSystemDirectoryHandle, lockName: string) {
    this.#folder = folder;
    this.#lockName = lockName;
  }

  /** Opens the place of a name; undefined where the browser gives none (private browsing, old browsers): a run then lives until a reload. */
  static async open(name: string): Promise<OpfsRunStore | undefined> {
    try {
      if (!('createWritable' in FileSystemFileHandle.prototype)) return undefined;
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
      const place = encodeURIComponent(name);
      return new OpfsRunStore(await root.getDirectoryHandle(place, { create: true }), `${ROOT}/${place}`);
    } catch {
      return undefined;
    }
  }

  /** Takes the place for this element, until `release`. False while another page or element trains under the same name. */
  async hold(): Promise<boolean> {
    if (this.#letGo !== undefined) return true;
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(this.#lockName, { ifAvailable: true }, async (lock) => {
          if (lock === null) {
            resolve(false);
            return;
          }
          await new Promise<void>((letGo) => {
            this.#letGo = letGo;
            resolve(true);
          });
        })
        .catch(reject);
    });
  }

  /** Leaves the place to others. */
  release(): void {
    this.#letGo?.();
    this.#letGo = undefined;
  }

  /** What rests here, or undefined. A record that cannot be read counts as none. */
  async record(): Promise<RunRecord | undefined> {
    try {
      const record = JSON.parse(await (await this.#read(RECORD)).text()) as RunRecord;
      await this.#read(CHECKPOINT);
      return (record.format as unknown) === 1 ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes what rests here. It counts from the first checkpoint on. */
  async writeRecord(record: RunRecord): Promise<void> {
    await this.#write(this.#folder, RECORD, new TextEncoder().encode(JSON.stringify(record)));
  }

  /** The checkpoint. A write replaces the old one whole when it is closed, or not at all. */
  get checkpoints(): CheckpointStore {
    return {
      save: (bytes) => this.#write(this.#folder, CHECKPOINT, bytes),
      load: async () => {
        const file = await this.#read(CHECKPOINT).catch(() => undefined);
        return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
      },
      remove: () => this.#remove(CHECKPOINT),
    };
  }

  /** Features beyond the memory budget: a file each. */
  get features(): FeatureStore {
    const folder = (): Promise<FileSystemDirectoryHandle> => this.#folder.getDirectoryHandle(FEATURES, { create: true });
    let opened: Promise<FileSystemDirectoryHandle> | undefined;
    return {
      write: async (key, bytes) => this.#write(await (opened ??= folder()), String(key), bytes),
      read: async (key) => new Uint8Array(await (await (await (await (opened ??= folder())).getFileHandle(String(key))).getFile()).arrayBuffer()),
      clear: async () => {
        opened = undefined;
        await this.#remove(FEATURES);
      },
    };
  }

  /** Keeps photographs, which nobody could give again after a reload. */
  async writePhotographs(photographs: Photographs): Promise<void> {
    await this.#remove(PHOTOGRAPHS);
    const folder = await this.#folder.getDirectoryHandle(PHOTOGRAPHS, { create: true });
    const paths: string[][] = [];
    let count = 0;
    for (const [, files] of photographs) {
      for (const file of files) await this.#write(folder, String(count++), new Uint8Array(await (await file.read()).arrayBuffer()));
      paths.push(files.map(({ path }) => path));
    }
    const list = [...photographs.keys()].map((name, index) => ({ name, paths: paths[index] ?? [] }));
    // Last, so that a list without its pictures cannot be.
    await this.#write(folder, PHOTOGRAPH_LIST, new TextEncoder().encode(JSON.stringify(list)));
  }

  /** The photographs kept here; none where there are none or they cannot be read. */
  async photographs(): Promise<Photographs> {
    try {
      const folder = await this.#folder.getDirectoryHandle(PHOTOGRAPHS);
      const read = async (name: string): Promise<File> => (await folder.getFileHandle(name)).getFile();
      const list = JSON.parse(await (await read(PHOTOGRAPH_LIST)).text()) as { readonly name: string; readonly paths: readonly string[] }[];
      let count = 0;
      return new Map(
        list.map(({ name, paths }) => [
          name,
          paths.map((path): DataFile => {
            const file = String(count++);
            return { path, read: () => read(file) };
          }),
        ]),
      );
    } catch {
      return new Map();
    }
  }

  /** Forgets the run. */
  async clear(): Promise<void> {
    await this.#remove(PHOTOGRAPHS);
    await this.#remove(RECORD);
    await this.#remove(CHECKPOINT);
    await this.#remove(FEATURES);
  }

  async #read(name: string): Promise<File> {
    return (await this.#folder.getFileHandle(name)).getFile();
  }

  async #write(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytes);
      await writable.close();
    } catch (error) {
      throw new GramaryeError('write-failed', `${name} of ${String(bytes.byteLength)} bytes cannot be kept in this browser: ${messageOf(error)}`, {
        remedy: 'Free some disk space, or allow this page to keep data.',
        cause: error,
      });
    }
  }

  async #remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name, { recursive: true }).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
    });
  }
}
