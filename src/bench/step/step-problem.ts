/** The optimisation step that is measured whole: nets, pictures and settings. */
import { randomVgg19 } from '../../models/random-vgg19.js';
import type { VggWeights } from '../../models/vgg19.js';
import type { Picture } from '../../tasks/picture.js';
import type { StyleTransferSettings } from '../../tasks/settings.js';
import { noisePicture, type StyleTransferInputs } from '../../tasks/style-transfer.js';

/** Convolutions up to block5_conv2. */
const LAYERS = 14;
const nets = new Map<number, VggWeights>();

/** What a step is given. */
export interface StepProblem {
  readonly settings: StyleTransferSettings;
  readonly inputs: StyleTransferInputs;
  readonly start: Picture;
}

/**
 * Style at block1..5_conv1, content at block5_conv2, total variation, Adam; VGG19 with random weights and its widths divided by
 * `divisor`. The style picture is small: its targets are computed once and not timed.
 */
export function stepProblem(size: number, divisor: number): StepProblem {
  let net = nets.get(divisor);
  if (net === undefined) {
    net = randomVgg19({ seed: 1, divisor }, LAYERS);
    nets.set(divisor, net);
  }
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
  const start = noisePicture(size, size, 13);
  return { settings, start, inputs: { net, content: noisePicture(size, size, 11), styles: [noisePicture(32, 32, 12)], init: start } };
}
