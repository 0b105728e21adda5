/** A sequence of frames in a page, handed out as a ZIP file. Has no DOM. */
import { Zip, ZipPassThrough } from 'fflate';
import { GramaryeError } from '../../engine/errors.js';
import type { Picture } from '../../tasks/picture.js';
import { PictureCodec } from '../../tasks/pictures/picture-codec.js';
import { stylizeSequence, type Frame, type SequenceProgress } from '../../tasks/sequence/sequence.js';
import { leaseEngine } from '../gpu/engine-pool.js';
import { loadNet } from '../nets/load-net.js';
import type { RunJob } from './job.js';
import { decodeAll } from './prepare.js';

/** How a sequence is made and watched. */
export interface FrameOptions {
  /** How much a frame is held to the result before it; default 0. */
  readonly temporalWeight?: number;
  /** Steps of every frame after the first; default: those of the first. */
  readonly frameSteps?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Pick<SequenceProgress, 'frame' | 'frames' | 'done' | 'total'>) => void;
}

const byName = new Intl.Collator('en', { numeric: true }).compare;

/** Files in the order of the numbers in their names, and what their results are called. Throws `bad-option` where two would be called the same. */
export function orderFrames(files: readonly File[]): { readonly file: File; readonly result: string }[] {
  if (files.length === 0) throw new GramaryeError('bad-option', 'There are no frames.', { remedy: 'Choose the pictures of the sequence.' });
  const ordered = [...files].sort((a, b) => byName(a.name, b.name)).map((file) => ({ file, result: `${file.name.replace(/\.[^.]*$/, '')}.png` }));
  ordered.forEach(({ file, result }, index) => {
    const other = ordered[index - 1];
    if (other?.result === result) {
      throw new GramaryeError('bad-option', `The frames ${other.file.name} and ${file.name} would have the same result ${result}.`, {
        remedy: 'Rename one of them.',
      });
    }
  });
  return ordered;
}

/** Files gathered into a ZIP, one after the other, without being held together. */
class ZipFile {
  readonly #parts: BlobPart[] = [];
  readonly #zip = new Zip((error, chunk) => {
    if (error !== null) throw error;
    this.#parts.push(new Uint8Array(chunk));
  });

  add(name: string, bytes: Uint8Array): void {
    const entry = new ZipPassThrough(name);
    this.#zip.add(entry);
    entry.push(bytes, true);
  }

  finish(): Blob {
    this.#zip.end();
    return new Blob(this.#parts, { type: 'application/zip' });
  }
}

/**
 * Paints the frames with the settings, styles and masks of a job; its content is left aside. Other elements get their turn between frames.
 * Throws as {@link stylizeSequence} does; `aborted`.
 */
export async function paintFrames(job: RunJob, files: readonly File[], options: FrameOptions = {}): Promise<Blob> {
  const { temporalWeight = 0, frameSteps, signal, onProgress } = options;
  const ordered = orderFrames(files);
  const { net: name, settings, size, styleSize, styles: stylePictures, masks: maskPictures } = job;
  const shared: RunJob = { net: name, settings, size, styleSize, styles: stylePictures, ...(maskPictures === undefined ? {} : { masks: maskPictures }) };
  const stop = signal ?? new AbortController().signal;
  const codec = new PictureCodec();
  const lease = await leaseEngine();
  let giveBack = (): void => undefined;
  try {
    const { styles, masks } = await decodeAll(shared, { signal: stop, onStage: () => undefined, place: undefined });
    const taps = [...settings.styleLayers.map(({ layer }) => layer), ...settings.contentLayers];
    const net = await loadNet(name, taps, { signal: stop, onBytes: () => undefined });
    const read = (file: File): Promise<Picture> => codec.decode(file, file.name, size, stop);
    const [first] = ordered;
    const { height, width } = first === undefined ? { height: 0, width: 0 } : await read(first.file);
    const zip = new ZipFile();
    giveBack = await lease.turns.take(stop);
    await stylizeSequence(
      lease.engine,
      { ...settings, height, width, temporalWeight },
      { net, styles, ...(masks === undefined ? {} : { masks }) },
      ordered.map(({ file }): Frame => ({ name: file.name, read: () => read(file) })),
      {
        load: () => Promise.resolve(undefined),
        save: async (index, picture) => {
          giveBack();
          const blob = await codec.encode(picture);
          zip.add(ordered[index]?.result ?? `${String(index)}.png`, new Uint8Array(await blob.arrayBuffer()));
          giveBack = await lease.turns.take(stop);
          return codec.decode(blob, `frame ${String(index + 1)}`, { kind: 'as-is' }, stop);
        },
      },
      {
        ...(frameSteps === undefined ? {} : { frameSteps }),
        ...(job.memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes: job.memoryBudgetBytes }),
        signal: stop,
        onProgress: ({ stage, frame, frames, done, total }) => {
          if (stage === 'steps') onProgress?.({ frame, frames, done, total });
        },
      },
    );
    return zip.finish();
  } finally {
    giveBack();
    codec.close();
    lease.release();
  }
}
