import type { Picture } from '../../tasks/picture.js';

/** A picture as 8-bit pixels for a 2D canvas, at its own size. */
export function imageDataOf({ height, width, data }: Picture): ImageData {
  const pixels = new ImageData(width, height);
  const target = pixels.data;
  let from = 0;
  for (let to = 0; to < target.length; to += 4) {
    target[to] = (data[from] ?? 0) * 255;
    target[to + 1] = (data[from + 1] ?? 0) * 255;
    target[to + 2] = (data[from + 2] ?? 0) * 255;
    target[to + 3] = 255;
    from += 3;
  }
  return pixels;
}

/** A small version for a thumbnail: means over a grid of samples, at most `side` px on the longer side. */
export function thumbnailOf({ height, width, data }: Picture, side: number): ImageData {
  const scale = Math.min(1, side / Math.max(height, width));
  const [smallHeight, smallWidth] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  const pixels = new ImageData(smallWidth, smallHeight);
  const samples = Math.max(1, Math.min(4, Math.round(1 / scale)));
  for (let y = 0; y < smallHeight; y++) {
    for (let x = 0; x < smallWidth; x++) {
      const to = (y * smallWidth + x) * 4;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let sample = 0; sample < samples * samples; sample++) {
          const row = Math.floor(((y + (Math.floor(sample / samples) + 0.5) / samples) / smallHeight) * height);
          const column = Math.floor(((x + ((sample % samples) + 0.5) / samples) / smallWidth) * width);
          sum += data[(row * width + column) * 3 + channel] ?? 0;
        }
        pixels.data[to + channel] = (sum / (samples * samples)) * 255;
      }
      pixels.data[to + 3] = 255;
    }
  }
  return pixels;
}
