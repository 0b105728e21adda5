/** Which examples a run takes, in which order, and under which keys their features lie. */
import { Philox } from '../../engine/random.js';
import type { LabelledFile } from '../datasets/dataset.js';
import { shuffled, splitExamples } from '../datasets/split.js';
import type { FineTuneSettings } from './settings.js';
import type { TailExample } from './tail-session.js';

const SHUFFLE_STREAM = 1_000;
const COPY_STREAM = 500_000;

/** The examples of a run by settings and seed: nothing of it depends on what was done before. */
export class ExamplePlan {
  readonly #examples: readonly LabelledFile[];
  readonly #classes: number;
  readonly #settings: FineTuneSettings;
  readonly #isTraining: ReadonlySet<number>;
  #training: readonly number[];
  #validation: readonly number[];

  constructor(examples: readonly LabelledFile[], classes: number, settings: FineTuneSettings) {
    this.#examples = examples;
    this.#classes = classes;
    this.#settings = settings;
    const { split: kind, validationShare: share, seed } = settings;
    const { training, validation } = splitExamples(
      examples.map(({ label }) => label),
      { kind, share, seed },
    );
    this.#training = training;
    this.#validation = validation;
    this.#isTraining = new Set(training);
  }

  /** Indices of the examples trained on. */
  get training(): readonly number[] {
    return this.#training;
  }

  /** Indices of those held back. */
  get validation(): readonly number[] {
    return this.#validation;
  }

  /** How many pictures are made of an example: the original, and changed copies of those trained on. */
  copiesOf(index: number): number {
    return this.#isTraining.has(index) ? this.#settings.augmentation.copies + 1 : 1;
  }

  /** Pictures of all examples together. */
  get pictureCount(): number {
    return this.#examples.reduce((sum, _, index) => sum + this.copiesOf(index), 0);
  }

  /** What the features of a copy are kept under. */
  key(index: number, copy: number): number {
    return index * (this.#settings.augmentation.copies + 1) + copy;
  }

  /** Leaves out the examples of which a picture is missing: a file may vanish between two copies. */
  keepThose(has: (key: number) => boolean): void {
    const isWhole = (index: number): boolean => Array.from({ length: this.copiesOf(index) }, (_, copy) => has(this.key(index, copy))).every(Boolean);
    this.#training = this.#training.filter(isWhole);
    this.#validation = this.#validation.filter(isWhole);
  }

  /** Examples to judge: originals, each counting the same. */
  plain(indices: readonly number[]): TailExample[] {
    return indices.map((index) => ({ key: this.key(index, 0), label: this.#labelOf(index), weight: 1 }));
  }

  /** The training examples in an epoch's order, each by one of its copies. */
  epoch(epoch: number): TailExample[] {
    const { seed } = this.#settings;
    const random = new Philox(seed, COPY_STREAM + epoch);
    const weights = this.#classWeights();
    return shuffled(this.#training, new Philox(seed, SHUFFLE_STREAM + epoch)).map((index) => {
      const copies = this.copiesOf(index);
      const copy = copies === 1 ? 0 : Math.floor(random.nextUniform() * copies);
      const label = this.#labelOf(index);
      return { key: this.key(index, copy), label, weight: weights[label] ?? 1 };
    });
  }

  /** n / (classes · n of the class), as scikit-learn's "balanced"; 1 without balancing. */
  #classWeights(): number[] {
    const counts = new Array<number>(this.#classes).fill(0);
    for (const index of this.#training) counts[this.#labelOf(index)] = (counts[this.#labelOf(index)] ?? 0) + 1;
    return counts.map((count) => (this.#settings.balanceClasses && count > 0 ? this.#training.length / (this.#classes * count) : 1));
  }

  #labelOf(index: number): number {
    return this.#examples[index]?.label ?? 0;
  }
}
