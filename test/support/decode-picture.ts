import { readFile } from 'node:fs/promises';
import type { Picture } from '../../src/tasks/picture.js';

/** A picture file as RGB in [0, 1]. */
export async function decodePicture(path: string): Promise<Picture> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  const image = await loadImage(await readFile(path));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const rgb = new Float32Array(image.width * image.height * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = (data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255;
  return { height: image.height, width: image.width, data: rgb };
}
