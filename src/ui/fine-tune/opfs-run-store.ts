/** What a run leaves in the browser's own file system, so that it goes on after a reload. */
import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { CheckpointStore } from '../../tasks/fine-tuning/checkpoint.js';
import type { FeatureStore } from '../../tasks/fine-tuning/feature-cache.js';
import type { FineTuneSettings } from '../../tasks/fine-tuning/settings.js';

/** What is known of a run that rests: enough to say what it was and to go on with it. */
export interface RunRecord {
  readonly format: 1;
  /** `examples`: the pictures that come along; `files`: the visitor's own, who has to give them again. */
  readonly source: 'examples' | 'files';
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

/** Folders of one element by its name. */
export class OpfsRunStore {
  readonly #folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** Opens the place of a name; undefined where the browser gives none (private browsing, old browsers): a run then lives until a reload. */
  static async open(name: string): Promise<OpfsRunStore | undefined> {
    try {
      if (!('createWritable' in FileSystemFileHandle.prototype)) return undefined;
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
      return new OpfsRunStore(await root.getDirectoryHandle(encodeURIComponent(name), { create: true }));
    } catch {
      return undefined;
    }
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

  /** Writes what rests here; after its checkpoint, so that a record without one cannot be. */
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

  /** Forgets the run. */
  async clear(): Promise<void> {
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
