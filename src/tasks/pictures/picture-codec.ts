import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import { fromPlainError } from '../../engine/plain-error.js';
import { checkPicture, type Picture } from '../picture.js';
import type { NetPreparation } from './net-preparation.js';
import type { PictureSize } from './picture-size.js';
import type { PictureReply, PictureRequest } from './picture-worker.js';

type RequestBody = PictureRequest extends infer Request ? (Request extends PictureRequest ? Omit<Request, 'id'> : never) : never;

interface Pending {
  resolve(reply: PictureReply): void;
  reject(error: unknown): void;
}

/** Decodes and encodes pictures in a worker of its own. Browsers only. */
export class PictureCodec {
  readonly #worker = new Worker(new URL('./picture-worker.ts', import.meta.url), { type: 'module', name: 'gramarye-pictures' });
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;

  constructor() {
    this.#worker.addEventListener('message', ({ data: reply }: MessageEvent<PictureReply>) => {
      this.#pending.get(reply.id)?.resolve(reply);
      this.#pending.delete(reply.id);
    });
    this.#worker.addEventListener('error', (event) => {
      const error = new GramaryeError('internal', `The picture worker failed: ${event.message || 'it could not be loaded'}.`);
      for (const pending of this.#pending.values()) pending.reject(error);
      this.#pending.clear();
    });
  }

  /**
   * A PNG, JPEG or WebP file as a picture: orientation applied, converted to sRGB, alpha over white, resized with the project's one filter.
   *
   * @throws GramaryeError `bad-picture` naming the file when it cannot be decoded or a side would be under 16 px; `aborted`.
   */
  async decode(blob: Blob, name: string, size: PictureSize, signal?: AbortSignal): Promise<Picture> {
    const reply = await this.#ask({ kind: 'decode', blob, name, size }, [], signal);
    if (!('picture' in reply)) throw new GramaryeError('internal', 'The picture worker gave no picture.');
    checkPicture(name, reply.picture);
    return reply.picture;
  }

  /**
   * A picture file, or a frame of the camera, as the square that a net takes, by the same filters as the tasks' own. A frame is taken over.
   *
   * @throws GramaryeError `bad-picture` naming the file; `aborted`.
   */
  async prepare(source: Blob | ImageBitmap, name: string, how: NetPreparation, signal?: AbortSignal): Promise<Picture> {
    const reply = await this.#ask({ kind: 'prepare', source, name, how }, source instanceof Blob ? [] : [source], signal);
    if (!('picture' in reply)) throw new GramaryeError('internal', 'The picture worker gave no picture.');
    return reply.picture;
  }

  /** A picture as a PNG (8 bits a channel, rounded to nearest) or a JPEG file. */
  async encode(picture: Picture, type: 'image/png' | 'image/jpeg' = 'image/png', signal?: AbortSignal): Promise<Blob> {
    const reply = await this.#ask({ kind: 'encode', picture, type }, [], signal);
    if (!('blob' in reply)) throw new GramaryeError('internal', 'The picture worker gave no file.');
    return reply.blob;
  }

  /** Ends the worker; what is under way fails with `aborted`. */
  close(): void {
    this.#worker.terminate();
    for (const pending of this.#pending.values()) pending.reject(new GramaryeError('aborted', 'The picture worker was closed.'));
    this.#pending.clear();
  }

  async #ask(body: RequestBody, transfer: Transferable[], signal: AbortSignal | undefined): Promise<PictureReply> {
    throwIfAborted(signal);
    const id = this.#nextId++;
    const reply = await new Promise<PictureReply>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ ...body, id }, transfer);
    });
    throwIfAborted(signal);
    if ('error' in reply) throw fromPlainError(reply.error);
    return reply;
  }
}
