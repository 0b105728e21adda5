/** Records forward and backward passes of the trained layers. */
import { elementCount } from '../../engine/contract.js';
import { GramaryeError } from '../../engine/errors.js';
import type { ProgramBuilder, TensorHandle } from '../../engine/program.js';
import {
  add,
  batchNorm,
  batchNormGradient,
  batchNormStatistics,
  columnSum,
  depthwiseConv3x3,
  depthwiseConv3x3FilterGradient,
  depthwiseConv3x3InputGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  pointwiseConv,
  pointwiseConvFilterGradient,
  pointwiseConvInputGradient,
  relu6,
  relu6Gradient,
  stemConv3x3,
  stemConv3x3FilterGradient,
} from '../../kernels/run.js';
import { isIdentity, sourceOf, type NetLayer } from '../mobilenet/layers.js';
import type { TailLayout } from './tail-state.js';

/** What one recording needs. */
export interface TailRecorderOptions {
  readonly layers: readonly NetLayer[];
  readonly trained: readonly NetLayer[];
  readonly layout: TailLayout;
  readonly batch: number;
  readonly batchNormMomentum: number;
  /** Batch statistics with an update of the moving averages, or the moving averages themselves. */
  readonly mode: 'training' | 'inference';
  /** Put before the names of tensors and calls. */
  readonly prefix: string;
  readonly parameters: TensorHandle;
  readonly gradients: TensorHandle;
  readonly moving: TensorHandle;
  /** Outputs of the frozen part by layer. */
  readonly values: Map<string, TensorHandle>;
}

/** One layer as it was recorded forward, for the way back. */
interface Recorded {
  readonly layer: NetLayer;
  readonly input: TensorHandle;
  readonly inputName: string;
  readonly output: TensorHandle;
  /** The layer whose name the output goes by: the ReLU6 that was fused, else the layer itself. */
  readonly outputName: string;
  readonly relu6: boolean;
  readonly moments?: TensorHandle;
}

/** BatchNorm's epsilon where the layer has none of its own. */
const DEFAULT_EPSILON = 1e-3;

/** Records the trained layers on a builder. `forward()` first, then `backward()`. */
export class TailRecorder {
  readonly #builder: ProgramBuilder;
  readonly #options: TailRecorderOptions;
  readonly #recorded: Recorded[] = [];
  /** Layers whose outputs depend on trained parameters. */
  readonly #depends = new Set<string>();
  readonly #gradients = new Map<string, TensorHandle>();

  constructor(builder: ProgramBuilder, options: TailRecorderOptions) {
    this.#builder = builder;
    this.#options = options;
  }

  /** Records all layers and gives the logits. */
  forward(): TensorHandle {
    const { trained, values } = this.#options;
    for (const [index, layer] of trained.entries()) if (!values.has(layer.name)) this.#forward(layer, trained[index + 1]);
    const logits = values.get(trained.at(-1)?.name ?? '');
    if (logits === undefined) throw new GramaryeError('internal', 'The trained layers have no output.');
    return logits;
  }

