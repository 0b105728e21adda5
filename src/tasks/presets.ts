import { GramaryeError } from '../engine/errors.js';
import type { StyleTransferSettings, WeightedLayer } from './settings.js';

/** The first convolution of each block. */
const STYLE_LAYERS: readonly WeightedLayer[] = [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 }));
const CONTENT_LAYERS: readonly string[] = ['block5_conv2'];

/** A preset: settings, and the sizes it asks for (as the command line writes them). */
export interface Preset {
  readonly summary: string;
  readonly task: 'style-transfer' | 'texture-synthesis';
  readonly settings: Omit<StyleTransferSettings, 'height' | 'width'>;
  /** Longer side in px (aspect kept), or height × width (squashed). */
  readonly size: string;
  /** The same for the style pictures. */
  readonly styleSize: string;
}

/** The settings of the book chapter for textures; made for real VGG19. */
const CHAPTER_TEXTURE = {
  steps: 5_000,
  styleLayers: STYLE_LAYERS,
  contentLayers: [],
  contentWeight: 0,
  styleNormalize: 'none',
  contentNormalize: 'none',
  contentLoss: 'mse',
  pooling: 'max',
  styleBlend: [],
  learningRate: 0.2,
  beta1: 0.99,
  beta2: 0.999,
  epsilon: 0.1,
  init: 'noise',
  seed: 0,
} as const;

/** Ours: weights mean the same on any net, because every style term is relative to its target. */
const DEFAULT = {
  steps: 120,
  styleLayers: STYLE_LAYERS,
  styleWeight: 1,
  styleNormalize: 'target',
  contentNormalize: 'target',
  contentLoss: 'mse',
  pooling: 'max',
  styleBlend: [],
  learningRate: 0.05,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  seed: 0,
} as const;

/** All presets by name. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  default: {
    summary: 'Style transfer with each style term divided by the mean square of its target; works on any net.',
    task: 'style-transfer',
    settings: { ...DEFAULT, contentLayers: CONTENT_LAYERS, contentWeight: 0.03, tvWeight: 4, init: 'content' },
    size: '256',
    styleSize: '256',
  },
  'default-texture': {
    summary: 'Texture synthesis from noise with normalised style terms; works on any net.',
    task: 'texture-synthesis',
    settings: { ...DEFAULT, steps: 200, contentLayers: [], contentWeight: 0, tvWeight: 0, init: 'noise' },
    size: '256x256',
    styleSize: '256',
  },
  'chapter-texture-plain': {
    summary: 'The chapter’s texture synthesis without total variation.',
    task: 'texture-synthesis',
    settings: { ...CHAPTER_TEXTURE, styleWeight: 1, tvWeight: 0 },
    size: '224x224',
    styleSize: '224x224',
  },
  'chapter-texture': {
    summary: 'The chapter’s texture synthesis with total variation.',
    task: 'texture-synthesis',
    settings: { ...CHAPTER_TEXTURE, styleWeight: 0.1, tvWeight: 1e9 },
    size: '224x224',
    styleSize: '224x224',
  },
  'chapter-transfer': {
    summary: 'The chapter’s style transfer: squared-mean content loss, content start, style squashed to 224 × 224.',
    task: 'style-transfer',
    settings: {
      ...CHAPTER_TEXTURE,
      steps: 2_000,
      contentLayers: CONTENT_LAYERS,
      styleWeight: 0.01,
      contentWeight: 1e4,
      tvWeight: 1e9,
      contentLoss: 'squared-mean',
      learningRate: 0.001,
      init: 'content',
    },
    size: '512',
    styleSize: '224x224',
  },
};

/** A preset by name. Throws `bad-option` naming those there are. */
export function presetByName(name: string): Preset {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset === undefined) {
    throw new GramaryeError('bad-option', `There is no preset "${name}".`, { remedy: `Choose one of ${Object.keys(PRESETS).join(', ')}.` });
  }
  return preset;
}
