import type { Values } from '../../engine/contract.js';

/** An image [height, width, channels]; with `wrap` the other edge lies beyond an edge. */
interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly wrap?: boolean;
}

/**
 * In float64: scaled squares of the differences to the right and below, and the weighed gradient of their sum added to the one before, at the
 * pixels that are owned. A difference belongs to its left or upper pixel.
 */
export function weighedDifferences(
  { height, width, channels, wrap = false }: ImageShape,
  { scaleX, scaleY }: { readonly scaleX: number; readonly scaleY: number },
  owns: (y: number, x: number) => boolean,
  { image = new Float64Array(), weight = new Float64Array(), gradient: before = new Float64Array() }: Values,
): Values {
  const gradient = Float64Array.from(before);
  let total = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [nextY, nextX, scale] of [
        [y, x + 1, scaleX],
        [y + 1, x, scaleY],
      ] as const) {
        if (!wrap && (nextY >= height || nextX >= width)) continue;
        const [toY, toX] = [nextY % height, nextX % width];
        for (let c = 0; c < channels; c++) {
          const [from, to] = [(y * width + x) * channels + c, (toY * width + toX) * channels + c];
          const difference = (image[to] ?? 0) - (image[from] ?? 0);
          const slope = 2 * scale * (weight[0] ?? 0) * difference;
          if (owns(y, x)) total += scale * difference * difference;
          if (owns(y, x)) gradient[from] = (gradient[from] ?? 0) - slope;
          if (owns(toY, toX)) gradient[to] = (gradient[to] ?? 0) + slope;
        }
      }
    }
  }
  return { gradient, total: Float64Array.of(total) };
}
