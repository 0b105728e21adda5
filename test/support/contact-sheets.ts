/** Many small pictures on few large ones: a sheet for each way of looking at an element, with all its states. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';

/** Roughly the width of a sheet in px. */
const WIDTH_PX = 2_000;
const GAP_PX = 24;
const CAPTION_PX = 30;
const QUALITY = 60;

/** A picture with the words beneath it, and how large it is kept. */
interface Entry {
  readonly caption: string;
  readonly png: Uint8Array;
  readonly scale: number;
}

/** Collects pictures by sheet, in order. */
export class ContactSheets {
  readonly #sheets = new Map<string, Entry[]>();

  /** Adds a picture. */
  add(sheet: string, entry: Entry): void {
    this.#sheets.set(sheet, [...(this.#sheets.get(sheet) ?? []), entry]);
  }

  /** Writes `NAME-SHEET.webp` for every sheet. */
  async write(folder: string, name: string): Promise<void> {
    for (const [sheet, entries] of this.#sheets) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}-${sheet}.webp`), await drawSheet(entries));
    }
  }
}

async function drawSheet(entries: readonly Entry[]): Promise<Buffer> {
  const pictures = await Promise.all(
    entries.map(async ({ caption, png, scale }) => {
      const image = await loadImage(Buffer.from(png));
      return { caption, image, width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
    }),
  );
  const cellWidth = Math.max(...pictures.map(({ width }) => width)) + GAP_PX;
  const columns = Math.max(1, Math.min(pictures.length, Math.floor(WIDTH_PX / cellWidth)));
  const rows = Array.from({ length: Math.ceil(pictures.length / columns) }, (_, row) => pictures.slice(row * columns, (row + 1) * columns));
  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)) + CAPTION_PX + GAP_PX);
  const canvas = createCanvas(
    columns * cellWidth + GAP_PX,
    heights.reduce((sum, height) => sum + height, GAP_PX),
  );
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#6f6a62';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = '18px sans-serif';
  let top = GAP_PX;
  rows.forEach((row, index) => {
    row.forEach(({ caption, image, width, height }, column) => {
      const left = GAP_PX + column * cellWidth;
      context.drawImage(image, left, top, width, height);
      context.fillStyle = '#ffffff';
      context.fillText(caption, left, top + height + 20);
    });
    top += heights[index] ?? 0;
  });
  return canvas.encode('webp', QUALITY);
}
