import { GramaryeError } from '../engine/errors.js';
import { MIN_SIDE_PX } from './picture.js';

/** A layer whose features count, and how much. */
export interface WeightedLayer {
  readonly layer: string;
  readonly weight: number;
}

/** Where the optimisation starts. */
export type InitKind = 'content' | 'noise' | 'style' | 'picture';

/** Everything that decides a result, besides the pictures and the net. */
export interface StyleTransferSettings {
  /** Size of the result in px. */
  readonly height: number;
  readonly width: number;
  readonly steps: number;
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
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly init: InitKind;
  /** Of the noise, where the run starts from noise. */
  readonly seed: number;
}

/** Weights and optimiser settings that may change while a run goes on. */
export type LiveSettings = Pick<StyleTransferSettings, 'styleWeight' | 'contentWeight' | 'tvWeight' | 'learningRate' | 'beta1' | 'beta2' | 'epsilon'>;

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
  if (settings.styleLayers.length === 0 && settings.contentLayers.length === 0) {
    throw new GramaryeError('bad-option', 'There is neither a style layer nor a content layer.', { remedy: 'Name at least one.' });
  }
  if (settings.styleBlend.length > 0 && settings.styleBlend.length !== styleCount) {
    throw new GramaryeError('bad-option', `There are ${String(settings.styleBlend.length)} blend weights for ${String(styleCount)} style pictures.`, {
      remedy: 'Give one weight for each style picture.',
    });
  }
  for (const weight of settings.styleBlend) requireRange('A blend weight', weight, 0, Number.MAX_VALUE);
  if (settings.styleBlend.length > 0 && settings.styleBlend.every((weight) => weight === 0)) {
    throw new GramaryeError('bad-option', 'Every blend weight is 0.', { remedy: 'Give at least one style a weight above 0.' });
  }
}
