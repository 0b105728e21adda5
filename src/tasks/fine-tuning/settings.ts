/** Settings of a fine-tuning run and their presets. */
import { GramaryeError } from '../../engine/errors.js';
import type { ResizeMode } from '../mobilenet/net-input.js';
import type { ClassOrder } from '../datasets/labels-csv.js';
import type { SplitKind } from '../datasets/split.js';
import type { OptimizerKind } from './tail-program.js';

/** How the learning rate changes over the epochs. */
export type Schedule =
  | { readonly kind: 'constant' }
  /** Down to `floor` times the rate along half a cosine (Loshchilov and Hutter, "SGDR", 2017, without restarts). */
  | { readonly kind: 'cosine'; readonly floor: number }
  /** Times `factor` after every `epochs` epochs. */
  | { readonly kind: 'step'; readonly epochs: number; readonly factor: number };

/** Changed copies of the training pictures, made once and kept like the originals. */
export interface Augmentation {
  /** Changed copies per picture, besides the original. */
  readonly copies: number;
  /** Mirror left and right in half of the copies. */
  readonly flip: boolean;
  /** Largest zoom into a random part, as a share of the side: 0.2 takes at least 80% of it. */
  readonly zoom: number;
  /** Largest change of brightness, as a share. */
  readonly brightness: number;
  /** Largest change of colour: of saturation as a share, of hue in radians. */
  readonly colour: number;
}

/** When to stop before the last epoch. */
export interface EarlyStopping {
  /** Epochs without a better validation loss. */
  readonly patience: number;
}

/** A run's settings. */
export interface FineTuneSettings {
  /** Layers from the end that are trained, counted as Keras counts them. */
  readonly trainLast: number;
  readonly optimizer: OptimizerKind;
  readonly learningRate: number;
  /** Of SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly batchSize: number;
  readonly epochs: number;
  /**
   * First epochs that train the new dense layer alone, on the net as it was read, so that the random start of the layer does not spoil what
   * the net knows (Kumar et al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", 2022).
   */
  readonly headEpochs: number;
  /** Learning rate of these epochs, without a schedule. */
  readonly headLearningRate: number;
  readonly validationShare: number;
  readonly split: SplitKind;
  readonly classOrder: ClassOrder;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly augmentation: Augmentation;
  /** Weigh classes by how rare they are, so that each counts the same. */
  readonly balanceClasses: boolean;
  readonly earlyStopping: EarlyStopping | undefined;
  /** Side of the square that pictures are brought to, in pixels. */
  readonly size: number;
  readonly resize: ResizeMode;
  /** How the frozen part's outputs are kept. */
  readonly features: 'f16' | 'f32';
  /** Memory for them; what exceeds it goes to disk. */
  readonly memoryBudgetBytes: number;
  readonly batchNormMomentum: number;
}

const DEFAULT: FineTuneSettings = {
  trainLast: 20,
  optimizer: 'sgd',
  learningRate: 0.01,
  momentum: 0.9,
  nesterov: false,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  batchSize: 32,
  epochs: 10,
  headEpochs: 0,
  headLearningRate: 0.01,
  validationShare: 0.25,
  split: 'stratified',
  classOrder: 'alphabetical',
  seed: 0,
  schedule: { kind: 'constant' },
  augmentation: { copies: 0, flip: true, zoom: 0.2, brightness: 0.1, colour: 0 },
  balanceClasses: false,
  earlyStopping: undefined,
  size: 224,
  resize: 'squash',
  features: 'f16',
  memoryBudgetBytes: 1024 ** 3,
  batchNormMomentum: 0.999,
};

/** Presets by name. `chapter`: classes by first appearance, plain SGD 0.01, 10 epochs, the last quarter held back, batches of 32. */
export const FINE_TUNE_PRESETS: Readonly<Record<'default' | 'chapter', FineTuneSettings>> = {
  default: DEFAULT,
  chapter: { ...DEFAULT, momentum: 0, split: 'last', classOrder: 'first-appearance' },
};

function requireNumber(name: string, value: number, accepts: (value: number) => boolean, wanted: string): void {
  if (!Number.isFinite(value) || !accepts(value)) throw new GramaryeError('bad-option', `${name} is ${String(value)}.`, { remedy: `Use ${wanted}.` });
}

const isCount = (minimum: number) => (value: number) => Number.isInteger(value) && value >= minimum;

/** Throws `bad-option` naming the setting. */
export function checkFineTuneSettings(settings: FineTuneSettings): void {
  const { schedule, augmentation, earlyStopping } = settings;
  requireNumber('The learning rate', settings.learningRate, (value) => value > 0, 'a number above 0');
  requireNumber('The momentum', settings.momentum, (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  requireNumber('β1', settings.beta1, (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  requireNumber('β2', settings.beta2, (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  requireNumber('ε', settings.epsilon, (value) => value > 0, 'a number above 0');
  requireNumber('The batch size', settings.batchSize, isCount(1), 'a whole number of at least 1');
  requireNumber('The number of epochs', settings.epochs, isCount(1), 'a whole number of at least 1');
  requireNumber('The number of epochs of the dense layer alone', settings.headEpochs, isCount(0), 'a whole number of at least 0');
  requireNumber('The learning rate of the dense layer alone', settings.headLearningRate, (value) => value > 0, 'a number above 0');
  requireNumber('The validation split', settings.validationShare, (value) => value >= 0 && value < 1, 'a share from 0 to below 1, e.g. 0.25');
  requireNumber('The seed', settings.seed, isCount(0), 'a whole number of at least 0');
  requireNumber('The picture size', settings.size, (value) => Number.isInteger(value) && value >= 32 && value <= 1_024, 'a whole number from 32 to 1024');
  requireNumber('The number of copies', augmentation.copies, isCount(0), 'a whole number of at least 0');
  requireNumber('The zoom', augmentation.zoom, (value) => value >= 0 && value < 1, 'a share from 0 to below 1');
  requireNumber('The change of brightness', augmentation.brightness, (value) => value >= 0 && value < 1, 'a share from 0 to below 1');
  requireNumber('The change of colour', augmentation.colour, (value) => value >= 0 && value <= 1, 'a share from 0 to 1');
  requireNumber('The memory budget', settings.memoryBudgetBytes, (value) => value >= 0, 'a number of bytes');
  requireNumber('The BatchNorm momentum', settings.batchNormMomentum, (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  if (earlyStopping !== undefined) {
    requireNumber('The patience', earlyStopping.patience, isCount(1), 'a whole number of at least 1');
    if (settings.validationShare === 0) throw new GramaryeError('bad-option', 'Early stopping needs a validation split.', { remedy: 'Set one above 0.' });
  }
  if (schedule.kind === 'step') requireNumber('The step of the schedule', schedule.epochs, isCount(1), 'a whole number of epochs');
}

/** Learning rate of an epoch, counted from 0; the schedule begins behind the epochs of the dense layer alone. */
export function learningRateOf({ learningRate, schedule, epochs, headEpochs, headLearningRate }: FineTuneSettings, epoch: number): number {
  if (epoch < headEpochs) return headLearningRate;
  const done = epoch - headEpochs;
  switch (schedule.kind) {
    case 'constant':
      return learningRate;
    case 'step':
      return learningRate * schedule.factor ** Math.floor(done / schedule.epochs);
    case 'cosine': {
      const share = 0.5 * (1 + Math.cos((Math.PI * done) / Math.max(1, epochs - headEpochs - 1)));
      return learningRate * (schedule.floor + (1 - schedule.floor) * share);
    }
  }
}
