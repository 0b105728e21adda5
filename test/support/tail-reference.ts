/** Training the last layers of a MobileNetV2 in float64, by the kernels' references: slow and plain. */
import type { Values } from '../../src/engine/contract.js';
import * as kernels from '../../src/kernels/index.js';
import { momentsOf } from '../../src/kernels/batch-norm/dimensions.js';
import { isIdentity, type NetLayer } from '../../src/tasks/mobilenet/layers.js';

const EMPTY = new Float64Array();

/** Trained tensors by Keras's name: `layer/kernel`, `layer/bias`, `layer/gamma`, `layer/beta`; moving moments `layer/moments`. */
export type TailTensors = Map<string, Float64Array>;

/** What one batch gives. */
export interface TailOutcome {
  readonly losses: Float64Array;
  readonly probabilities: Float64Array;
  /** By trained tensor; empty in inference. */
  readonly gradients: TailTensors;
}

/** Runs a batch forward and, in training, backward; the moving averages in `tensors` are then updated. */
export function tailReference(
  trained: readonly NetLayer[],
  tensors: TailTensors,
  features: ReadonlyMap<string, Float64Array>,
  batch: { readonly size: number; readonly labels: Float64Array; readonly weights: Float64Array },
  mode: 'training' | 'inference',
  momentum: number,
): TailOutcome {
  const values = new Map(features);
  const inputSizes = new Map<string, { height: number; width: number; channels: number }>();
  const moments = new Map<string, Float64Array>();
  const valueOf = (name: string | undefined): Float64Array => {
    const value = values.get(name ?? '');
    if (value === undefined) throw new Error(`No value ${name ?? ''}`);
    return value;
  };
  const tensor = (name: string): Float64Array => tensors.get(name) ?? EMPTY;
  const { size } = batch;
  for (const layer of trained) {
    const input = valueOf(layer.inputs[0]);
    if (isIdentity(layer)) {
      values.set(layer.name, input);
      continue;
    }
    const [weights, bias] = [tensor(`${layer.name}/kernel`), tensor(`${layer.name}/bias`)];
    const dimensions = { pixels: size * layer.height * layer.width, channels: layer.channels };
    const fused = { bias: bias.length > 0, relu6: false };
    const inChannels = input.length / (size * layer.height * layer.width);
    let result: Values = {};
    switch (layer.kind) {
      case 'conv':
      case 'dense':
        result = kernels.pointwiseConv.reference({ pixels: dimensions.pixels, inChannels, outChannels: layer.channels, ...fused }, { input, weights, bias });
        break;
      case 'depthwise':
        result = kernels.depthwiseConv3x3.reference({ ...geometryOf(layer, size, input), ...fused }, { input, weights, bias });
        break;
      case 'batch-norm': {
        const own = mode === 'training' ? momentsOf(dimensions, input) : tensor(`${layer.name}/moments`);
        moments.set(layer.name, own);
        if (mode === 'training') {
          tensors.set(
            `${layer.name}/moments`,
            tensor(`${layer.name}/moments`).map((old, i) => momentum * old + (1 - momentum) * (own[i] ?? 0)),
          );
        }
        const [gamma, beta] = [tensor(`${layer.name}/gamma`), tensor(`${layer.name}/beta`)];
        result = kernels.batchNorm.reference({ ...dimensions, epsilon: 1e-3, relu6: false }, { input, gamma, beta, moments: own });
        break;
      }
      case 'relu6':
        result = { output: input.map((value) => Math.min(6, Math.max(0, value))) };
        break;
      case 'add':
        result = { output: input.map((value, i) => value + (valueOf(layer.inputs[1])[i] ?? 0)) };
        break;
      case 'pool': {
        const pixels = input.length / (size * layer.channels);
        inputSizes.set(layer.name, { height: pixels, width: 1, channels: layer.channels });
        result = kernels.globalAveragePool.reference({ batch: size, pixels, channels: layer.channels }, { input });
        break;
      }
      case 'input':
      case 'pad':
        throw new Error(layer.kind);
    }
    values.set(layer.name, result.output ?? EMPTY);
  }
  const last = trained.at(-1);
  const classes = last?.channels ?? 1;
  const top = kernels.softmaxCrossEntropy.reference(
    { batch: size, classes, scale: 1 / size },
    { logits: valueOf(last?.name), labels: batch.labels, weights: batch.weights },
  );
  const { losses = EMPTY, probabilities = EMPTY } = top;
  const gradients: TailTensors = new Map();
  if (mode === 'inference') return { losses, probabilities, gradients };

  const incoming = new Map<string, Float64Array>([[last?.name ?? '', top.gradient ?? EMPTY]]);
  const give = (name: string | undefined, gradient: Float64Array): void => {
    const before = incoming.get(name ?? '');
    incoming.set(name ?? '', before === undefined ? gradient : gradient.map((value, i) => value + (before[i] ?? 0)));
  };
  for (const layer of [...trained].reverse()) {
    const gradient = incoming.get(layer.name);
    if (gradient === undefined) continue;
    const input = valueOf(layer.inputs[0]);
    const weights = tensor(`${layer.name}/kernel`);
    const dimensions = { pixels: size * layer.height * layer.width, channels: layer.channels };
    const before = layer.inputs[0];
    if (isIdentity(layer)) {
      give(before, gradient);
      continue;
    }
    if (tensors.has(`${layer.name}/bias`)) {
      gradients.set(
        `${layer.name}/bias`,
        kernels.columnSum.reference({ rows: dimensions.pixels, columns: layer.channels }, { input: gradient }).output ?? EMPTY,
      );
    }
    switch (layer.kind) {
      case 'conv':
      case 'dense': {
        const attributes = { pixels: dimensions.pixels, inChannels: input.length / dimensions.pixels, outChannels: layer.channels };
        gradients.set(`${layer.name}/kernel`, kernels.pointwiseConvFilterGradient.reference(attributes, { input, gradient }).filterGradient ?? EMPTY);
        give(before, kernels.pointwiseConvInputGradient.reference(attributes, { gradient, weights }).inputGradient ?? EMPTY);
        break;
      }
      case 'depthwise': {
        const geometry = geometryOf(layer, size, input);
        gradients.set(`${layer.name}/kernel`, kernels.depthwiseConv3x3FilterGradient.reference(geometry, { input, gradient }).filterGradient ?? EMPTY);
        give(before, kernels.depthwiseConv3x3InputGradient.reference(geometry, { gradient, weights }).inputGradient ?? EMPTY);
        break;
      }
      case 'batch-norm': {
        const [gamma, beta] = [tensor(`${layer.name}/gamma`), tensor(`${layer.name}/beta`)];
        const all = kernels.batchNormGradient.reference(
          { ...dimensions, epsilon: 1e-3, relu6: false },
          { input, gradient, gamma, beta, moments: moments.get(layer.name) ?? EMPTY },
        );
        gradients.set(`${layer.name}/gamma`, all.gammaGradient ?? EMPTY);
        gradients.set(`${layer.name}/beta`, all.betaGradient ?? EMPTY);
        give(before, all.inputGradient ?? EMPTY);
        break;
      }
      case 'relu6':
        give(
          before,
          gradient.map((value, i) => ((input[i] ?? 0) > 0 && (input[i] ?? 0) < 6 ? value : 0)),
        );
        break;
      case 'add':
        for (const name of layer.inputs) give(name, gradient);
        break;
      case 'pool': {
        const pixels = inputSizes.get(layer.name)?.height ?? 1;
        give(before, kernels.globalAveragePoolGradient.reference({ batch: size, pixels, channels: layer.channels }, { gradient }).inputGradient ?? EMPTY);
        break;
      }
      case 'input':
      case 'pad':
        break;
    }
  }
  return { losses, probabilities, gradients };
}

function geometryOf(layer: NetLayer, batch: number, input: Float64Array) {
  const stride = layer.unit?.stride ?? 1;
  const pixels = input.length / (batch * layer.channels);
  // Maps are square in these tests.
  const side = Math.round(Math.sqrt(pixels));
  return { batch, height: side, width: side, channels: layer.channels, stride, padding: 'same' } as const;
}
