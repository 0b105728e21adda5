/** The part of MobileNetV2 that is only evaluated, as one recorded program: BatchNorm folded, ReLU6 fused. */
import { DTYPE_BYTES, elementCount } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { Pauses } from '../../engine/pauses.js';
import { ProgramBuilder, type MemoryPlan, type Program, type RecordedCall, type TensorHandle } from '../../engine/program.js';
import type { VariantPins } from '../../engine/select.js';
import { add, depthwiseConv3x3, globalAveragePool, packHalf, pointwiseConv, relu6, stemConv3x3 } from '../../kernels/run.js';
import { foldBatchNorm, type MobileNetUnitWeights, type MobileNetWeights } from '../../models/mobilenet/weights.js';
import { INPUT_LAYER, isIdentity, layerNamed, sourceOf, type NetLayer } from './layers.js';

/** What is evaluated, and what is wanted of it. */
export interface FrozenOptions {
  /** Layers to evaluate, from the input on. */
  readonly layers: readonly NetLayer[];
  /** Layers whose outputs are kept. */
  readonly outputs: readonly string[];
  /** Pictures at a time. */
  readonly batch: number;
  /** Give outputs in half precision. */
  readonly half?: boolean;
  readonly pins?: VariantPins;
  /** Hears of each compiled pipeline. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A recorded forward pass. Write pictures, run, read outputs; `destroy()` in the end. */
export class FrozenProgram {
  readonly batch: number;
  readonly memory: MemoryPlan;
  readonly calls: readonly RecordedCall[];
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #input: TensorHandle;
  readonly #outputs: ReadonlyMap<string, TensorHandle>;

  private constructor(engine: Engine, program: Program, batch: number, input: TensorHandle, outputs: ReadonlyMap<string, TensorHandle>) {
    this.#engine = engine;
    this.#program = program;
    this.#input = input;
    this.#outputs = outputs;
    this.batch = batch;
    this.memory = program.memory;
    this.calls = program.calls;
  }

  /** Records and compiles. Throws `unknown-layer`, `out-of-memory`. */
  static async build(engine: Engine, net: MobileNetWeights, options: FrozenOptions): Promise<FrozenProgram> {
    const recorder = new FrozenRecorder(engine, net, options);
    const outputs = recorder.record();
    const program = await recorder.builder.build(options.onProgress);
    const pauses = new Pauses();
    for (const [tensor, values] of recorder.weights) {
      await pauses.take();
      engine.write(program.bufferOf(tensor), values);
    }
    program.prepare();
    return new FrozenProgram(engine, program, options.batch, recorder.input, outputs);
  }

  /** Network inputs [batch, height, width, 3] of the first pictures; what is missing of the batch stays as it was. */
  write(values: Float32Array<ArrayBuffer>, position = 0): void {
    const perPicture = elementCount(this.#input.shape) / this.batch;
    if (values.length % perPicture !== 0 || position * perPicture + values.length > perPicture * this.batch) {
      throw new GramaryeError(
        'bad-shape',
        `${String(values.length)} values are no pictures of [${this.#input.shape.slice(1).join(', ')}] within a batch of ${String(this.batch)}.`,
      );
    }
    this.#engine.write(this.#program.bufferOf(this.#input), values, position * perPicture * 4);
  }

  /** Submits one forward pass. */
  run(): void {
    this.#program.run();
  }

  /** GPU memory of an output, [batch, height, width, channels]. */
  bufferOf(name: string): GPUBuffer {
    return this.#program.bufferOf(this.#output(name));
  }

  /** The bytes of the outputs of the first `count` pictures, read after everything submitted so far. */
  async read(name: string, count = this.batch): Promise<ArrayBuffer> {
    const tensor = this.#output(name);
    const bytes = (elementCount(tensor.shape) / this.batch) * DTYPE_BYTES[tensor.dtype] * count;
    return this.#engine.read(this.#program.bufferOf(tensor), 0, bytes);
  }

  /** Resolves when the last run is done. */
  async idle(): Promise<void> {
    await this.#engine.idle();
  }

  /** Frees its GPU memory. */
  destroy(): void {
    this.#program.destroy();
  }

  #output(name: string): TensorHandle {
    const tensor = this.#outputs.get(name);
    if (tensor === undefined) {
      throw new GramaryeError('unknown-layer', `The program does not keep the layer "${name}".`, {
        remedy: `It keeps ${[...this.#outputs.keys()].join(', ')}.`,
      });
    }
    return tensor;
  }
}

/** Records layers in order, skipping those that were fused into the one before. */
class FrozenRecorder {
  readonly builder: ProgramBuilder;
  readonly input: TensorHandle;
  readonly weights: (readonly [TensorHandle, Float32Array<ArrayBuffer>])[] = [];
  readonly #net: MobileNetWeights;
  readonly #options: FrozenOptions;
  readonly #values = new Map<string, TensorHandle>();
  /** Layers whose own outputs are wanted, so that nothing may be fused over them. */
  readonly #wanted: ReadonlySet<string>;

  constructor(engine: Engine, net: MobileNetWeights, options: FrozenOptions) {
    this.builder = new ProgramBuilder(engine, { pins: options.pins ?? {} });
    this.#net = net;
    this.#options = options;
    const { height, width, channels } = layerNamed(options.layers, INPUT_LAYER);
    this.input = this.builder.persistent(INPUT_LAYER, [options.batch, height, width, channels], { category: 'image' });
    this.#values.set(INPUT_LAYER, this.input);
    this.#wanted = new Set(options.outputs.map((name) => sourceOf(options.layers, name).name));
  }

