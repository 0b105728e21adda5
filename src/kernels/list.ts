/** The kernels, one line each. A new one adds its line here, in alphabetical order; everything else is derived. */
export { adam } from './adam/adam.js';
export { advanceStep } from './advance-step/advance-step.js';
export { averagePool2x2, averagePool2x2Gradient } from './pool-2x2/average-pool-2x2.js';
export { contentLoss } from './content-loss/content-loss.js';
export { conv3x3BiasRelu } from './conv3x3-bias-relu/conv3x3-bias-relu.js';
export { conv3x3InputGradient } from './conv3x3-bias-relu/conv3x3-input-gradient.js';
export { fill } from './fill/fill.js';
export { gram } from './gram/gram.js';
export { gramLoss } from './gram-loss/gram-loss.js';
export { gramLossGradient } from './gram-loss-gradient/gram-loss-gradient.js';
export { maxPool2x2, maxPool2x2Gradient } from './pool-2x2/max-pool-2x2.js';
export { meanSquare } from './mean-square/mean-square.js';
export { preprocess, preprocessGradient } from './preprocess/preprocess.js';
export { recordLosses } from './record-losses/record-losses.js';
export { sum } from './sum/sum.js';
export { totalVariation } from './total-variation/total-variation.js';
