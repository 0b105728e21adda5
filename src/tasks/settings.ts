import { GramaryeError } from '../engine/errors.js';
import { checkScales, type ScaleSettings } from './multi-scale/scale-settings.js';
import { checkSeamless } from './seamless.js';
import { MIN_SIDE_PX } from './picture.js';

export type { ScaleSettings } from './multi-scale/scale-settings.js';

/** A side of tiles as a user writes it: pixels, `auto` or `off`. Throws `bad-option`. */
export function parseTile(text: string): NonNullable<StyleTransferSettings['tile']> {
  if (text === 'auto' || text === 'off') return text;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new GramaryeError('bad-option', `The tile is "${text}".`, { remedy: 'Give a whole number of pixels, auto or off.' });
}

/** A layer whose features count, and how much. */
export interface WeightedLayer {
  readonly layer: string;
  readonly weight: number;
}

/**
 * Where the optimisation starts: `style` is the middle of the first style picture at the size of the result; `picture` one that is given, such
 * as an earlier result.
 */
export const INIT_KINDS = ['content', 'noise', 'style', 'grey', 'picture'] as const;

/** One of {@link INIT_KINDS}. */
export type InitKind = (typeof INIT_KINDS)[number];

/** How the image is changed in every step. */
export type OptimizerName = 'adam' | 'lbfgs';

/** Pairs that L-BFGS keeps where nothing else is said. */
export const DEFAULT_HISTORY = 10;

/**
 * Whose colours the result has: the style's; the content's, of which only the luminance is painted; or those of the style pictures after they
 * were brought to the content's mean and covariance or histogram.
 */
export const COLOUR_KINDS = ['style', 'luminance', 'covariance', 'histogram'] as const;

/** One of {@link COLOUR_KINDS}. */
export type ColourKind = (typeof COLOUR_KINDS)[number];

/** A statistic of features that makes a style. */
export const STYLE_STATISTICS = ['gram', 'wasserstein'] as const;

/** One of {@link STYLE_STATISTICS}. */
export type StyleStatistic = (typeof STYLE_STATISTICS)[number];

/**
 * What feature maps, gradients and weights are stored in. `f16` halves their memory and traffic; arithmetic, sums, Gram matrices, losses,
 * image and optimiser are f32 either way. It works on every adapter; those with `shader-f16` do it faster.
 */
export type Precision = 'f32' | 'f16';

/** Everything that decides a result, besides the pictures and the net. */
export interface StyleTransferSettings {
  /** Size of the result in px. */
  readonly height: number;
  readonly width: number;
  readonly steps: number;
  /** What is compared at a style tap: Gram matrices (default), or mean and covariance by their Wasserstein-2 distance. */
  readonly statistic?: StyleStatistic;
  /** Regions of masks, one a style; the run sets it from its masks. */
  readonly regions?: number;
  /** Sizes of the style pictures as multiples of the size they are given at, one a style. Empty or undefined: all 1. */
  readonly styleScales?: readonly number[];
  /** Taps of the style loss by Keras layer name; each term is multiplied by its weight. */
  readonly styleLayers: readonly WeightedLayer[];
  /** Taps of the content loss; none for texture synthesis. */
  readonly contentLayers: readonly string[];
  readonly styleWeight: number;
  readonly contentWeight: number;
  readonly tvWeight: number;
  /** `target` divides each style term by the mean square of its target, so that weights mean the same on any net. */
  readonly styleNormalize: 'none' | 'target';
  /** `target` divides each content term by the mean square of its target, likewise. */
  readonly contentNormalize: 'none' | 'target';
  /** `mse`: mean((F − P)²); `squared-mean`: (mean(F − P))². */
  readonly contentLoss: 'mse' | 'squared-mean';
  readonly pooling: 'max' | 'avg';
  /** Weights of several styles; their Gram targets are averaged with these. Empty: all alike. */
  readonly styleBlend: readonly number[];
  /** Default `adam`. L-BFGS takes fewer steps to the same loss and keeps `history` pairs of images. */
  readonly optimizer?: OptimizerName;
  /** Pairs that L-BFGS keeps, from 1 to 32; default 10. */
  readonly history?: number;
  /** Of Adam; of L-BFGS the root mean square of the first step's change. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /**
   * Side of the tiles in px that the picture is computed in, with the same result; `off`: never; default `auto`: where the picture as a
   * whole exceeds the memory budget or what the device binds at once.
   */
  readonly tile?: number | 'auto' | 'off';
  /**
   * The result can be laid beside itself without a seam: every convolution and the total variation see the other edge beyond an edge. Height and
   * width must be multiples of what the deepest tap's pooling divides by: 16 for those of block 5.
   */
  readonly seamless?: boolean;
  /** From coarse to fine; without it every step is taken at the size of the result. */
  readonly scales?: ScaleSettings;
  /**
   * Of a frame of a sequence: factor of the mean squared difference to the result before it, where the content did not change. 0 or
   * undefined: a frame only starts from there.
   */
  readonly temporalWeight?: number;
  /** Decay of the bias-corrected average of iterates that is shown and is the result; 0 or undefined: the last iterate itself. */
  readonly averageDecay?: number;
  /** Default `style`. The others need a content picture. */
  readonly colours?: ColourKind;
  readonly init: InitKind;
  /** Of the noise, where the run starts from noise or grey. */
  readonly seed: number;
  /** Default f32. */
  readonly precision?: Precision;
  /**
   * In f16, the power of two that gradients are multiplied with on their way, so that they neither overflow nor vanish. Default:
   * chosen by evaluating the first image, and again when gradients overflow or all but vanish.
   */
  readonly gradientScale?: number;
}

