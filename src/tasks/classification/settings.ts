/** How pictures are brought to a classifier, and its presets. */
import type { MobileNetWeights } from '../../models/mobilenet/weights.js';
import type { NetInputOptions, ResizeMode } from '../mobilenet/net-input.js';

/** What a user may choose. */
export interface ClassifierSettings {
  /** Side of the square input in pixels. */
  readonly size: number;
  readonly resize: ResizeMode;
  /** `model`: what the model's file says. `chapter`: blue, green, red over 255, whatever the model wants. */
  readonly preprocess: 'model' | 'chapter';
}

/**
 * Presets by name. `default`: the middle of the picture, the model's own preprocessing. `chapter`: the book chapter's conventions, which
 * its figures came from: squashed by OpenCV's interpolation, BGR as OpenCV reads files, pixels over 255.
 */
export const CLASSIFIER_PRESETS: Readonly<Record<'default' | 'chapter', ClassifierSettings>> = {
  default: { size: 224, resize: 'crop', preprocess: 'model' },
  chapter: { size: 224, resize: 'squash', preprocess: 'chapter' },
};

/** The numbers behind the settings, for one net. */
export function netInputOptions({ size, resize, preprocess }: ClassifierSettings, net: Pick<MobileNetWeights, 'input'>): NetInputOptions {
  return preprocess === 'chapter'
    ? { size, resize, order: 'bgr', scale: 1, offset: 0, antialias: false }
    : { size, resize, order: 'rgb', ...net.input, antialias: true };
}
