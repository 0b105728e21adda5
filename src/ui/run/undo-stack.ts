import type { StringKey } from '../base/strings.js';

/** Something that can be taken back, and the words for it. */
export interface UndoEntry {
  readonly what: StringKey;
  readonly values?: Readonly<Record<string, string | number>>;
  /** Changes that follow each other with the same key are one. */
  readonly key?: string;
  /** Whose state it would bring back; see {@link UndoStack.forget}. */
  readonly owner?: object;
  undo(): void;
}

const LIMIT = 50;

/** Remembers how to take back what was done, newest last. */
export class UndoStack {
  #entries: UndoEntry[] = [];

  /** What `undo` would take back. */
  get top(): UndoEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Remembers an action. Dragging a slider is one action: of entries with the same key in a row the first is kept. */
  push(entry: UndoEntry): void {
    if (entry.key !== undefined && this.top?.key === entry.key) return;
    this.#entries.push(entry);
    if (this.#entries.length > LIMIT) this.#entries.shift();
  }

  /** Drops what belongs to an owner that is no more, with the states it holds. */
  forget(owner: object): void {
    this.#entries = this.#entries.filter((entry) => entry.owner !== owner);
  }

  /** Takes back the newest action; false when there is none. */
  undo(): boolean {
    const entry = this.#entries.pop();
    entry?.undo();
    return entry !== undefined;
  }
}