  /** Records the gradients of all trained parameters, given that of the logits. */
  backward(logitsGradient: TensorHandle): void {
    const last = this.#recorded.at(-1);
    if (last === undefined) return;
    this.#gradients.set(last.outputName, logitsGradient);
    for (const recorded of [...this.#recorded].reverse()) {
      const gradient = this.#gradients.get(recorded.outputName);
      if (gradient !== undefined && this.#depends.has(recorded.outputName)) this.#backward(recorded, gradient);
    }
  }

  /** Records the gradients of the last layer's parameters alone. */
  backwardLast(logitsGradient: TensorHandle): void {
    const last = this.#recorded.at(-1);
    if (last === undefined) return;
    this.#convolutionBackward(last, logitsGradient, { wantsInput: false });
  }

  #forward(layer: NetLayer, next: NetLayer | undefined): void {
    const { values, layers } = this.#options;
    const inputName = sourceOf(layers, layer.inputs[0] ?? '').name;
    const found = values.get(layer.inputs[0] ?? '') ?? values.get(inputName);
    if (found === undefined) throw new GramaryeError('internal', `${layer.name} has no input.`);
    if (isIdentity(layer)) {
      values.set(layer.name, found);
      return;
    }
    // A ReLU6 right behind a BatchNorm, or behind a convolution whose BatchNorm is folded, is computed along with it.
    const relu = this.#fusedActivation(layer, next);
    const recorded = this.#compute(layer, found, inputName, relu);
    this.#recorded.push(recorded);
    values.set(layer.name, recorded.output);
    if (relu !== undefined) values.set(relu.name, recorded.output);
    const hasParameters = layer.trainable > 0;
    if (hasParameters || layer.inputs.some((name) => this.#depends.has(sourceOf(layers, name).name))) {
      this.#depends.add(layer.name);
      this.#depends.add(recorded.outputName);
    }
  }

  #fusedActivation(layer: NetLayer, next: NetLayer | undefined): NetLayer | undefined {
    if (layer.kind === 'batch-norm') return next?.kind === 'relu6' ? next : undefined;
    if (layer.kind !== 'conv' && layer.kind !== 'depthwise') return undefined;
    if (next?.kind !== 'batch-norm' || !isIdentity(next)) return undefined;
    const { trained } = this.#options;
    const after = trained[trained.indexOf(next) + 1];
    return after?.kind === 'relu6' ? after : undefined;
  }

  #compute(layer: NetLayer, input: TensorHandle, inputName: string, relu: NetLayer | undefined): Recorded {
    const { batch, mode, batchNormMomentum, values, layers, prefix } = this.#options;
    const output = this.#transient(layer.name, [batch, layer.height, layer.width, layer.channels]);
    const label = prefix + layer.name;
    const recorded = { layer, input, inputName, output, outputName: relu?.name ?? layer.name, relu6: relu !== undefined };
    const call = this.#builder.call.bind(this.#builder);
    switch (layer.kind) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        this.#convolution(recorded);
        return recorded;
      case 'batch-norm': {
        const dimensions = { pixels: batch * layer.height * layer.width, channels: layer.channels };
        const movingMoments = this.#view('moving', `${layer.name}/moments`);
        let moments = movingMoments;
        if (mode === 'training') {
          moments = this.#transient(`${layer.name}.moments`, [2, layer.channels]);
          call(`${label}.statistics`, batchNormStatistics, { ...dimensions, momentum: batchNormMomentum }, { input, moments, movingMoments });
        }
        const tensors = {
          input,
          gamma: this.#view('parameters', `${layer.name}/gamma`),
          beta: this.#view('parameters', `${layer.name}/beta`),
          moments,
          output,
        };
        call(label, batchNorm, { ...dimensions, epsilon: epsilonOf(layer), relu6: recorded.relu6 }, tensors);
        return { ...recorded, moments };
      }
      case 'relu6':
        call(label, relu6, { count: elementCount(output.shape) }, { input, output });
        return recorded;
      case 'add': {
        const rightName = layer.inputs[1] ?? '';
        const right = values.get(rightName) ?? values.get(sourceOf(layers, rightName).name);
        if (right === undefined) throw new GramaryeError('internal', `${layer.name} has no second input.`);
        call(label, add, { count: elementCount(output.shape) }, { left: input, right, output });
        return recorded;
      }
      case 'pool':
        call(label, globalAveragePool, this.#poolAttributes(recorded), { input, output });
        return recorded;
      case 'input':
      case 'pad':
        throw new GramaryeError('internal', `${layer.name} computes nothing.`);
    }
  }

