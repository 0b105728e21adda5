/** Pictures that can be laid beside themselves without a seam. */
import { GramaryeError } from '../engine/errors.js';

/** Layers whose pooling the sides must survive. */
export interface SeamlessTaps {
  readonly styleLayers: readonly { readonly layer: string }[];
  readonly contentLayers: readonly string[];
}

/** What the sides of a seamless picture are multiples of: each block of the net after the first halves them, and nothing may be left over. */
export function seamlessMultiple({ styleLayers, contentLayers }: SeamlessTaps): number {
  const blocks = [...styleLayers.map(({ layer }) => layer), ...contentLayers].map((name) => Number(/^block(\d)/.exec(name)?.[1] ?? 1));
  return 2 ** (Math.max(1, ...blocks) - 1);
}

/** Checks the size and what does not go along. Throws `bad-option`. */
export function checkSeamless(settings: SeamlessTaps & { readonly height: number; readonly width: number; readonly tile?: number | 'auto' | 'off' }): void {
  const multiple = seamlessMultiple(settings);
  const { height, width, tile } = settings;
  const nearest = (side: number): string => String(Math.max(multiple, Math.round(side / multiple) * multiple));
  if (height % multiple !== 0 || width % multiple !== 0) {
    throw new GramaryeError(
      'bad-option',
      `A seamless picture of ${String(width)} × ${String(height)} px does not survive pooling: its sides must be multiples of ${String(multiple)} px.`,
      { remedy: `Choose for example ${nearest(width)} × ${nearest(height)} px.` },
    );
  }
  if (typeof tile === 'number') {
    throw new GramaryeError('bad-option', 'A seamless picture is computed as a whole, not in tiles.', { remedy: 'Leave out the tile or the seamlessness.' });
  }
}
