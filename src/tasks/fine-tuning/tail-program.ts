/** The trained tail as a recorded program for one batch size: training step and evaluation. */
import { elementCount } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { ProgramBuilder, type MemoryPlan, type Program, type RecordedCall, type TensorHandle } from '../../engine/program.js';
import type { VariantPins } from '../../engine/select.js';
import { accumulateMetrics, adam, sgdMomentum, softmaxCrossEntropy, unpackHalf } from '../../kernels/run.js';
import type { NetLayer } from '../mobilenet/layers.js';
import { TailRecorder } from './tail-recorder.js';
import type { TailBuffers, TailLayout } from './tail-state.js';

/** Which optimiser updates the parameters. */
export type OptimizerKind = 'sgd' | 'adam';

/** What a program is recorded for. */
export interface TailProgramOptions {
  readonly layers: readonly NetLayer[];
  readonly trained: readonly NetLayer[];
  readonly crossing: readonly NetLayer[];
  readonly layout: TailLayout;
  readonly buffers: TailBuffers;
  readonly batch: number;
  readonly classes: number;
  /** How the features are stored. */
  readonly features: 'f16' | 'f32';
  readonly optimizer: OptimizerKind;
  readonly nesterov: boolean;
  /** Share of the old moving averages that BatchNorm keeps. */
  readonly batchNormMomentum: number;
  readonly pins?: VariantPins;
  readonly onProgress?: (done: number, total: number) => void;
}

const TRAIN = 'train';
const UPDATE = 'update';
const EVALUATE = 'evaluate';
const HEAD = 'head';

