/**
 * `npm run gallery`: makes docs/gallery from pictures that come with the project, each with its settings inside, and the page that shows
 * them. `--only NAME,NAME` makes some of them, `--page` the page alone.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { liteNet, projectPath } from '../../bench/features/files.js';
import { nodeEngine } from '../../bench/node-gpu.js';
import type { Engine } from '../../src/engine/engine.js';
import { createRun } from '../../src/tasks/create-run.js';
import type { Picture } from '../../src/tasks/picture.js';
import { pictureSizeText, resolvePictureSize, type PictureSize } from '../../src/tasks/pictures/picture-size.js';
import { pictureOfPixels, pixelsOfPicture } from '../../src/tasks/pictures/pixels.js';
import { resizePictureGently } from '../../src/tasks/pictures/resize.js';
import { runOf, type StudioSettings } from '../../src/tasks/results/chosen-settings.js';
import { recordIn, withRecord, type ResultRecord } from '../../src/tasks/results/result-record.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { EXHIBITS, type Exhibit, type MaskName } from './list.js';
import { pageOf } from './page.js';

const FOLDER = 'docs/gallery';

/** What is chosen where an exhibit says nothing. */
const USUAL: StudioSettings = {
  preset: 'default',
  net: 'vgg-lite',
  size: null,
  styleSize: null,
  steps: null,
  styleStrength: 1,
  contentStrength: 1,
  smoothness: null,
  learningRate: null,
  startFrom: null,
  seed: 0,
  pooling: null,
  optimizer: null,
  multiScale: false,
  scales: null,
  colours: null,
  statistic: null,
  tile: null,
  styleScale: null,
  styleLayers: null,
  contentLayers: null,
  average: null,
  precision: null,
  memoryBudget: null,
  seamless: false,
};

async function read(path: string, size: PictureSize): Promise<Picture> {
  const image = await loadImage(await readFile(projectPath(path)));
  const { height, width } = image;
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const picture = pictureOfPixels({ height, width, rgba: Uint8ClampedArray.from(context.getImageData(0, 0, width, height).data) });
  return resizePictureGently(picture, resolvePictureSize(size, picture, path));
}

async function pngOf({ height, width, data }: Picture): Promise<Uint8Array> {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(width, height);
  pixels.data.set(pixelsOfPicture({ height, width, data }).rgba);
  context.putImageData(pixels, 0, 0);
  return new Uint8Array(await canvas.encode('png'));
}

/** A soft ellipse around the middle. */
function mask(name: MaskName, side = 256): Picture {
  const data = Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [(Math.floor(i / 3) % side) / side - 0.45, Math.floor(i / 3 / side) / side - 0.5];
    const inside = Math.min(1, Math.max(0, 5 * (1.1 - Math.hypot(x / 0.3, y / 0.5))));
    return name === 'inside' ? inside : 1 - inside;
  });
  return { height: side, width: side, data };
}

const maskPath = (name: MaskName): string => `${FOLDER}/masks/${name}.png`;

async function make(engine: Engine, { name, content, styles, blend = [], masks = [], chosen: part }: Exhibit): Promise<string> {
  const chosen = { ...USUAL, ...part };
  const { settings, size, styleSize } = runOf(chosen, styles.length, blend);
  const photograph = content === undefined ? undefined : await read(`assets/photographs/${content}`, size);
  const { height, width } = photograph ?? resolvePictureSize(size, { height: 1, width: 1 }, name);
  const maskPictures = await Promise.all(masks.map((mask) => read(maskPath(mask), { kind: 'as-is' })));
  const all: StyleTransferSettings = { ...settings, height, width };
  const run = await createRun(engine, all, {
    net: await liteNet(),
    styles: await Promise.all(styles.map((style) => read(`assets/${style}`, styleSize))),
    ...(photograph === undefined ? {} : { content: photograph }),
    ...(masks.length === 0 ? {} : { masks: maskPictures }),
  });
  await run.run();
  const record: ResultRecord = {
    format: 1,
    task: photograph === undefined ? 'texture-synthesis' : 'style-transfer',
    step: run.steps,
    settings: chosen,
    exact: { settings: all, styleSize: pictureSizeText(styleSize) },
    content: content === undefined ? null : { name: content },
    styles: styles.map((style) => ({ name: basename(style) })),
    blend,
    masks: masks.map((mask) => ({ name: basename(maskPath(mask)) })),
    variants: run.variants,
    adapter: `${engine.info.vendor} ${engine.info.architecture}`.trim(),
  };
  const png = withRecord(await pngOf(await run.image()), record);
  run.destroy();
  const path = `${FOLDER}/${name}.png`;
  await writeFile(projectPath(path), png);
  return `${path}: ${String(width)} × ${String(height)} px, ${String(Math.round(png.length / 1_000))} kB`;
}

/** The command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { only: { type: 'string' }, page: { type: 'boolean', default: false } } });
  const names = values.only?.split(',');
  const unknown = names?.filter((name) => !EXHIBITS.some((exhibit) => exhibit.name === name)) ?? [];
  if (unknown.length > 0) {
    process.stderr.write(`There is no ${unknown.join(', ')} in the gallery: ${EXHIBITS.map(({ name }) => name).join(', ')}.\n`);
    return 2;
  }
  await mkdir(projectPath(`${FOLDER}/masks`), { recursive: true });
  for (const name of ['inside', 'outside'] as const) await writeFile(projectPath(maskPath(name)), await pngOf(mask(name)));
  if (!values.page) {
    const engine = await nodeEngine();
    for (const exhibit of EXHIBITS) {
      if (names?.includes(exhibit.name) ?? true) process.stdout.write(`${await make(engine, exhibit)}\n`);
    }
    engine.destroy();
  }
  const files = (await readdir(projectPath(FOLDER))).filter((file) => file.endsWith('.png'));
  const records = new Map<string, ResultRecord>();
  for (const file of files) {
    const record = recordIn(await readFile(projectPath(`${FOLDER}/${file}`)));
    if (record !== undefined) records.set(file.replace('.png', ''), record);
  }
  await writeFile(projectPath(`${FOLDER}/README.md`), pageOf(EXHIBITS, records));
  return 0;
}
