import { GramaryeError } from '../../engine/errors.js';
import type { Tensor, TensorInfo } from '../../engine/tfjs-bridge-ops.js';

/** An output by name. Throws `internal` when the kernel has none of that name. */
export function output(outputs: Readonly<Record<string, TensorInfo>>, name: string): TensorInfo {
  const info = outputs[name];
  if (info === undefined) throw new GramaryeError('internal', `A kernel has no output ${name}.`);
  return info;
}

/** The n-th of saved tensors or gradients. Throws `internal` when there are fewer. */
export function nth(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined)
    throw new GramaryeError('internal', `tfjs passed ${String(tensors.length)} tensors to a gradient; wanted more than ${String(index)}.`);
  return tensor;
}

/** The shape of an input, so that a gradient gets the shape of what it is a gradient to. */
export function shapeOf(inputs: Readonly<Record<string, TensorInfo>>, name: string): number[] {
  return [...(inputs[name]?.shape ?? [])];
}

/** A feature map's shape with another height, width and channels, keeping a batch of 1. */
export function mapShape(like: readonly number[], height: number, width: number, channels: number): number[] {
  return like.length === 4 ? [1, height, width, channels] : [height, width, channels];
}
