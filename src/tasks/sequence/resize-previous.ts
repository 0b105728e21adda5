import type { Dimensions } from '../pictures/picture-size.js';
import { resizePictureGently } from '../pictures/resize.js';
import type { PreviousFrame } from './temporal-term.js';

/** A frame before at another size. */
export async function resizePrevious({ result, content }: PreviousFrame, size: Dimensions): Promise<PreviousFrame> {
  return {
    result: await resizePictureGently(result, size),
    ...(content === undefined ? {} : { content: await resizePictureGently(content, size) }),
  };
}
