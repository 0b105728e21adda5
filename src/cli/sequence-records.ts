/** Results of a sequence in a folder, with a note of which are finished: a process that is killed at any moment leaves both right. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GramaryeError } from '../engine/errors.js';
import { VERSION } from '../engine/version.js';
import { FolderRecords } from './folder-records.js';
import type { RecordStore } from './server.js';

/** The note's file, without its ending. */
const NOTE = 'sequence';

/** What tells a sequence from any other: settings and fingerprints by what messages call them. */
export type SequenceIdentity = Readonly<Record<string, string>>;

interface Note {
  readonly gramarye: string;
  readonly identity: SequenceIdentity;
  readonly finished: readonly string[];
}

/** A fingerprint of a file's bytes. */
export function fileFingerprint(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 24);
}

/** The size of a file, for those that are too large to be read for this. */
export function sizeFingerprint(path: string): string {
  return existsSync(path) ? `${String(statSync(path).size)} bytes` : 'none';
}

function isNote(value: unknown): value is Note {
  if (typeof value !== 'object' || value === null) return false;
  const { gramarye, identity, finished }: Partial<Record<keyof Note, unknown>> = value;
  return typeof gramarye === 'string' && typeof identity === 'object' && identity !== null && Array.isArray(finished);
}

/** The records of a sequence; keys are `frame-0`, `frame-1` and so on. */
export class SequenceRecords implements RecordStore {
  readonly #folder: string;
  readonly #names: readonly string[];
  readonly #identity: SequenceIdentity;
  readonly #pictures: FolderRecords;
  readonly #notes: FolderRecords;
  #finished = new Set<string>();

  /** `names` are those of the results without their ending, in the order of the frames. */
  constructor(folder: string, names: readonly string[], identity: SequenceIdentity) {
    [this.#folder, this.#names, this.#identity] = [folder, names, identity];
    this.#pictures = new FolderRecords(folder, { suffix: '.png', durable: true });
    this.#notes = new FolderRecords(folder, { suffix: '.json', durable: true });
  }

  /** Where the note is. */
  get notePath(): string {
    return join(this.#folder, `${NOTE}.json`);
  }

  /** How many frames are finished. */
  get finishedCount(): number {
    return this.#finished.size;
  }

  /**
   * Takes up what an earlier run finished, or begins. Throws `bad-option` where there is a note that `resume` does not ask for, or one that is
   * damaged, of another version or of another sequence.
   */
  async open(resume: boolean): Promise<void> {
    await this.#pictures.tidy();
    await this.#notes.tidy();
    const bytes = await this.#notes.load(NOTE);
    if (bytes === undefined) {
      await this.#write();
      return;
    }
    const path = this.notePath;
    if (!resume) {
      throw new GramaryeError('bad-option', `${path} is of a sequence that was interrupted.`, { remedy: 'Add --resume to go on with it, or remove it.' });
    }
    const remedy = `Remove ${path} and start again.`;
    let note: unknown;
    try {
      note = JSON.parse(bytes.toString('utf8'));
    } catch {
      note = undefined;
    }
    if (!isNote(note)) throw new GramaryeError('bad-option', `${path} is damaged.`, { remedy });
    if (note.gramarye !== VERSION) {
      throw new GramaryeError('bad-option', `${path} was written by Gramarye ${note.gramarye}; this is ${VERSION}, whose steps may differ.`, { remedy });
    }
    const [there, here] = [new Map(Object.entries(note.identity)), new Map(Object.entries(this.#identity))];
    for (const key of new Set([...there.keys(), ...here.keys()])) {
      if (there.get(key) === here.get(key)) continue;
      throw new GramaryeError('bad-option', `${path} is of a sequence with another ${key}.`, {
        remedy: `Give the same settings, net and pictures, or remove ${path} and start again.`,
      });
    }
    this.#finished = new Set(note.finished);
  }

  /** Removes the note when everything is finished; the results stay. */
  async close(): Promise<void> {
    await this.#notes.remove(NOTE);
  }

  async save(key: string, bytes: Uint8Array): Promise<void> {
    const name = this.#nameOf(key);
    await this.#pictures.save(name, bytes);
    this.#finished.add(name);
    await this.#write();
  }

  async load(key: string): Promise<Buffer | undefined> {
    const name = this.#nameOf(key);
    return this.#finished.has(name) ? this.#pictures.load(name) : undefined;
  }

  /** Nothing of a sequence is removed by its page. */
  async remove(): Promise<void> {
    await Promise.resolve();
  }

  /** Likewise. */
  async clear(): Promise<void> {
    await Promise.resolve();
  }

  #nameOf(key: string): string {
    const name = this.#names[Number(key.replace('frame-', ''))];
    if (name === undefined) throw new GramaryeError('internal', `The sequence has no ${key}.`);
    return name;
  }

  async #write(): Promise<void> {
    const note: Note = { gramarye: VERSION, identity: this.#identity, finished: [...this.#finished] };
    await this.#notes.save(NOTE, new TextEncoder().encode(`${JSON.stringify(note, undefined, 1)}\n`));
  }
}
