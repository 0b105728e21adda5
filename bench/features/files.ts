/** Pictures and net of the feature benchmarks: all of them come with the project. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { sourceFromBytes } from '../../src/models/byte-source.js';
import { loadVgg } from '../../src/models/load.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import type { Picture } from '../../src/tasks/picture.js';
import { resizePicture } from '../../src/tasks/pictures/resize.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A path in the project. */
export function projectPath(path: string): string {
  return `${root}${path}`;
}

/** The net that comes along, as deep as the default taps need. */
export async function liteNet(): Promise<VggWeights> {
  const bytes = await readFile(projectPath('assets/models/vgg-lite/vgg-lite.safetensors'));
  return loadVgg(sourceFromBytes('vgg-lite', bytes));
}

/** A picture below assets/, its longer side brought to `longer` px. */
export async function assetPicture(path: string, longer: number): Promise<Picture> {
  const image = await loadImage(await readFile(projectPath(`assets/${path}`)));
  const { height, width } = image;
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = Float32Array.from({ length: height * width * 3 }, (_, i) => (data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255);
  const ratio = longer / Math.max(height, width);
  return resizePicture({ height, width, data: rgb }, { height: Math.round(height * ratio), width: Math.round(width * ratio) });
}

/** Writes pictures side by side, all of one height, as a JPEG below docs/images/features. */
export async function writeRow(name: string, pictures: readonly Picture[], gap = 6): Promise<string> {
  const height = Math.max(...pictures.map((picture) => picture.height));
  const width = pictures.reduce((sum, picture) => sum + picture.width + gap, -gap);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  let left = 0;
  for (const picture of pictures) {
    const pixels = context.createImageData(picture.width, picture.height);
    picture.data.forEach((value, i) => {
      pixels.data[Math.floor(i / 3) * 4 + (i % 3)] = Math.round(255 * value);
      pixels.data[Math.floor(i / 3) * 4 + 3] = 255;
    });
    context.putImageData(pixels, left, 0);
    left += picture.width + gap;
  }
  const path = projectPath(`docs/images/features/${name}.jpg`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await canvas.encode('jpeg', 82));
  return path;
}
