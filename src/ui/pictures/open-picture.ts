import { GramaryeError, messageOf } from '../../engine/errors.js';
import { PictureFetchError } from '../base/failure.js';

/** A picture file with the name people know it by. */
export interface PictureFile {
  readonly blob: Blob;
  readonly name: string;
  /** Where it came from, if it has an address that can be fetched again. */
  readonly url?: string;
}

/** The last part of an address, for people. */
export function nameOfUrl(url: string): string {
  try {
    const { pathname, protocol } = new URL(url, document.baseURI);
    if (protocol === 'data:' || protocol === 'blob:') return 'picture';
    return decodeURIComponent(pathname.split('/').at(-1) ?? '') || url;
  } catch {
    return url;
  }
}

/**
 * Fetches a picture by its address.
 *
 * @throws PictureFetchError of kind `cross-origin` when the server answers but not to scripts of this page, else `unreachable`.
 * @throws GramaryeError `aborted`.
 */
export async function fetchPicture(url: string, signal?: AbortSignal): Promise<PictureFile> {
  const name = nameOfUrl(url);
  let response: Response;
  try {
    response = await fetch(url, { signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted === true) throw new GramaryeError('aborted', 'The picture is no longer wanted.', { cause: error });
    if (await answersOpaquely(url)) throw new PictureFetchError('cross-origin', `${url} answers, but without the header Access-Control-Allow-Origin.`, error);
    throw new PictureFetchError('unreachable', `${url} cannot be fetched: ${messageOf(error)}`, error);
  }
  if (!response.ok) throw new PictureFetchError('unreachable', `${url} answers ${String(response.status)} ${response.statusText}`);
  return { blob: await response.blob(), name, url };
}

/** Whether a server answers at all: such a request needs no leave of the server, and shows nothing of the answer. */
async function answersOpaquely(url: string): Promise<boolean> {
  try {
    if (new URL(url, document.baseURI).origin === location.origin) return false;
    await fetch(url, { mode: 'no-cors' });
    return true;
  } catch {
    return false;
  }
}

/** The first picture of a drop or a paste: a file, or the address of one. */
export function pictureOfTransfer(transfer: DataTransfer | null): File | string | undefined {
  if (transfer === null) return undefined;
  const file = [...transfer.files].find(({ type, name }) => type.startsWith('image/') || /\.(png|jpe?g|webp|avif|gif|bmp)$/i.test(name));
  if (file !== undefined) return file;
  const text =
    (transfer
      .getData('text/uri-list')
      .split('\n')
      .find((line) => !line.startsWith('#')) ??
      '') ||
    transfer.getData('text/plain');
  return /^(https?:|data:image\/|blob:)/i.test(text.trim()) ? text.trim() : undefined;
}