  #convolution({ layer, input, output, relu6: activate }: Recorded): void {
    const { batch, prefix } = this.#options;
    const weights = this.#view('parameters', `${layer.name}/kernel`);
    const hasBias = this.#options.layout.parameters.some(({ name }) => name === `${layer.name}/bias`);
    const tensors = { input, weights, bias: hasBias ? this.#view('parameters', `${layer.name}/bias`) : this.#unusedBias(layer), output };
    const fused = { bias: hasBias, relu6: activate };
    const label = prefix + layer.name;
    const [, height = 1, width = 1] = input.shape;
    if (layer.kind === 'depthwise') this.#builder.call(label, depthwiseConv3x3, { ...this.#geometry(layer, input), ...fused }, tensors);
    else if (layer.unit?.kernelSize === 3)
      this.#builder.call(label, stemConv3x3, { batch, height, width, outChannels: layer.channels, padding: 'same', ...fused }, tensors);
    else this.#builder.call(label, pointwiseConv, { ...this.#pointwise(layer, input), ...fused }, tensors);
  }

  #backward(recorded: Recorded, incoming: TensorHandle): void {
    const { layer, input, inputName } = recorded;
    const { layers, prefix } = this.#options;
    const label = `${prefix}${layer.name}.back`;
    const call = this.#builder.call.bind(this.#builder);
    switch (layer.kind) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        this.#convolutionBackward(recorded, this.#masked(recorded, incoming));
        return;
      case 'batch-norm': {
        const { moments } = recorded;
        if (moments === undefined) throw new GramaryeError('internal', `${layer.name} has no moments.`);
        const inputGradient = this.#transient(`${layer.name}.gradient`, input.shape);
        const dimensions = { pixels: elementCount(input.shape) / layer.channels, channels: layer.channels };
        call(
          label,
          batchNormGradient,
          { ...dimensions, epsilon: epsilonOf(layer), relu6: recorded.relu6 },
          {
            input,
            gradient: incoming,
            gamma: this.#view('parameters', `${layer.name}/gamma`),
            beta: this.#view('parameters', `${layer.name}/beta`),
            moments,
            inputGradient,
            gammaGradient: this.#view('gradients', `${layer.name}/gamma`),
            betaGradient: this.#view('gradients', `${layer.name}/beta`),
          },
        );
        this.#give(inputName, inputGradient);
        return;
      }
      case 'relu6': {
        if (!this.#depends.has(inputName)) return;
        const inputGradient = this.#transient(`${layer.name}.gradient`, input.shape);
        call(label, relu6Gradient, { count: elementCount(input.shape) }, { input, gradient: incoming, inputGradient });
        this.#give(inputName, inputGradient);
        return;
      }
      case 'add':
        for (const name of layer.inputs) this.#give(sourceOf(layers, name).name, incoming);
        return;
      case 'pool': {
        if (!this.#depends.has(inputName)) return;
        const inputGradient = this.#transient(`${layer.name}.gradient`, input.shape);
        call(label, globalAveragePoolGradient, this.#poolAttributes(recorded), { gradient: incoming, inputGradient });
        this.#give(inputName, inputGradient);
        return;
      }
      case 'input':
      case 'pad':
        return;
    }
  }

  /** The gradient before a fused ReLU6; its output has the same mask as its input. */
  #masked({ layer, output, relu6: activate }: Recorded, incoming: TensorHandle): TensorHandle {
    if (!activate) return incoming;
    const inputGradient = this.#transient(`${layer.name}.masked`, output.shape);
    const tensors = { input: output, gradient: incoming, inputGradient };
    this.#builder.call(`${this.#options.prefix}${layer.name}.mask`, relu6Gradient, { count: elementCount(output.shape) }, tensors);
    return inputGradient;
  }

