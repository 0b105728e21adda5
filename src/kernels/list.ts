/** The kernels, one line each. A new one adds its line here, in alphabetical order; everything else is derived. */
export { adam } from './adam/adam.js';
export { advanceStep } from './advance-step/advance-step.js';
export { contentLoss } from './content-loss/content-loss.js';
export { fill } from './fill/fill.js';
export { gram } from './gram/gram.js';
export { gramLoss } from './gram-loss/gram-loss.js';
export { gramLossGradient } from './gram-loss-gradient/gram-loss-gradient.js';
export { meanSquare } from './mean-square/mean-square.js';
export { recordLosses } from './record-losses/record-losses.js';
export { sum } from './sum/sum.js';
export { totalVariation } from './total-variation/total-variation.js';
