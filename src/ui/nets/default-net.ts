import { EMBEDDED_NETS } from '../../models/sources/embedded.js';

/** The network an element begins with: the embedded one of VGG19's shape, else random weights, which need no download. */
export const DEFAULT_NET: string = EMBEDDED_NETS.find(({ net }) => net === 'vgg19')?.name ?? 'random-vgg19/2';
