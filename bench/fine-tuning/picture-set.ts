/** Many decodable pictures of many sizes, made from the photographs and drawings that come along: cut out, turned, and put together. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage, type Image } from '@napi-rs/canvas';
import { unzipSync } from 'fflate';
import { Philox } from '../../src/engine/random.js';

const ASSETS = fileURLToPath(new URL('../../assets/', import.meta.url));
/** Sides in px, so that every picture has to be resized. */
const [LEAST, MOST] = [180, 360];
/** Every fourth picture is a PNG, the others are JPEGs. */
const PNG_EVERY = 4;
const QUALITY = 85;
/** Classes: one a photograph. */
const CLASSES = 8;

async function photographs(): Promise<Image[]> {
  const folder = join(ASSETS, 'photographs');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  return Promise.all(names.slice(0, CLASSES).map(async (name) => loadImage(await readFile(join(folder, name)))));
}

async function drawings(): Promise<Image[]> {
  const entries = Object.entries(unzipSync(await readFile(join(ASSETS, 'models/emoji/emoji.zip')))).filter(([path]) => path.endsWith('.png'));
  return Promise.all(entries.map(([, bytes]) => loadImage(Buffer.from(bytes))));
}

/** Where a picture lies, by its number. */
function picturePath(folder: string, index: number): string {
  return join(folder, String(index % CLASSES), `${String(index).padStart(5, '0')}.${isPng(index) ? 'png' : 'jpg'}`);
}

const isPng = (index: number): boolean => index % PNG_EVERY === 0;

/** Writes `count` pictures anew into `folder/CLASS NUMBER/`; gives their paths. The seed of a picture is its number. */
export async function makePictures(folder: string, count: number): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  const [photos, signs] = await Promise.all([photographs(), drawings()]);
  for (const label of photos.keys()) await mkdir(join(folder, String(label)), { recursive: true });
  const paths: string[] = [];
  for (let index = 0; index < count; index++) {
    const random = new Philox(index, 11);
    const between = (low: number, high: number): number => low + (high - low) * random.nextUniform();
    const label = index % photos.length;
    const [photo, sign] = [photos[label], signs[Math.floor(between(0, signs.length))]];
    if (photo === undefined || sign === undefined) throw new Error('There are no pictures to start from.');
    const [width, height] = [Math.round(between(LEAST, MOST)), Math.round(between(LEAST, MOST))];
    const canvas = createCanvas(width, height);
    const context = canvas.getContext('2d');
    // Larger than the canvas by its diagonal, so that turning leaves no corner empty.
    const side = Math.hypot(width, height) * between(1, 1.5);
    context.translate(width / 2, height / 2);
    context.rotate(between(-0.5, 0.5));
    context.drawImage(photo, -side / 2, -side / 2, side, side);
    context.resetTransform();
    const size = between(0.2, 0.5) * Math.min(width, height);
    context.drawImage(sign, between(0, width - size), between(0, height - size), size, size);
    const path = picturePath(folder, index);
    await writeFile(path, isPng(index) ? canvas.toBuffer('image/png') : canvas.toBuffer('image/jpeg', QUALITY));
    paths.push(path);
  }
  return paths;
}

/**
 * The same in a process of its own, so that the memory it takes is not counted as that of the caller, which measures its own. Pictures that an earlier run left there
 * whole are kept.
 */
export async function makePicturesElsewhere(folder: string, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => picturePath(folder, index));
  if (paths.every((path) => existsSync(path))) return paths;
  const runner = fileURLToPath(new URL('../run-node.mjs', import.meta.url));
  const child = spawn(process.execPath, [runner, 'bench/fine-tuning/picture-set.ts', folder, String(count)], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`Making ${String(count)} pictures ended with ${String(code)}.`);
  return paths;
}

/** `node bench/run-node.mjs bench/fine-tuning/picture-set.ts FOLDER COUNT`. */
export async function main([folder = '', count = '']: readonly string[]): Promise<number> {
  await makePictures(folder, Number(count));
  return 0;
}