  #convolutionBackward({ layer, input, inputName }: Recorded, gradient: TensorHandle, { wantsInput = this.#depends.has(inputName) } = {}): void {
    const { batch, prefix, layout } = this.#options;
    const label = `${prefix}${layer.name}`;
    const call = this.#builder.call.bind(this.#builder);
    const filterGradient = this.#view('gradients', `${layer.name}/kernel`);
    const weights = this.#view('parameters', `${layer.name}/kernel`);
    const inputGradient = wantsInput ? this.#transient(`${layer.name}.gradient`, input.shape) : undefined;
    const [, height = 1, width = 1] = input.shape;
    if (layer.kind === 'depthwise') {
      const geometry = this.#geometry(layer, input);
      call(`${label}.filter`, depthwiseConv3x3FilterGradient, geometry, { input, gradient, filterGradient });
      if (inputGradient !== undefined) call(`${label}.back`, depthwiseConv3x3InputGradient, geometry, { gradient, weights, inputGradient });
    } else if (layer.unit?.kernelSize === 3) {
      const attributes = { batch, height, width, outChannels: layer.channels, padding: 'same' } as const;
      call(`${label}.filter`, stemConv3x3FilterGradient, attributes, { input, gradient, filterGradient });
    } else {
      const dimensions = this.#pointwise(layer, input);
      call(`${label}.filter`, pointwiseConvFilterGradient, dimensions, { input, gradient, filterGradient });
      if (inputGradient !== undefined) call(`${label}.back`, pointwiseConvInputGradient, dimensions, { gradient, weights, inputGradient });
    }
    if (layout.parameters.some(({ name }) => name === `${layer.name}/bias`)) {
      const dimensions = { rows: elementCount(gradient.shape) / layer.channels, columns: layer.channels };
      call(`${label}.bias`, columnSum, dimensions, { input: gradient, output: this.#view('gradients', `${layer.name}/bias`) });
    }
    if (inputGradient !== undefined) this.#give(inputName, inputGradient);
  }

  /** Adds a gradient to what a layer's output already has. */
  #give(name: string, gradient: TensorHandle): void {
    if (!this.#depends.has(name)) return;
    const before = this.#gradients.get(name);
    if (before === undefined) {
      this.#gradients.set(name, gradient);
      return;
    }
    const output = this.#transient(`${name}.gradient-sum`, gradient.shape);
    this.#builder.call(`${this.#options.prefix}${name}.sum`, add, { count: elementCount(gradient.shape) }, { left: before, right: gradient, output });
    this.#gradients.set(name, output);
  }

  #geometry(layer: NetLayer, input: TensorHandle) {
    const [, height = 1, width = 1] = input.shape;
    return { batch: this.#options.batch, height, width, channels: layer.channels, stride: layer.unit?.stride ?? 1, padding: 'same' } as const;
  }

  #pointwise(layer: NetLayer, input: TensorHandle) {
    const inChannels = input.shape.at(-1) ?? 1;
    return { pixels: elementCount(input.shape) / inChannels, inChannels, outChannels: layer.channels };
  }

  #poolAttributes({ layer, input }: Recorded) {
    const [, height = 1, width = 1] = input.shape;
    return { batch: this.#options.batch, pixels: height * width, channels: layer.channels };
  }

  #transient(name: string, shape: readonly number[]): TensorHandle {
    return this.#builder.transient(this.#options.prefix + name, shape);
  }

  /** A convolution before a BatchNorm has no bias; the binding still wants a tensor, which is not read. */
  #unusedBias(layer: NetLayer): TensorHandle {
    return this.#transient(`${layer.name}.no-bias`, [layer.channels]);
  }

  #view(buffer: 'parameters' | 'gradients' | 'moving', name: string): TensorHandle {
    const { layout } = this.#options;
    const slot = layout[buffer === 'moving' ? 'moving' : 'parameters'].find((candidate) => candidate.name === name);
    if (slot === undefined) throw new GramaryeError('internal', `There is no trained tensor ${name}.`);
    return this.#builder.view(`${buffer} ${name}`, this.#options[buffer], slot.offset * 4, slot.shape);
  }
}

function epsilonOf(layer: NetLayer): number {
  return layer.unit?.batchNorm?.epsilon ?? DEFAULT_EPSILON;
}
