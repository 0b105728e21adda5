import { add, callTfjsOp, mul, scalar, transpose, type Tensor, type TfjsOp } from '../../engine/tfjs-bridge-ops.js';
import { gram, type GramAttributes } from '../gram/gram.js';
import { gramLoss } from '../gram-loss/gram-loss.js';
import { gramLossGradient } from '../gram-loss-gradient/gram-loss-gradient.js';
import { nth, output, shapeOf } from './outputs.js';

/** weight · 4 / (positions · channels²) · features · difference, of the features' shape. */
function featuresGradient(features: Tensor, difference: Tensor, weight: Tensor, attributes: GramAttributes): Tensor {
  return nth(callTfjsOp('gramLossGradient', { features, difference, weight }, attributes), 0);
}

/** Twice the symmetric part: both mirrored entries of a gradient to a Gram matrix reach the same features. */
function bothSides(matrix: Tensor): Tensor {
  return add(matrix, transpose(matrix));
}

/** The Gram matrix. d gram: features · (dy + dyᵀ) / positions, through the loss's gradient kernel with weight channels² / 4. */
export const gramOp: TfjsOp<GramAttributes> = {
  name: 'gram',
  inputsToSave: ['features'],
  run: (runtime, inputs, attributes) => output(runtime.run(gram, attributes, inputs), 'gram'),
  gradient: (dy, saved, attributes) => ({
    features: () => featuresGradient(nth(saved, 0), bothSides(nth(dy, 0)), scalar(attributes.channels ** 2 / 4), attributes),
  }),
};

/** The gradient kernel of the style loss as an op, for the gradients of the others. */
export const gramGradientOp: TfjsOp<GramAttributes> = {
  name: 'gramLossGradient',
  run: (runtime, inputs, attributes) => output(runtime.run(gramLossGradient, attributes, inputs, { gradient: shapeOf(inputs, 'features') }), 'gradient'),
};

/** The style loss of one tap; its second output is the difference, which the gradient needs. The normaliser is a constant. */
export const gramLossOp: TfjsOp<GramAttributes> = {
  name: 'gramLoss',
  inputsToSave: ['features', 'normaliser'],
  outputsToSave: [false, true],
  run: (runtime, inputs, attributes) => {
    const outputs = runtime.run(gramLoss, attributes, inputs, { loss: [] });
    return [output(outputs, 'loss'), output(outputs, 'difference')];
  },
  gradient: (dy, saved, attributes) => {
    const [features, normaliser, difference] = [nth(saved, 0), nth(saved, 1), nth(saved, 2)];
    const weight = mul(nth(dy, 0), normaliser);
    return {
      features: () => featuresGradient(features, mul(bothSides(difference), scalar(0.5)), weight, attributes),
      target: () => mul(mul(difference, weight), scalar(-2 / attributes.channels ** 2)),
      normaliser: () => mul(nth(dy, 0), scalar(0)),
    };
  },
};
