import { GramaryeError } from '../engine/errors.js';
import { vggLayerIndex } from '../models/vgg19.js';
import type { WeightedLayer } from './settings.js';

/** Style layers as a user writes them: NAME or NAME:WEIGHT between commas. Throws `bad-option`, or `unknown-layer` naming those there are. */
export function parseStyleLayers(text: string): WeightedLayer[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.map((part) => {
    const [layer = '', weight = '1', ...rest] = part.split(':').map((piece) => piece.trim());
    const value = Number(weight);
    if (rest.length > 0 || weight === '' || !(value >= 0 && Number.isFinite(value))) {
      throw new GramaryeError('bad-option', `The style layer "${part}" cannot be read.`, { remedy: 'Write for example block1_conv1:0.5, block3_conv1.' });
    }
    vggLayerIndex(layer);
    return { layer, weight: value };
  });
}

/** Content layers as a user writes them: names between commas. Throws `bad-option` for a weight, or `unknown-layer` naming those there are. */
export function parseContentLayers(text: string): string[] {
  return parseStyleLayers(text).map(({ layer, weight }) => {
    if (weight !== 1)
      throw new GramaryeError('bad-option', `The content layer ${layer} has a weight.`, {
        remedy: 'Give names alone, for example block4_conv2, block5_conv2.',
      });
    return layer;
  });
}

/** The reverse of {@link parseStyleLayers}. */
export function formatStyleLayers(layers: readonly WeightedLayer[]): string {
  return layers.map(({ layer, weight }) => (weight === 1 ? layer : `${layer}:${String(weight)}`)).join(', ');
}
