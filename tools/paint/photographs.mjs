/**
 * Scales the sample photographs down to what the project ships.
 *
 *   node tools/paint/photographs.mjs SOURCE_DIR [--out DIR]
 *
 * SOURCE_DIR holds the originals named in `photographs`; where they come from is told in
 * assets/photographs/LICENCES.md.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createCanvas, loadImage } from '@napi-rs/canvas';

/**
 * `sidePx` is the longer side of the result. `trim` cuts a fraction off left, top, right and bottom first, where
 * an old print's edge is bent or a panorama is too wide. `levels` stretches a faded print's contrast.
 */
const photographs = [
  { source: 'astronaut.png', name: 'astronaut', sidePx: 512 },
  { source: 'chelsea.png', name: 'chelsea', sidePx: 512 },
  { source: 'coffee.png', name: 'coffee', sidePx: 512 },
  { source: 'rocket.jpg', name: 'rocket', sidePx: 512 },
  { source: 'getty-nagasaki-boats.jpg', name: 'nagasaki-boats', sidePx: 512, trim: [0.015, 0.015, 0.015, 0.015] },
  { source: 'getty-black-canyon.jpg', name: 'black-canyon', sidePx: 512, trim: [0.01, 0.01, 0.01, 0.01] },
  {
    source: 'getty-french-alpine-landscape.jpg',
    name: 'french-alpine-landscape',
    sidePx: 512,
    trim: [0.01, 0.015, 0.3, 0.015],
    levels: true,
  },
  {
    source: 'getty-march-pastoral.jpg',
    name: 'march-pastoral',
    sidePx: 512,
    trim: [0.29, 0.015, 0.01, 0.015],
    levels: true,
  },
  { source: 'getty-allium-oreophilum.jpg', name: 'allium-oreophilum', sidePx: 512, trim: [0.01, 0.01, 0.01, 0.01] },
  { source: 'brick.png', name: 'brick', sidePx: 384 },
  { source: 'grass.png', name: 'grass', sidePx: 384 },
  { source: 'gravel.png', name: 'gravel', sidePx: 384 },
];
const quality = 85;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: join(dirname(fileURLToPath(import.meta.url)), '../../assets/photographs') },
  },
});
const [sourceDir] = positionals;
if (sourceDir === undefined) {
  throw new Error('no source folder was given; call: node tools/paint/photographs.mjs SOURCE_DIR [--out DIR]');
}

await mkdir(options.out, { recursive: true });
for (const { source, name, sidePx, trim = [0, 0, 0, 0], levels = false } of photographs) {
  const canvas = scaleDown(await loadImage(join(sourceDir, source)), sidePx, trim);
  if (levels) stretchLevels(canvas);
  const bytes = await canvas.encode('jpeg', quality);
  await writeFile(join(options.out, `${name}.jpg`), bytes);
  console.log(`${name}.jpg  ${canvas.width}×${canvas.height}  ${(bytes.length / 1000).toFixed(0)} kB`);
}

/** Halves the picture while it is more than twice too large, so that no source pixel is skipped; never enlarges. */
function scaleDown(image, sidePx, [left, top, right, bottom]) {
  let x = image.width * left;
  let y = image.height * top;
  let width = image.width * (1 - left - right);
  let height = image.height * (1 - top - bottom);
  const scale = Math.min(1, sidePx / Math.max(width, height));
  const target = { width: Math.round(width * scale), height: Math.round(height * scale) };
  for (let from = image; ;) {
    const halved = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
    const next = halved.width > target.width ? halved : target;
    const canvas = createCanvas(next.width, next.height);
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(from, x, y, width, height, 0, 0, next.width, next.height);
    if (next === target) return canvas;
    [from, x, y, width, height] = [canvas, 0, 0, next.width, next.height];
  }
}

/** Spreads the greens from the darkest to the brightest percent over nearly the full range; tints stay as strong. */
function stretchLevels(canvas) {
  const context = canvas.getContext('2d');
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = image;
  const greens = data.filter((_, i) => i % 4 === 1).sort();
  const low = greens[Math.floor(greens.length * 0.01)];
  const high = greens[Math.floor(greens.length * 0.99)];
  for (let i = 0; i < data.length; i += 4) {
    const green = data[i + 1];
    const change = 12 + ((green - low) * 226) / (high - low) - green;
    for (let c = 0; c < 3; c++) data[i + c] += change;
  }
  context.putImageData(image, 0, 0);
}
