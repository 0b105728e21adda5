import { GramaryeError } from '../../engine/errors.js';
import type { ByteSource, ReadOptions } from '../../models/byte-source.js';
import { SafetensorsFile } from '../../models/safetensors.js';
import { shapeText } from '../../models/tensor.js';
import { checkPicture, type Picture } from '../picture.js';
import { resolvePictureSize, type PictureSize } from './picture-size.js';

/**
 * A tensor [height, width, 3] of F32 or F64 in [0, 1] as a picture, exactly (F64 rounded to f32): the way to give a picture without any
 * decoding or resizing between.
 *
 * @throws GramaryeError `bad-picture` when shape, dtype or values are no picture's, or when another size is asked than the tensor has;
 * `bad-weights` when the file is damaged or has no such tensor.
 */
export async function readTensorPicture(source: ByteSource, tensor: string, size: PictureSize, options: ReadOptions = {}): Promise<Picture> {
  const file = await SafetensorsFile.open(source, options);
  const { shape, dtype, values } = await file.readTensor(tensor, options);
  const name = `${source.name}#${tensor}`;
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels !== 3 || (dtype !== 'F32' && dtype !== 'F64')) {
    throw new GramaryeError('bad-picture', `${name} is ${dtype} ${shapeText(shape)}.`, { remedy: 'A picture is F32 or F64 [height, width, 3].' });
  }
  if (!values.every((value) => value >= 0 && value <= 1)) {
    throw new GramaryeError('bad-picture', `${name} holds values outside 0 to 1.`, { remedy: 'Scale it to sRGB values between 0 and 1.' });
  }
  const wanted = resolvePictureSize(size, { height, width }, name);
  if (wanted.height !== height || wanted.width !== width) {
    throw new GramaryeError(
      'bad-picture',
      `${name} is ${String(height)}x${String(width)}, and ${String(wanted.height)}x${String(wanted.width)} is asked of it.`,
      {
        remedy: 'A tensor is taken exactly: ask for as-is, or give a picture file.',
      },
    );
  }
  const picture: Picture = { height, width, data: Float32Array.from(values) };
  checkPicture(name, picture);
  return picture;
}
