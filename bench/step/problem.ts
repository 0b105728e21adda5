/** One and the same optimisation step for every engine: nets, pictures, targets and weights of the losses. */
import { randomVgg19 } from '../../src/models/random-vgg19.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import type { Picture } from '../../src/tasks/picture.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { noisePicture } from '../../src/tasks/style-transfer.js';

/** What an engine is given. */
export interface StepProblem {
  readonly net: VggWeights;
  readonly settings: StyleTransferSettings;
  readonly content: Picture;
  readonly style: Picture;
  readonly start: Picture;
}

/** Layers up to block5_conv2. */
const LAYERS = 14;
let net: VggWeights | undefined;

/**
 * The problem of an image of `size`²: style at block1..5_conv1, content at block5_conv2, total variation, Adam; full-width
 * VGG19 with random weights. The style picture is small: its targets are computed once and not timed.
 */
export function stepProblem(size: number): StepProblem {
  net ??= randomVgg19({ seed: 1, divisor: 1 }, LAYERS);
  const settings: StyleTransferSettings = {
    height: size,
    width: size,
    steps: 1_000_000,
    styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
    contentLayers: ['block5_conv2'],
    styleWeight: 1e-2,
    contentWeight: 1,
    tvWeight: 10,
    styleNormalize: 'none',
    contentNormalize: 'none',
    contentLoss: 'mse',
    pooling: 'max',
    styleBlend: [],
    learningRate: 0.02,
    beta1: 0.99,
    beta2: 0.999,
    epsilon: 0.1,
    init: 'picture',
    seed: 0,
  };
  return { net, settings, content: noisePicture(size, size, 11), style: noisePicture(32, 32, 12), start: noisePicture(size, size, 13) };
}
