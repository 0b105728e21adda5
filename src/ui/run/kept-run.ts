/** Where a run is kept in the browser's own file system, so that it goes on after a reload or a crash. */
import { GramaryeError, messageOf } from '../../engine/errors.js';
import type { Engine } from '../../engine/engine.js';
import { findCheckpoint, saveCheckpoint } from '../../tasks/checkpoints/checkpointed-run.js';
import { inputPrints, type RunIdentity } from '../../tasks/checkpoints/run-checkpoint.js';
import type { CheckpointStore } from '../../tasks/checkpoints/store.js';
import type { StyleTransferInputs } from '../../tasks/run-start.js';
import type { ImageRun, ResumeState } from '../../tasks/run-types.js';
import type { LiveSettings, StyleTransferSettings } from '../../tasks/settings.js';

const ROOT = 'gramarye-runs';
const FILE = 'checkpoint.bin';

/** The place of one element; one page at a time has it. */
export class KeptRun {
  readonly #store: CheckpointStore;
  readonly #letGo: () => void;

  private constructor(store: CheckpointStore, letGo: () => void) {
    [this.#store, this.#letGo] = [store, letGo];
  }

  /** Takes the place of a name; undefined where the browser gives none, or another page or element has it. */
  static async open(name: string): Promise<KeptRun | undefined> {
    try {
      if (!('createWritable' in FileSystemFileHandle.prototype)) return undefined;
      const place = encodeURIComponent(name);
      const letGo = await hold(`${ROOT}/${place}`);
      if (letGo === undefined) return undefined;
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
      return new KeptRun(storeIn(await root.getDirectoryHandle(place, { create: true })), letGo);
    } catch {
      return undefined;
    }
  }

  /** Where a run of the same settings, net and pictures stopped. Anything else that rests here counts as none, and is replaced in time. */
  async find(identity: RunIdentity, engine: Engine): Promise<ResumeState | undefined> {
    try {
      return (await findCheckpoint(this.#store, 'the kept run', identity, engine))?.resume;
    } catch (error) {
      if (error instanceof GramaryeError && error.code === 'bad-option') return undefined;
      throw error;
    }
  }

  /** Keeps the present state, whole or not at all. `live` are the weights as they are now. */
  async save(engine: Engine, run: ImageRun, every: number, { settings, inputs }: RunIdentity, live: LiveSettings): Promise<void> {
    await saveCheckpoint(engine, run, { store: this.#store, every, identity: { settings: { ...settings, ...live }, inputs } });
  }

  /** Forgets what rests here. */
  async forget(): Promise<void> {
    await this.#store.remove();
  }

  /** Leaves the place to others. */
  release(): void {
    this.#letGo();
  }
}

/** What tells a run from any other. */
export function identityOf(settings: StyleTransferSettings, inputs: StyleTransferInputs): RunIdentity {
  return { settings, inputs: inputPrints(inputs) };
}

function hold(lockName: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockName, { ifAvailable: true }, async (lock) => {
        if (lock === null) {
          resolve(undefined);
          return;
        }
        await new Promise<void>((letGo) => {
          resolve(letGo);
        });
      })
      .catch(reject);
  });
}

function storeIn(folder: FileSystemDirectoryHandle): CheckpointStore {
  return {
    // What is written counts from the moment that the file is closed; until then the old one does.
    save: async (bytes) => {
      try {
        const writable = await (await folder.getFileHandle(FILE, { create: true })).createWritable();
        await writable.write(bytes);
        await writable.close();
      } catch (error) {
        throw new GramaryeError('write-failed', `${String(bytes.byteLength)} bytes of the run cannot be kept in this browser: ${messageOf(error)}`, {
          remedy: 'Free some disk space, allow this page to keep data, or leave out checkpoint-every.',
          cause: error,
        });
      }
    },
    load: async () => {
      const file = await folder.getFileHandle(FILE).then(
        (handle) => handle.getFile(),
        () => undefined,
      );
      return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
    },
    remove: async () => {
      await folder.removeEntry(FILE).catch((error: unknown) => {
        if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
      });
    },
  };
}
