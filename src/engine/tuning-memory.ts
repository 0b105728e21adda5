/** What tunings found, remembered for each adapter and version. */
import { adapterIdentity, makeVariantMap, parseVariantMap, type AdapterIdentity, type VariantMap } from './variant-map.js';
import type { VariantPins } from './select.js';
import { VERSION } from './version.js';

/** Where texts are kept by name. */
export interface TuningStore {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The name under which the tunings of an adapter by a version of Gramarye are kept: of letters, digits and dashes. */
export function tuningName(adapter: AdapterIdentity, version = VERSION): string {
  const { vendor, architecture, device, description } = adapterIdentity(adapter);
  const text = [version, vendor, architecture, device, description].join(' ');
  return `tuning-${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;
}

/** Remembers the chosen variants of one adapter by shape. A damaged record counts as none. */
export class TuningMemory {
  readonly #store: TuningStore;
  readonly #adapter: AdapterIdentity;

  constructor(store: TuningStore, adapter: AdapterIdentity) {
    this.#store = store;
    this.#adapter = adapter;
  }

  /** Chosen variants by shape key. */
  async load(): Promise<VariantPins> {
    const text = await this.#store.read(tuningName(this.#adapter));
    if (text === undefined) return {};
    try {
      return parseVariantMap(JSON.parse(text), 'The remembered tuning').variants;
    } catch {
      return {};
    }
  }

  /** Adds choices to those remembered. */
  async remember(pins: VariantPins): Promise<void> {
    const map = makeVariantMap(this.#adapter, { ...(await this.load()), ...pins });
    await this.#store.write(tuningName(this.#adapter), JSON.stringify(map));
  }

  /** Forgets everything of this adapter. */
  async reset(): Promise<void> {
    await this.#store.remove(tuningName(this.#adapter));
  }

  /** All that is remembered, as a map to keep or to pass on. */
  async export(): Promise<VariantMap> {
    return makeVariantMap(this.#adapter, await this.load());
  }
}

/** A store in the browser's localStorage; where storage is forbidden it remembers nothing. */
export function localTuningStore(): TuningStore {
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch {
      return undefined; // Storage is forbidden or full; the tuning is then done again another time.
    }
  };
  return {
    read: (name) => Promise.resolve(attempt(() => localStorage.getItem(`gramarye.${name}`)) ?? undefined),
    write: (name, text) => {
      attempt(() => {
        localStorage.setItem(`gramarye.${name}`, text);
      });
      return Promise.resolve();
    },
    remove: (name) => {
      attempt(() => {
        localStorage.removeItem(`gramarye.${name}`);
      });
      return Promise.resolve();
    },
  };
}

/** A store in memory, for tests and for pages that keep nothing. */
export function memoryTuningStore(entries = new Map<string, string>()): TuningStore {
  return {
    read: (name) => Promise.resolve(entries.get(name)),
    write: (name, text) => {
      entries.set(name, text);
      return Promise.resolve();
    },
    remove: (name) => {
      entries.delete(name);
      return Promise.resolve();
    },
  };
}
