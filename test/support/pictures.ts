import { createCanvas, loadImage } from '@napi-rs/canvas';

/** A picture file squashed to a size: RGB in [0, 1], row-major. */
export async function squashedPicture(path: string, height: number, width: number): Promise<{ height: number; width: number; values: Float32Array }> {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(await loadImage(path), 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return { height, width, values: Float32Array.from({ length: height * width * 3 }, (_, index) => (data[Math.floor(index / 3) * 4 + (index % 3)] ?? 0) / 255) };
}