  record(): Map<string, TensorHandle> {
    for (const [index, layer] of this.#options.layers.entries()) if (!this.#values.has(layer.name)) this.#layer(layer, index);
    return new Map(this.#options.outputs.map((name) => [name, this.#keep(name)]));
  }

  #layer(layer: NetLayer, index: number): void {
    const input = this.#values.get(layer.inputs[0] ?? '');
    if (input === undefined) throw new GramaryeError('internal', `${layer.name} has no input.`);
    switch (layer.kind) {
      case 'input':
        return;
      case 'conv':
      case 'depthwise':
        this.#convolution(layer, index, input);
        return;
      case 'pad':
      case 'batch-norm':
        if (!isIdentity(layer)) throw new GramaryeError('internal', `${layer.name} was not folded.`);
        this.#values.set(layer.name, input);
        return;
      case 'relu6': {
        const output = this.#make(layer);
        this.builder.call(layer.name, relu6, { count: elementCount(output.shape) }, { input, output });
        return;
      }
      case 'add': {
        const right = this.#values.get(layer.inputs[1] ?? '');
        if (right === undefined) throw new GramaryeError('internal', `${layer.name} has no second input.`);
        const output = this.#make(layer);
        this.builder.call(layer.name, add, { count: elementCount(output.shape) }, { left: input, right, output });
        return;
      }
      case 'pool': {
        const [, height = 1, width = 1] = input.shape;
        const attributes = { batch: this.#options.batch, pixels: height * width, channels: layer.channels };
        this.builder.call(layer.name, globalAveragePool, attributes, { input, output: this.#make(layer) });
        return;
      }
      case 'dense':
        this.#dense(layer, input);
    }
  }

  /** A convolution with what follows it in the list and may be fused: its BatchNorm, then its ReLU6. */
  #convolution(layer: NetLayer, index: number, input: TensorHandle): void {
    const { layers } = this.#options;
    const raw = layer.unit;
    if (raw === undefined) throw new GramaryeError('internal', `${layer.name} has no weights.`);
    const fused: NetLayer[] = [layer];
    const next = layers[index + 1];
    const foldable = next?.kind === 'batch-norm' && (isIdentity(next) || !this.#wanted.has(layer.name));
    if (foldable) fused.push(next);
    const activation = layers[index + 2];
    const canFuseActivation = foldable && activation?.kind === 'relu6' && !this.#wanted.has(sourceOf(layers, next.name).name);
    if (canFuseActivation) fused.push(activation);
    const unit = foldable ? foldBatchNorm(raw) : raw;
    const output = this.#make(fused.find(({ name }) => this.#wanted.has(name)) ?? layer);
    this.#callConvolution(layer, unit, input, output, canFuseActivation);
    for (const each of fused) this.#values.set(each.name, output);
  }

  #callConvolution(layer: NetLayer, unit: MobileNetUnitWeights, input: TensorHandle, output: TensorHandle, activate: boolean): void {
    const { batch } = this.#options;
    const { name, kernelSize, inChannels, outChannels, stride } = unit;
    const [, height = 1, width = 1] = input.shape;
    const weights = this.#weight(`${name}/kernel`, unit.weights);
    const bias = this.#weight(`${name}/bias`, unit.bias);
    const tensors = { input, weights, bias, output };
    const fused = { bias: true, relu6: activate };
    if (layer.kind === 'depthwise') {
      this.builder.call(name, depthwiseConv3x3, { batch, height, width, channels: outChannels, stride, padding: 'same', ...fused }, tensors);
    } else if (kernelSize === 3) {
      this.builder.call(name, stemConv3x3, { batch, height, width, outChannels, padding: 'same', ...fused }, tensors);
    } else {
      this.builder.call(name, pointwiseConv, { pixels: batch * height * width, inChannels, outChannels, ...fused }, tensors);
    }
  }

  #dense(layer: NetLayer, input: TensorHandle): void {
    const { dense } = this.#net;
    if (dense?.classes !== layer.channels) throw new GramaryeError('bad-weights', `${this.#net.name} has no classifier of ${String(layer.channels)} classes.`);
    const weights = this.#weight(`${layer.name}/kernel`, dense.weights);
    const bias = this.#weight(`${layer.name}/bias`, dense.bias);
    const inChannels = elementCount(input.shape) / this.#options.batch;
    const attributes = { pixels: this.#options.batch, inChannels, outChannels: layer.channels, bias: true, relu6: false };
    this.builder.call(layer.name, pointwiseConv, attributes, { input, weights, bias, output: this.#make(layer) });
  }

  /** The output of a layer; one that is wanted in f32 outlives the run. */
  #make({ name, height, width, channels }: NetLayer): TensorHandle {
    const shape = [this.#options.batch, height, width, channels];
    const keeps = this.#wanted.has(name) && this.#options.half !== true;
    const tensor = keeps ? this.builder.persistent(name, shape, { category: 'activations' }) : this.builder.transient(name, shape);
    this.#values.set(name, tensor);
    return tensor;
  }

  #weight(name: string, values: Float32Array<ArrayBuffer>): TensorHandle {
    const tensor = this.builder.persistent(name, [values.length], { category: 'weights' });
    this.weights.push([tensor, values]);
    return tensor;
  }

  /** An output in memory that outlives the run. */
  #keep(name: string): TensorHandle {
    const value = this.#values.get(name);
    if (value === undefined) throw new GramaryeError('unknown-layer', `The layer "${name}" is not among those evaluated.`);
    if (this.#options.half !== true) return value;
    const kept = this.builder.persistent(`${name} kept`, value.shape, { category: 'activations', dtype: 'f16' });
    this.builder.call(`${name}.half`, packHalf, { count: elementCount(value.shape) }, { input: value, output: kept });
    return kept;
  }
}
