/** Splitting examples into those to train on and those to judge by. */
import { GramaryeError } from '../../engine/errors.js';
import { Philox } from '../../engine/random.js';

/** `stratified`: the same share of every class, drawn by a seed. `last`: the end of the list as it stands, as Keras's validation_split. */
export type SplitKind = 'stratified' | 'last';

/** Indices into the examples. */
export interface Split {
  readonly training: readonly number[];
  readonly validation: readonly number[];
}

const SPLIT_STREAM = 21;

/** A seeded permutation (Fisher and Yates) of the values. */
export function shuffled<T>(values: readonly T[], random: Philox): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.nextUniform() * (i + 1));
    const [a, b] = [result[i], result[j]];
    if (a === undefined || b === undefined) continue;
    result[i] = b;
    result[j] = a;
  }
  return result;
}

/** Splits by labels. Of a class with one example nothing is held back. Throws `bad-option`. */
export function splitExamples(labels: readonly number[], options: { readonly kind: SplitKind; readonly share: number; readonly seed: number }): Split {
  const { kind, share, seed } = options;
  if (!(share >= 0 && share < 1))
    throw new GramaryeError('bad-option', `The validation split is ${String(share)}.`, { remedy: 'Use a share from 0 to below 1, e.g. 0.25.' });
  const all = labels.map((_, index) => index);
  if (kind === 'last') {
    // Keras: the first int(n · (1 - share)) examples are trained on.
    const cut = Math.floor(labels.length * (1 - share));
    return { training: all.slice(0, cut), validation: all.slice(cut) };
  }
  const random = new Philox(seed, SPLIT_STREAM);
  const validation = new Set<number>();
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const members = shuffled(
      all.filter((index) => labels[index] === label),
      random,
    );
    const count = Math.min(members.length - 1, Math.round(members.length * share));
    for (const index of members.slice(0, count)) validation.add(index);
  }
  return { training: all.filter((index) => !validation.has(index)), validation: all.filter((index) => validation.has(index)) };
}
