/** What the gallery shows: pictures that come with the project, and what is chosen for each. */
import type { StudioSettings } from '../../src/tasks/results/chosen-settings.js';

/** One picture of the gallery. */
export interface Exhibit {
  /** Of the file. */
  readonly name: string;
  /** One line on what it shows. */
  readonly shows: string;
  /** Below assets/photographs; a texture has none. */
  readonly content?: string;
  /** Below assets/. */
  readonly styles: readonly string[];
  readonly blend?: readonly number[];
  /** One for each style: the side of the soft ellipse in the middle that it goes to. */
  readonly masks?: readonly MaskName[];
  readonly chosen: Partial<StudioSettings>;
}

/** Masks that the gallery makes for itself. */
export type MaskName = 'inside' | 'outside';

const FINE: Partial<StudioSettings> = { preset: 'default', size: 224, styleSize: 224, steps: 80, optimizer: 'lbfgs', multiScale: true, contentStrength: 4 };
const TEXTURE: Partial<StudioSettings> = { preset: 'default-texture', size: 224, styleSize: 224, steps: 80, optimizer: 'lbfgs', multiScale: true };

/** The gallery, in the order of its page. */
export const EXHIBITS: readonly Exhibit[] = [
  { name: 'cat-flow-field', shows: 'From coarse to fine by L-BFGS', content: 'chelsea.jpg', styles: ['styles/flow-field.jpg'], chosen: FINE },
  {
    name: 'astronaut-stained-glass',
    shows: 'From coarse to fine by L-BFGS',
    content: 'astronaut.jpg',
    styles: ['styles/stained-glass.jpg'],
    chosen: { ...FINE, contentStrength: 1 },
  },
  {
    name: 'coffee-luminance',
    shows: 'The colours of the photograph, the light of the style',
    content: 'coffee.jpg',
    styles: ['styles/marbling.jpg'],
    chosen: { ...FINE, colours: 'luminance' },
  },
  {
    name: 'alps-ink-wasserstein',
    shows: 'Mean and covariance in place of Gram matrices',
    content: 'french-alpine-landscape.jpg',
    styles: ['styles/ink-wash.jpg'],
    chosen: { ...FINE, statistic: 'wasserstein' },
  },
  {
    name: 'rocket-risograph',
    shows: 'Adam at one size, with averaged iterates',
    content: 'rocket.jpg',
    styles: ['styles/risograph.jpg'],
    chosen: { preset: 'default', size: 224, styleSize: 224, average: 0.9 },
  },
  {
    name: 'astronaut-two-masks',
    shows: 'Stained glass inside a mask, woodcut outside',
    content: 'astronaut.jpg',
    styles: ['styles/stained-glass.jpg', 'styles/woodcut.jpg'],
    masks: ['inside', 'outside'],
    chosen: FINE,
  },
  {
    name: 'tulip-two-styles',
    shows: 'Two styles, two parts of the one to one of the other',
    content: 'allium-oreophilum.jpg',
    styles: ['styles/marbling.jpg', 'styles/flow-field.jpg'],
    blend: [2, 1],
    chosen: FINE,
  },
  {
    name: 'sheep-histogram',
    shows: 'The style brought to the histogram of the photograph, strokes of half the size',
    content: 'march-pastoral.jpg',
    styles: ['styles/flow-field.jpg'],
    chosen: { ...FINE, colours: 'histogram', styleScale: '0.7' },
  },
  { name: 'texture-stained-glass', shows: 'A texture from noise', styles: ['styles/stained-glass.jpg'], chosen: TEXTURE },
  {
    name: 'texture-marbling-seamless',
    shows: 'A texture that can be laid beside itself',
    styles: ['styles/marbling.jpg'],
    chosen: { ...TEXTURE, seamless: true },
  },
];
