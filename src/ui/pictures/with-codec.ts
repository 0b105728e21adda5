import { PictureCodec } from '../../tasks/pictures/picture-codec.js';

/** Decodes or encodes files in the picture worker, which lives only as long as it is needed. */
export async function withCodec<T>(use: (codec: PictureCodec) => Promise<T>): Promise<T> {
  const codec = new PictureCodec();
  try {
    return await use(codec);
  } finally {
    codec.close();
  }
}
