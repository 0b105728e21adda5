import { callTfjsOp, type TfjsOp } from '../../engine/tfjs-bridge-ops.js';
import { averagePool2x2, averagePool2x2Gradient } from '../pool-2x2/average-pool-2x2.js';
import { maxPool2x2, maxPool2x2Gradient } from '../pool-2x2/max-pool-2x2.js';
import type { PoolAttributes } from '../pool-2x2/shared.js';
import { mapShape, nth, output, shapeOf } from './outputs.js';

function pooledShape(like: readonly number[], { height, width, channels }: PoolAttributes): number[] {
  return mapShape(like, Math.floor(height / 2), Math.floor(width / 2), channels);
}

/** 2×2 maximum pooling. */
export const maxPoolOp: TfjsOp<PoolAttributes> = {
  name: 'maxPool2x2',
  inputsToSave: ['input'],
  run: (runtime, inputs, attributes) =>
    output(runtime.run(maxPool2x2, attributes, inputs, { output: pooledShape(shapeOf(inputs, 'input'), attributes) }), 'output'),
  gradient: (dy, saved, attributes) => ({
    input: () => nth(callTfjsOp('maxPool2x2Gradient', { input: nth(saved, 0), outputGradient: nth(dy, 0) }, attributes), 0),
  }),
};

/** The gradient of {@link maxPoolOp}. */
export const maxPoolGradientOp: TfjsOp<PoolAttributes> = {
  name: 'maxPool2x2Gradient',
  run: (runtime, inputs, attributes) =>
    output(runtime.run(maxPool2x2Gradient, attributes, inputs, { inputGradient: shapeOf(inputs, 'input') }), 'inputGradient'),
};

/** 2×2 average pooling. */
export const averagePoolOp: TfjsOp<PoolAttributes> = {
  name: 'averagePool2x2',
  run: (runtime, inputs, attributes) =>
    output(runtime.run(averagePool2x2, attributes, inputs, { output: pooledShape(shapeOf(inputs, 'input'), attributes) }), 'output'),
  gradient: (dy, _, attributes) => ({ input: () => nth(callTfjsOp('averagePool2x2Gradient', { outputGradient: nth(dy, 0) }, attributes), 0) }),
};

/** The gradient of {@link averagePoolOp}. */
export const averagePoolGradientOp: TfjsOp<PoolAttributes> = {
  name: 'averagePool2x2Gradient',
  run: (runtime, inputs, attributes) => {
    const { height, width, channels } = attributes;
    const shape = mapShape(shapeOf(inputs, 'outputGradient'), height, width, channels);
    return output(runtime.run(averagePool2x2Gradient, attributes, inputs, { inputGradient: shape }), 'inputGradient');
  },
};
