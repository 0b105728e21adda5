/** How many operations a Winograd variant really does. */
import type { Attributes } from '../../engine/contract.js';
import { ceilDiv } from '../../engine/grid.js';
import { F2, F4 } from '../../kernels/winograd/method.js';

/** Winograd's methods by their id. */
export const METHODS_BY_ID = { f2: F2, f4: F4 } as const;

/**
 * Operations of the products of a Winograd variant of a 3×3 convolution, transforms not counted; undefined for other variants
 * and other kernels. 2 points · tiles · inChannels · outChannels.
 */
export function winogradFlops(variant: string, attributes: Attributes): number | undefined {
  const [, method] = /^winograd-(f2|f4)/.exec(variant) ?? [];
  const { height, width, inChannels, outChannels } = attributes;
  if (method === undefined || typeof height !== 'number' || typeof width !== 'number' || typeof inChannels !== 'number' || typeof outChannels !== 'number')
    return undefined;
  const { tile, points } = METHODS_BY_ID[method as keyof typeof METHODS_BY_ID];
  return 2 * points * ceilDiv(height, tile) * ceilDiv(width, tile) * inChannels * outChannels;
}
