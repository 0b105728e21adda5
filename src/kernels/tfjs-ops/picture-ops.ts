import { callTfjsOp, mul, scalar, type TfjsOp } from '../../engine/tfjs-bridge-ops.js';
import { preprocess, preprocessGradient, type PreprocessAttributes } from '../preprocess/preprocess.js';
import { totalVariation, type TotalVariationAttributes } from '../total-variation/total-variation.js';
import { nth, output, shapeOf } from './outputs.js';

/** Total variation; its second output is the gradient, which the kernel gives in the same pass. */
export const totalVariationOp: TfjsOp<TotalVariationAttributes> = {
  name: 'totalVariation',
  outputsToSave: [false, true],
  run: (runtime, inputs, attributes) => {
    const outputs = runtime.run(totalVariation, attributes, inputs, { total: [], gradient: shapeOf(inputs, 'image') });
    return [output(outputs, 'total'), output(outputs, 'gradient')];
  },
  gradient: (dy, saved) => ({
    image: () => mul(nth(dy, 0), nth(saved, 0)),
    weight: () => mul(nth(dy, 0), scalar(0)),
  }),
};

/** A picture as a network wants it. */
export const preprocessOp: TfjsOp<PreprocessAttributes> = {
  name: 'preprocess',
  run: (runtime, inputs, attributes) => output(runtime.run(preprocess, attributes, inputs, { output: shapeOf(inputs, 'image') }), 'output'),
  gradient: (dy, _, attributes) => ({ image: () => nth(callTfjsOp('preprocessGradient', { outputGradient: nth(dy, 0) }, attributes), 0) }),
};

/** The gradient of {@link preprocessOp}. */
export const preprocessGradientOp: TfjsOp<PreprocessAttributes> = {
  name: 'preprocessGradient',
  run: (runtime, inputs, attributes) =>
    output(runtime.run(preprocessGradient, attributes, inputs, { imageGradient: shapeOf(inputs, 'outputGradient') }), 'imageGradient'),
};
