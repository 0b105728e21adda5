/** Figures of predictions against labels. */

/** What a model said of one example. */
export interface Judgement {
  readonly id: string;
  /** Position of the example in the data set. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly confidence: number;
}

/** How one class fared. */
export interface ClassFigures {
  readonly name: string;
  readonly count: number;
  readonly hits: number;
  /** NaN for a class without examples. */
  readonly accuracy: number;
}

/** Rows are true classes, columns predicted ones. */
export function confusionMatrix(judgements: readonly Pick<Judgement, 'label' | 'predicted'>[], classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { label, predicted } of judgements) {
    const row = matrix[label];
    if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  return matrix;
}

/** Accuracy of each class. */
export function perClass(judgements: readonly Pick<Judgement, 'label' | 'predicted'>[], classes: readonly string[]): ClassFigures[] {
  return classes.map((name, index) => {
    const own = judgements.filter(({ label }) => label === index);
    const hits = own.filter(({ predicted }) => predicted === index).length;
    return { name, count: own.length, hits, accuracy: own.length === 0 ? NaN : hits / own.length };
  });
}

/** A share with its 95% interval. */
export interface Proportion {
  readonly hits: number;
  readonly count: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5% point of the standard normal distribution. */
const Z = 1.959963984540054;

/** The 95% score interval of a proportion (Wilson, "Probable inference, the law of succession, and statistical inference", 1927). */
export function wilson(hits: number, count: number): Proportion {
  if (count === 0) return { hits, count, share: NaN, low: 0, high: 1 };
  const share = hits / count;
  const denominator = 1 + Z ** 2 / count;
  const center = (share + Z ** 2 / (2 * count)) / denominator;
  const half = (Z / denominator) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  return { hits, count, share, low: Math.max(0, center - half), high: Math.min(1, center + half) };
}