/** Features, labels and weights of a batch. */
export interface TailBatch {
  /** By crossing layer, in the options' order: [batch, height, width, channels], packed halves or floats. */
  readonly features: readonly (Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[];
  /** Class numbers; NO_LABEL for examples of no account. */
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** A recorded tail. */
export class TailProgram {
  readonly batch: number;
  readonly memory: MemoryPlan;
  readonly calls: readonly RecordedCall[];
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #tensors: { features: TensorHandle[]; labels: TensorHandle; weights: TensorHandle; probabilities: TensorHandle; losses: TensorHandle };

  private constructor(engine: Engine, program: Program, batch: number, tensors: TailTensors) {
    this.#engine = engine;
    this.#program = program;
    this.batch = batch;
    this.#tensors = tensors;
    this.memory = program.memory;
    this.calls = program.calls;
  }

  /** Records and compiles. Throws `out-of-memory`. */
  static async build(engine: Engine, options: TailProgramOptions): Promise<TailProgram> {
    const { batch, classes, buffers, layout, crossing } = options;
    const builder = new ProgramBuilder(engine, { pins: options.pins ?? {} });
    const tensors = inputTensors(builder, options);
    const parameters = builder.persistent('parameters', [layout.parameterFloats], { category: 'weights', buffer: buffers.parameters });
    const gradients = builder.persistent('gradients', [layout.parameterFloats], { category: 'weights', buffer: buffers.gradients });
    const moving = builder.persistent('moving', [Math.max(layout.movingFloats, 1)], { category: 'weights', buffer: buffers.moving });
    const totals = builder.persistent('totals', [2], { category: 'weights', buffer: buffers.totals });
    const unpack = (prefix: string): Map<string, TensorHandle> =>
      new Map(
        crossing.map((layer, index) => {
          const stored = tensors.features[index];
          if (stored === undefined) throw new GramaryeError('internal', `${layer.name} has no features.`);
          if (stored.dtype === 'f32') return [layer.name, stored];
          const output = builder.transient(`${prefix}${layer.name}`, stored.shape);
          builder.call(`${prefix}${layer.name}.unpack`, unpackHalf, { count: elementCount(stored.shape) }, { input: stored, output });
          return [layer.name, output];
        }),
      );
    const loss = (prefix: string, logits: TensorHandle): TensorHandle => {
      const gradient = builder.transient(`${prefix}logits.gradient`, [batch, classes]);
      const hits = builder.transient(`${prefix}hits`, [batch]);
      const { labels, weights, probabilities, losses } = tensors;
      const attributes = { batch, classes, scale: 1 / batch };
      builder.call(`${prefix}loss`, softmaxCrossEntropy, attributes, { logits, labels, weights, probabilities, losses, hits, gradient });
      builder.call(`${prefix}metrics`, accumulateMetrics, { batch }, { losses, hits, totals });
      return gradient;
    };
    const record = (mode: 'training' | 'inference', prefix: string): TailRecorder =>
      new TailRecorder(builder, { ...options, mode, prefix, parameters, gradients, moving, values: unpack(prefix) });

    builder.section(TRAIN);
    const training = record('training', 'train.');
    training.backward(loss('train.', training.forward()));
    builder.section(EVALUATE);
    const inference = record('inference', 'evaluate.');
    const logitsGradient = loss('evaluate.', inference.forward());
    builder.section(HEAD);
    inference.backwardLast(logitsGradient);
    builder.section(UPDATE);
    recordUpdate(builder, options, parameters, gradients);
    const program = await builder.build(options.onProgress);
    program.prepare();
    return new TailProgram(engine, program, batch, tensors);
  }

  /** Writes a batch. Throws `bad-shape`. */
  write(batch: TailBatch): void {
    batch.features.forEach((values, index) => {
      const tensor = this.#tensors.features[index];
      if (tensor === undefined || values.length !== elementCount(tensor.shape)) {
        throw new GramaryeError('bad-shape', `Features ${String(index)} have ${String(values.length)} values; wanted [${tensor?.shape.join(', ') ?? 'none'}].`);
      }
      this.#engine.write(this.#program.bufferOf(tensor), values);
    });
    this.#engine.write(this.#program.bufferOf(this.#tensors.labels), batch.labels);
    this.#engine.write(this.#program.bufferOf(this.#tensors.weights), batch.weights);
  }

  /** Submits one training step: gradients of the batch, and unless `update` is false the optimiser's update. */
  train(options: { readonly update?: boolean } = {}): void {
    this.#program.run({ sections: options.update === false ? [TRAIN] : [TRAIN, UPDATE] });
  }

  /** Submits one step of the dense layer alone. The gradients of all else must be zero, as they are before the first whole step. */
  trainHead(): void {
    this.#program.run({ sections: [EVALUATE, HEAD, UPDATE] });
  }

  /** Submits one evaluation: probabilities, losses, totals. */
  evaluate(): void {
    this.#program.run({ sections: [EVALUATE] });
  }

  /** Probabilities [batch, classes] of the last run. */
  async probabilities(): Promise<Float32Array<ArrayBuffer>> {
    return this.#engine.readFloats(this.#program.bufferOf(this.#tensors.probabilities), elementCount(this.#tensors.probabilities.shape));
  }

  /** Losses [batch] of the last run. */
  async losses(): Promise<Float32Array<ArrayBuffer>> {
    return this.#engine.readFloats(this.#program.bufferOf(this.#tensors.losses), this.batch);
  }

  /** Frees what belongs to this program; the shared buffers stay. */
  destroy(): void {
    this.#program.destroy();
  }
}

type TailTensors = {
  readonly features: TensorHandle[];
  readonly labels: TensorHandle;
  readonly weights: TensorHandle;
  readonly probabilities: TensorHandle;
  readonly losses: TensorHandle;
};

function inputTensors(builder: ProgramBuilder, { crossing, batch, classes, features }: TailProgramOptions): TailTensors {
  return {
    features: crossing.map(({ name, height, width, channels }) =>
      builder.persistent(`${name} stored`, [batch, height, width, channels], { category: 'image', dtype: features }),
    ),
    labels: builder.persistent('labels', [batch], { category: 'targets', dtype: 'u32' }),
    weights: builder.persistent('example weights', [batch], { category: 'targets' }),
    probabilities: builder.persistent('probabilities', [batch, classes], { category: 'activations' }),
    losses: builder.persistent('losses', [batch], { category: 'activations' }),
  };
}

/** One update of all parameters at once: they lie in one buffer. */
function recordUpdate(builder: ProgramBuilder, options: TailProgramOptions, parameters: TensorHandle, gradient: TensorHandle): void {
  const { buffers, layout, optimizer, nesterov } = options;
  const count = layout.parameterFloats;
  const slots = buffers.slots.map((buffer, index) => builder.persistent(`optimiser ${String(index)}`, [count], { category: 'weights', buffer }));
  const [first, second] = slots;
  if (optimizer === 'sgd' && first !== undefined) {
    const hyper = builder.persistent('hyper', [2], { category: 'weights', buffer: buffers.hyper });
    builder.call('update', sgdMomentum, { count, nesterov }, { gradient, hyper, parameters, velocity: first });
  } else if (first !== undefined && second !== undefined) {
    const hyper = builder.persistent('hyper', [5], { category: 'weights', buffer: buffers.hyper });
    const schedule = builder.persistent('schedule', [1], { category: 'weights', buffer: buffers.schedule });
    // The schedule has one slot, written before every step, so the counter stays 0.
    const step = builder.persistent('step', [1], { category: 'weights', dtype: 'u32' });
    const attributes = { count, capacity: 1, clip: false };
    builder.call('update', adam, attributes, { gradient, schedule, step, hyper, image: parameters, firstMoment: first, secondMoment: second });
  } else throw new GramaryeError('internal', `The optimiser ${optimizer} lacks its running values.`);
}
