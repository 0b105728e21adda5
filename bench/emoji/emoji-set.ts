/** The embedded emoji set in Node: ten categories, every sign drawn by two vendors. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sourceFromBytes } from '../../src/models/byte-source.js';
import { loadMobileNet } from '../../src/models/mobilenet/load.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';
import { datasetFromFolders, type Dataset } from '../../src/tasks/datasets/dataset.js';
import { filesFromZip } from '../../src/tasks/datasets/zip.js';
import type { Picture } from '../../src/tasks/picture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Who drew a sign. */
export const VENDORS = ['google', 'twitter'] as const;
/** One of them. */
export type Vendor = (typeof VENDORS)[number];

/** Pictures of one vendor, or of both. */
export async function emojiSet(vendor?: Vendor): Promise<Dataset> {
  const archive = new Blob([await readFile(`${root}assets/models/emoji/emoji.zip`)]);
  const files = await filesFromZip('emoji.zip', archive);
  return datasetFromFolders(files.filter(({ path }) => vendor === undefined || path.includes(`/${vendor}-`)));
}

/** The embedded backbone. */
export async function emojiBackbone(): Promise<MobileNetWeights> {
  return loadMobileNet(sourceFromBytes('mobilenet-v2-oid', await readFile(`${root}assets/models/mobilenet-v2-oid/model.safetensors`)));
}

/** A PNG over white, as the page decodes it. */
export async function decodeOverWhite(file: Blob): Promise<Picture> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  const image = await loadImage(Buffer.from(await file.arrayBuffer()));
  const { height, width } = image;
  const context = createCanvas(width, height).getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { height, width, data: Float32Array.from({ length: height * width * 3 }, (_, i) => (data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0) / 255) };
}
