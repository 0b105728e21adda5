/** Whether memory grows with the number of pictures: a straight line through a run's samples, with the interval of its slope. */
import { slopeOf } from '../stats/slope.js';

/** Memory when so many pictures were done. */
export interface MemorySample {
  readonly pictures: number;
  readonly bytes: number;
}

/** Slope in bytes a picture, with its 95% interval. */
export interface MemorySlope {
  readonly bytesPerPicture: number;
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}

/** Least squares through the means of equal stretches of pictures. Stretches without a sample are left out. */
export function memorySlope(samples: readonly MemorySample[]): MemorySlope {
  const { slope: bytesPerPicture, ...rest } = slopeOf(samples.map(({ pictures, bytes }) => ({ done: pictures, value: bytes })));
  return { bytesPerPicture, ...rest };
}

/** The slope in words, in MiB per thousand pictures. */
export function slopeText({ bytesPerPicture, low, high, from, to }: MemorySlope): string {
  const [slope, least, most] = [bytesPerPicture, low, high].map((bytes) => ((1_000 * bytes) / 1024 ** 2).toFixed(1));
  return `from picture ${String(from)} to ${String(to)} memory grows by ${slope ?? ''} MiB per 1,000 pictures [${least ?? ''}, ${most ?? ''}]`;
}
