/**
 * Exact tiling, the geometry: which windows of a picture are computed one after the other, and what each owns. Pure. See
 * docs/adr/0012-exact-tiling.md.
 */
import { GramaryeError } from '../../engine/errors.js';
import type { Dimensions } from '../pictures/picture-size.js';
import type { StepLayer } from '../vgg-net.js';

/** A rectangle of pixels. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** A part of the picture that is computed at once. */
export interface Tile {
  /** What is read and what gradients are given to, in the picture. Its corner lies on a multiple of the stride. */
  readonly window: Rectangle;
  /** The pixels, and at every layer the features above them, that count as this tile's, in the window. */
  readonly owned: Rectangle;
  /** Index into {@link TilePlan.shapes}. */
  readonly shape: number;
}

/** How a picture is cut. */
export interface TilePlan extends Dimensions {
  /** Longer side of a window in px. */
  readonly tileSize: number;
  /** Pixels on a side that one position of the deepest layer stands for: windows and owned rectangles begin at multiples of it. */
  readonly stride: number;
  /** Pixels beyond an owned rectangle that its features depend on, rounded up to the stride. */
  readonly halo: number;
  readonly tiles: readonly Tile[];
  /** The sizes of windows that there are: one, or up to four where the picture's sides are no multiples of the stride. */
  readonly shapes: readonly Dimensions[];
  /** Rows and columns of the largest owned rectangle. */
  readonly owned: Dimensions;
}

/** Pooling and convolutions, as far as geometry needs them. */
export type LayerShape = Pick<StepLayer, 'name' | 'pooledBefore'>;

/** Pixels on a side that a position of each layer stands for. */
export function stridesOf(layers: readonly LayerShape[]): number[] {
  let stride = 1;
  return layers.map(({ pooledBefore }) => (stride *= pooledBefore ? 2 : 1));
}

/**
 * Pixels beyond a block of whole positions of the deepest layer that its features depend on: each 3×3 convolution reaches one position of
 * its own further, and pooling, as blocks are whole, none. 70 for block5_conv1, 86 for block5_conv2 (77 and 93 from a position's middle).
 */
export function receptiveHalo(layers: readonly LayerShape[]): number {
  return stridesOf(layers).reduce((sum, stride) => sum + stride, 0);
}

/** Stride and rounded halo of a net. */
export function tileMetrics(layers: readonly LayerShape[]): { readonly stride: number; readonly halo: number; readonly least: number } {
  const stride = stridesOf(layers).at(-1) ?? 1;
  const halo = Math.ceil(receptiveHalo(layers) / stride) * stride;
  return { stride, halo, least: 2 * halo + stride };
}

interface Interval {
  readonly first: number;
  readonly length: number;
  readonly ownedFirst: number;
  readonly ownedLength: number;
}

/** Windows along one side. All but the last are `tileSize` long; the last ends where the picture does. */
function cut(length: number, tileSize: number, stride: number, halo: number): Interval[] {
  if (length <= tileSize) return [{ first: 0, length, ownedFirst: 0, ownedLength: length }];
  // Counted in strides: the corner of the last window, and how far a corner may be from the one before.
  const last = Math.ceil((length - tileSize) / stride);
  const furthest = (tileSize - 2 * halo) / stride;
  const gaps = Math.ceil(last / furthest);
  const corners = Array.from({ length: gaps + 1 }, (_, k) => Math.floor((k * last) / gaps) * stride);
  // Two neighbours overlap by two halos or more; the border between them lies in the middle.
  const borders = corners.slice(1).map((corner, k) => Math.floor(((corners[k] ?? 0) + tileSize + corner) / 2 / stride) * stride);
  return corners.map((first, k) => {
    const ownedFirst = k === 0 ? 0 : (borders[k - 1] ?? 0);
    return { first, length: Math.min(tileSize, length - first), ownedFirst, ownedLength: (borders[k] ?? length) - ownedFirst };
  });
}

/**
 * Cuts a picture into windows of `tileSize` px for the layers up to the deepest tap. Throws `bad-option` where the size is no multiple
 * of the stride or leaves nothing between the halos.
 */
export function planTiles({ height, width }: Dimensions, layers: readonly LayerShape[], tileSize: number): TilePlan {
  const { stride, halo, least } = tileMetrics(layers);
  if (tileSize < least || tileSize % stride !== 0) {
    const deepest = layers.at(-1)?.name ?? 'the net';
    const near = Math.max(least, Math.round(tileSize / stride) * stride);
    throw new GramaryeError(
      'bad-option',
      `Tiles of ${String(tileSize)} px do not fit ${deepest}: a tile is a multiple of ${String(stride)} px, and ${String(halo)} px on each side are read only.`,
      { remedy: `Use ${String(near)} px, or another multiple of ${String(stride)} from ${String(least)} px on.` },
    );
  }
  const rows = cut(height, tileSize, stride, halo);
  const columns = cut(width, tileSize, stride, halo);
  const shapes: Dimensions[] = [];
  const tiles = rows.flatMap((row) =>
    columns.map((column): Tile => {
      const size = { height: row.length, width: column.length };
      let shape = shapes.findIndex((known) => known.height === size.height && known.width === size.width);
      if (shape < 0) shape = shapes.push(size) - 1;
      return {
        window: { top: row.first, left: column.first, rows: row.length, columns: column.length },
        owned: { top: row.ownedFirst - row.first, left: column.ownedFirst - column.first, rows: row.ownedLength, columns: column.ownedLength },
        shape,
      };
    }),
  );
  return {
    height,
    width,
    tileSize,
    stride,
    halo,
    tiles,
    shapes,
    owned: { height: Math.max(...tiles.map(({ owned }) => owned.rows)), width: Math.max(...tiles.map(({ owned }) => owned.columns)) },
  };
}

/** Rows and columns of a rectangle at a layer whose positions stand for `stride` px on a side; `rectangle` begins at a multiple of it. */
export function shrunk({ top, left, rows, columns }: Rectangle, stride: number): Rectangle {
  const at = (pixels: number): number => Math.floor(pixels / stride);
  return { top: at(top), left: at(left), rows: at(rows), columns: at(columns) };
}

/** Pixels computed over pixels of the picture: what the halos cost. */
export function overlap({ height, width, tiles }: TilePlan): number {
  return tiles.reduce((sum, { window }) => sum + window.rows * window.columns, 0) / (height * width);
}
