/** The worker that decodes, resizes and encodes pictures, off the page's thread. */
import { GramaryeError } from '../../engine/errors.js';
import { toPlainError, type PlainError } from '../../engine/plain-error.js';
import { pictureCopy } from '../fine-tuning/augment.js';
import { resizeForNet } from '../mobilenet/net-input.js';
import type { Picture } from '../picture.js';
import type { NetPreparation } from './net-preparation.js';
import { resolvePictureSize, type PictureSize } from './picture-size.js';
import { pictureOfPixels, pixelsOfPicture, resizePixels, type Pixels } from './pixels.js';

/** What the page asks for. */
export type PictureRequest = { readonly id: number } & (
  | { readonly kind: 'decode'; readonly blob: Blob; readonly name: string; readonly size: PictureSize }
  | { readonly kind: 'prepare'; readonly source: Blob | ImageBitmap; readonly name: string; readonly how: NetPreparation }
  | { readonly kind: 'encode'; readonly picture: Picture; readonly type: 'image/png' | 'image/jpeg' }
);

/** What it gets back. */
export type PictureReply = { readonly id: number } & ({ readonly picture: Picture } | { readonly blob: Blob } | { readonly error: PlainError });

/** The part of a dedicated worker's scope that is used: the project compiles against the page's types. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PictureRequest>) => void) | null;
  postMessage(reply: PictureReply, transfer: Transferable[]): void;
}

/**
 * Decoded pixels: the file's orientation applied, colours converted to sRGB, alpha laid over white. A 2D canvas stores premultiplied
 * values, so the white must be there before the picture is drawn: what is read back is then opaque and exact.
 */
async function decode(source: Blob | ImageBitmap, name: string): Promise<Pixels> {
  let bitmap: ImageBitmap;
  try {
    bitmap = source instanceof ImageBitmap ? source : await createImageBitmap(source, { imageOrientation: 'from-image', colorSpaceConversion: 'default' });
  } catch (error) {
    // The browser has one error for what is no picture and for a file that was removed since it was chosen.
    if (source instanceof Blob && !(await isReadable(source))) {
      throw new GramaryeError('file-missing', `${name} is no longer there, or was changed after it was chosen.`, { remedy: 'Give it again.', cause: error });
    }
    throw new GramaryeError('bad-picture', `${name} cannot be decoded.`, { remedy: 'Give a PNG, JPEG or WebP picture, or a .safetensors file.', cause: error });
  }
  try {
    const { height, width } = bitmap;
    const context = contextOf(height, width, name);
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    return { height, width, rgba: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** Whether all of a file can be read: a slice of a file that is gone reads as empty. */
async function isReadable(blob: Blob): Promise<boolean> {
  return blob.arrayBuffer().then(
    () => true,
    () => false,
  );
}

/** An opaque canvas: it begins black, and its PNG has no alpha channel. */
function contextOf(height: number, width: number, name: string): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, colorSpace: 'srgb', willReadFrequently: true });
  if (context === null)
    throw new GramaryeError('out-of-memory', `${name} of ${String(width)} × ${String(height)} px is too large for a canvas.`, {
      remedy: 'Choose a smaller picture.',
    });
  return context;
}

function prepare(picture: Picture, how: NetPreparation): Picture {
  return 'copy' in how ? pictureCopy(picture, how.settings, how.example, how.copy) : resizeForNet(picture, how);
}

async function answer(request: PictureRequest): Promise<[PictureReply, Transferable[]]> {
  const { id } = request;
  if (request.kind === 'decode') {
    const pixels = await decode(request.blob, request.name);
    const picture = pictureOfPixels(await resizePixels(pixels, resolvePictureSize(request.size, pixels, request.name)));
    return [{ id, picture }, [picture.data.buffer]];
  }
  if (request.kind === 'prepare') {
    const picture = prepare(pictureOfPixels(await decode(request.source, request.name)), request.how);
    return [{ id, picture }, [picture.data.buffer]];
  }
  const { height, width, rgba } = pixelsOfPicture(request.picture);
  const context = contextOf(height, width, 'A result');
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
  return [{ id, blob: await context.canvas.convertToBlob({ type: request.type, quality: 0.92 }) }, []];
}

const scope = self as unknown as WorkerScope;
scope.onmessage = ({ data: request }) => {
  answer(request).then(
    ([reply, transfer]) => {
      scope.postMessage(reply, transfer);
    },
    (error: unknown) => {
      scope.postMessage({ id: request.id, error: toPlainError(error) }, []);
    },
  );
};
