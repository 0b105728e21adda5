/**
 * Paints the style pictures of this project.
 *
 *   node tools/paint/paint.mjs [--out DIR] [--only NAME] [--size N]
 *
 * Every picture is a pure function of its size: no clock, no Math.random.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { toCanvas } from './raster.mjs';
import { paintFlowField } from './styles/flow-field.mjs';
import { paintInkWash } from './styles/ink-wash.mjs';
import { paintMarbling } from './styles/marbling.mjs';
import { paintMosaic } from './styles/mosaic.mjs';
import { paintRisograph } from './styles/risograph.mjs';
import { paintStainedGlass } from './styles/stained-glass.mjs';
import { paintWoodcut } from './styles/woodcut.mjs';

/** Each paints a raster of the side given, in pixels. */
const painters = {
  'flow-field': paintFlowField,
  'ink-wash': paintInkWash,
  marbling: paintMarbling,
  mosaic: paintMosaic,
  risograph: paintRisograph,
  'stained-glass': paintStainedGlass,
  woodcut: paintWoodcut,
};

/** Painted at this many times the final size and averaged down, which smooths every edge. */
const oversampling = 2;
const sizeLimitBytes = 150_000;

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(dirname(fileURLToPath(import.meta.url)), '../../assets/styles') },
    only: { type: 'string' },
    size: { type: 'string', default: '512' },
  },
});
const size = Number(options.size);
if (!Number.isInteger(size) || size < 64 || size > 2048) {
  throw new RangeError(`--size is ${options.size}; give a whole number of pixels from 64 to 2048`);
}
const names = options.only === undefined ? Object.keys(painters) : [options.only];

await mkdir(options.out, { recursive: true });
for (const name of names) {
  const paint = painters[name];
  if (paint === undefined) {
    throw new RangeError(`--only is ${name}; give one of ${Object.keys(painters).join(', ')}`);
  }
  const startMs = performance.now();
  const canvas = toCanvas(paint(size * oversampling), oversampling);
  const { bytes, quality } = await encodeWithin(canvas, sizeLimitBytes * Math.max(1, (size / 512) ** 2));
  await writeFile(join(options.out, `${name}.jpg`), bytes);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${name}.jpg  ${size}×${size}  quality ${quality}  ${(bytes.length / 1000).toFixed(0)} kB  ${seconds} s`);
}

/** The best JPEG of at most so many bytes. */
async function encodeWithin(canvas, limitBytes) {
  for (let quality = 92; ; quality -= 2) {
    const bytes = await canvas.encode('jpeg', quality);
    if (bytes.length <= limitBytes || quality <= 60) return { bytes, quality };
  }
}
