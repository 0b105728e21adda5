import type { Picture } from '../picture.js';
import type { NetPreparation } from './net-preparation.js';
import { PictureCodec } from './picture-codec.js';

/** Workers at most: a large photograph takes some 200 MB while it is decoded. */
const MAX_WORKERS = 4;

interface Worker {
  readonly codec: PictureCodec;
  waiting: number;
}

/** Several picture workers that share the work. Browsers only. */
export class PicturePool {
  readonly #workers: Worker[] = [];
  readonly #limit: number;

  /** `limit`: workers at most; by default one less than the machine has processors, and four at the most. */
  constructor(limit = Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency - 1))) {
    this.#limit = limit;
  }

  /** As `PictureCodec.prepare`, by the worker that has the least to do. */
  async prepare(source: Blob | ImageBitmap, name: string, how: NetPreparation, signal?: AbortSignal): Promise<Picture> {
    let chosen = this.#workers.reduce<Worker | undefined>((best, each) => (best === undefined || each.waiting < best.waiting ? each : best), undefined);
    if (chosen === undefined || (chosen.waiting > 0 && this.#workers.length < this.#limit)) {
      chosen = { codec: new PictureCodec(), waiting: 0 };
      this.#workers.push(chosen);
    }
    chosen.waiting++;
    try {
      return await chosen.codec.prepare(source, name, how, signal);
    } finally {
      chosen.waiting--;
    }
  }

  /** Ends the workers; what is under way fails with `aborted`. */
  close(): void {
    for (const { codec } of this.#workers) codec.close();
    this.#workers.length = 0;
  }
}
