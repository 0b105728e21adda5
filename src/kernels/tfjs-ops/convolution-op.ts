import { callTfjsOp, mul, onesLike, reshape, step, stockFilterGradient, sum, type Tensor, type TfjsOp } from '../../engine/tfjs-bridge-ops.js';
import { conv3x3BiasRelu } from '../conv3x3-bias-relu/conv3x3-bias-relu.js';
import { conv3x3InputGradient } from '../conv3x3-bias-relu/conv3x3-input-gradient.js';
import type { Conv3x3Attributes } from '../conv3x3-bias-relu/shared.js';
import { mapShape, nth, output, shapeOf } from './outputs.js';

type Dimensions = Omit<Conv3x3Attributes, 'relu'>;

/** 3×3 convolution with bias and ReLU. The gradient to the filter is tfjs's own: the tasks that use this kernel freeze it. */
export const convolutionOp: TfjsOp<Conv3x3Attributes> = {
  name: 'conv3x3BiasRelu',
  inputsToSave: ['input', 'weights'],
  outputsToSave: [true],
  run: (runtime, inputs, attributes) => {
    const { height, width, outChannels } = attributes;
    const shape = mapShape(shapeOf(inputs, 'input'), height, width, outChannels);
    return output(runtime.run(conv3x3BiasRelu, attributes, inputs, { output: shape }), 'output');
  },
  gradient: (dy, saved, { relu, ...dimensions }) => {
    const [input, weights, result] = [nth(saved, 0), nth(saved, 1), nth(saved, 2)];
    const { height, width, inChannels, outChannels } = dimensions;
    // Without a ReLU the gradient passes everywhere.
    const mask = (): Tensor => (relu ? result : onesLike(result));
    const masked = (): Tensor => (relu ? mul(nth(dy, 0), step(result)) : nth(dy, 0));
    return {
      input: () => nth(callTfjsOp('conv3x3InputGradient', { outputGradient: nth(dy, 0), output: mask(), weights }, dimensions), 0),
      weights: () =>
        stockFilterGradient(reshape(input, [1, height, width, inChannels]), reshape(masked(), [1, height, width, outChannels]), [
          3,
          3,
          inChannels,
          outChannels,
        ]),
      bias: () => sum(reshape(masked(), [height * width, outChannels]), 0),
    };
  },
};

/** The gradient of {@link convolutionOp} to its input. */
export const inputGradientOp: TfjsOp<Dimensions> = {
  name: 'conv3x3InputGradient',
  run: (runtime, inputs, attributes) => {
    const { height, width, inChannels } = attributes;
    const shape = mapShape(shapeOf(inputs, 'output'), height, width, inChannels);
    return output(runtime.run(conv3x3InputGradient, attributes, inputs, { inputGradient: shape }), 'inputGradient');
  },
};
