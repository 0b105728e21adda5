/** Whether memory grows with the number of pictures: a straight line through a run's samples, with the interval of its slope. */

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

/** Neighbouring samples depend on each other: means of so many stretches are taken for independent. */
const STRETCHES = 20;
/** Student's t for 95%, two-sided, with two degrees of freedom less than stretches. */
const T = 2.101;

/** Least squares through the means of equal stretches of pictures. Stretches without a sample are left out. */
export function memorySlope(samples: readonly MemorySample[]): MemorySlope {
  const counts = samples.map(({ pictures }) => pictures);
  const [from, to] = [Math.min(...counts), Math.max(...counts)];
  const stretches = Array.from({ length: STRETCHES }, (_, index) =>
    samples.filter(({ pictures }) => Math.min(STRETCHES - 1, Math.floor((STRETCHES * (pictures - from)) / (to - from))) === index),
  ).filter(({ length }) => length > 0);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = stretches.map((each) => mean(each.map(({ pictures }) => pictures)));
  const y = stretches.map((each) => mean(each.map(({ bytes }) => bytes)));
  const [meanX, meanY] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  const slope = x.reduce((sum, value, index) => sum + (value - meanX) * ((y[index] ?? 0) - meanY), 0) / spread;
  const rest = x.reduce((sum, value, index) => sum + ((y[index] ?? 0) - meanY - slope * (value - meanX)) ** 2, 0);
  const error = T * Math.sqrt(rest / (x.length - 2) / spread);
  return { bytesPerPicture: slope, low: slope - error, high: slope + error, from, to };
}

/** The slope in words, in MiB per thousand pictures. */
export function slopeText({ bytesPerPicture, low, high, from, to }: MemorySlope): string {
  const [slope, least, most] = [bytesPerPicture, low, high].map((bytes) => ((1_000 * bytes) / 1024 ** 2).toFixed(1));
  return `from picture ${String(from)} to ${String(to)} memory grows by ${slope ?? ''} MiB per 1,000 pictures [${least ?? ''}, ${most ?? ''}]`;
}
