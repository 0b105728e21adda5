/** A MobileNetV2 as named tensors, the reverse of reading it by Keras's names. */
import type { OutputTensor } from '../safetensors-write.js';
import type { MobileNetWeights } from './weights.js';

/** All tensors of a net under Keras's names, for writing as safetensors. BatchNorm stays as it is, apart or folded. */
export function mobileNetTensors(net: MobileNetWeights, dtype: OutputTensor['dtype']): Record<string, OutputTensor> {
  const tensors: Record<string, OutputTensor> = {};
  const vector = (values: Float32Array): OutputTensor => ({ shape: [values.length], dtype, values });
  for (const { name, normName, kind, kernelSize, inChannels, outChannels, weights, bias, batchNorm } of net.units) {
    const isDepthwise = kind === 'depthwise';
    tensors[`${name}/${isDepthwise ? 'depthwise_kernel' : 'kernel'}`] = {
      shape: [kernelSize, kernelSize, inChannels, isDepthwise ? 1 : outChannels],
      dtype,
      values: weights,
    };
    if (batchNorm === undefined || bias.some((value) => value !== 0)) tensors[`${name}/bias`] = vector(bias);
    if (batchNorm === undefined) continue;
    tensors[`${normName}/gamma`] = vector(batchNorm.gamma);
    tensors[`${normName}/beta`] = vector(batchNorm.beta);
    tensors[`${normName}/moving_mean`] = vector(batchNorm.mean);
    tensors[`${normName}/moving_variance`] = vector(batchNorm.variance);
  }
  if (net.dense !== undefined) {
    const { weights, bias, classes } = net.dense;
    tensors['predictions/kernel'] = { shape: [weights.length / classes, classes], dtype, values: weights };
    tensors['predictions/bias'] = vector(bias);
  }
  return tensors;
}
