/** Whether something grows: a straight line through samples, with the interval of its slope. */

/** What was measured when so much was done. */
export interface SlopeSample {
  readonly done: number;
  readonly value: number;
}

/** By how much the value grows with one more done, with its 95% interval. */
export interface Slope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}

/** Neighbouring samples depend on each other: means of so many stretches are taken for independent. */
const STRETCHES = 20;
/** Student's t for 95%, two-sided, with two degrees of freedom less than stretches. */
const T = 2.101;

/** Least squares through the means of equal stretches. Stretches without a sample are left out. */
export function slopeOf(samples: readonly SlopeSample[]): Slope {
  const counts = samples.map(({ done }) => done);
  const [from, to] = [Math.min(...counts), Math.max(...counts)];
  const stretches = Array.from({ length: STRETCHES }, (_, index) =>
    samples.filter(({ done }) => Math.min(STRETCHES - 1, Math.floor((STRETCHES * (done - from)) / (to - from))) === index),
  ).filter(({ length }) => length > 0);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = stretches.map((each) => mean(each.map(({ done }) => done)));
  const y = stretches.map((each) => mean(each.map(({ value }) => value)));
  const [meanX, meanY] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  const slope = x.reduce((sum, value, index) => sum + (value - meanX) * ((y[index] ?? 0) - meanY), 0) / spread;
  const rest = x.reduce((sum, value, index) => sum + ((y[index] ?? 0) - meanY - slope * (value - meanX)) ** 2, 0);
  const error = T * Math.sqrt(rest / (x.length - 2) / spread);
  return { slope, low: slope - error, high: slope + error, from, to };
}