/** Weights and optimiser settings that may change while a run goes on. */
export type LiveSettings = Pick<StyleTransferSettings, 'styleWeight' | 'contentWeight' | 'tvWeight' | 'learningRate' | 'beta1' | 'beta2' | 'epsilon'>;

/** Gradient scales lie between two to the minus and plus of this: beyond it weights times scale would leave f32. */
export const MAX_SCALE_EXPONENT = 60;

function requireRange(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new GramaryeError('bad-option', `${name} is ${String(value)}; it must lie between ${String(low)} and ${String(high)}.`);
  }
}

/** Checks the settings that may change while a run goes on. Throws `bad-option`. */
export function checkLiveSettings(settings: LiveSettings): void {
  const large = Number.MAX_VALUE;
  requireRange('The style weight', settings.styleWeight, 0, large);
  requireRange('The content weight', settings.contentWeight, 0, large);
  requireRange('The total-variation weight', settings.tvWeight, 0, large);
  requireRange('The learning rate', settings.learningRate, 0, large);
  requireRange('beta1', settings.beta1, 0, 1 - 1e-9);
  requireRange('beta2', settings.beta2, 0, 1 - 1e-9);
  requireRange('epsilon', settings.epsilon, Number.MIN_VALUE, large);
}

/** Checks all settings. Throws `bad-option` naming the setting. */
export function checkSettings(settings: StyleTransferSettings, styleCount: number): void {
  checkLiveSettings(settings);
  for (const [name, value] of [
    ['height', settings.height],
    ['width', settings.width],
  ] as const) {
    if (!Number.isInteger(value)) throw new GramaryeError('bad-option', `The ${name} is ${String(value)}; it must be a whole number of pixels.`);
    requireRange(`The ${name}`, value, MIN_SIDE_PX, 65_536);
  }
  if (!Number.isInteger(settings.steps)) throw new GramaryeError('bad-option', `steps is ${String(settings.steps)}; it must be a whole number.`);
  requireRange('steps', settings.steps, 0, 10_000_000);
  const { history = DEFAULT_HISTORY } = settings;
  if (!Number.isInteger(history)) throw new GramaryeError('bad-option', `history is ${String(history)}; it must be a whole number of pairs.`);
  requireRange('history', history, 1, 32);
  if (settings.precision === 'f16' && settings.statistic === 'wasserstein') {
    throw new GramaryeError('bad-option', 'The Wasserstein distance is computed in f32 only; this run stores features in f16.', {
      remedy: 'Choose precision f32, or the statistic gram.',
    });
  }
  const { styleScales = [] } = settings;
  if (styleScales.length > 0 && styleScales.length !== styleCount) {
    throw new GramaryeError('bad-option', `There are ${String(styleScales.length)} style scales for ${String(styleCount)} style pictures.`, {
      remedy: 'Give one for each style picture.',
    });
  }
  for (const scale of styleScales) requireRange('A style scale', scale, 0.05, 20);
  requireRange('The temporal weight', settings.temporalWeight ?? 0, 0, Number.MAX_VALUE);
  requireRange('The decay of the average', settings.averageDecay ?? 0, 0, 1 - 1e-6);
  if (settings.seamless === true) checkSeamless(settings);
  if (settings.scales !== undefined) checkScales(settings.scales);
  if (settings.styleLayers.length === 0 && settings.contentLayers.length === 0) {
    throw new GramaryeError('bad-option', 'There is neither a style layer nor a content layer.', { remedy: 'Name at least one.' });
  }
  if (settings.styleBlend.length > 0 && settings.styleBlend.length !== styleCount) {
    throw new GramaryeError('bad-option', `There are ${String(settings.styleBlend.length)} blend weights for ${String(styleCount)} style pictures.`, {
      remedy: 'Give one weight for each style picture.',
    });
  }
  // Settings come from files as well.
  if (!['f32', 'f16', undefined].includes(settings.precision)) {
    throw new GramaryeError('bad-option', `The precision is "${String(settings.precision)}".`, { remedy: 'Use f32 or f16.' });
  }
  const { tile = 'auto' } = settings;
  if (tile !== 'auto' && tile !== 'off' && !(Number.isInteger(tile) && tile >= MIN_SIDE_PX)) {
    throw new GramaryeError('bad-option', `The tile is "${String(tile)}".`, { remedy: 'Give a whole number of pixels, auto or off.' });
  }
  if (settings.gradientScale !== undefined) {
    requireRange('The gradient scale', settings.gradientScale, 2 ** -MAX_SCALE_EXPONENT, 2 ** MAX_SCALE_EXPONENT);
    if (!Number.isInteger(Math.log2(settings.gradientScale))) {
      throw new GramaryeError('bad-option', `The gradient scale is ${String(settings.gradientScale)}; it must be a power of two.`, {
        remedy: 'Use for example 1024, or leave it out.',
      });
    }
  }
  for (const weight of settings.styleBlend) requireRange('A blend weight', weight, 0, Number.MAX_VALUE);
  if (settings.styleBlend.length > 0 && settings.styleBlend.every((weight) => weight === 0)) {
    throw new GramaryeError('bad-option', 'Every blend weight is 0.', { remedy: 'Give at least one style a weight above 0.' });
  }
}
