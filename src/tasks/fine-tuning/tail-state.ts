/** The trained numbers of a net's tail: one flat buffer each for parameters, gradients, moving averages and optimiser. */
import type { Engine } from '../../engine/engine.js';
import { VIEW_ALIGNMENT_BYTES } from '../../engine/program.js';
import { Philox } from '../../engine/random.js';
import { DENSE_LAYER, isIdentity, type NetLayer } from '../mobilenet/layers.js';

/** One trained tensor: where it lies in the flat buffers, in floats. */
export interface TailSlot {
  /** Keras's name, e.g. `block_16_expand/kernel`. */
  readonly name: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Where everything lies. Slots begin at multiples of WebGPU's offset alignment; what lies between stays zero. */
export interface TailLayout {
  readonly parameters: readonly TailSlot[];
  /** BatchNorm's moving means and variances, one behind the other per layer: `bn/moments` [2, channels]. */
  readonly moving: readonly TailSlot[];
  readonly parameterFloats: number;
  readonly movingFloats: number;
}

const ALIGNMENT = VIEW_ALIGNMENT_BYTES / 4;
/** Stream of the seed that the dense layer's start is drawn from. */
const DENSE_STREAM = 11;

/** The layout for the trained layers. */
export function layoutOf(trained: readonly NetLayer[], denseInputs: number): TailLayout {
  const parameters: TailSlot[] = [];
  const moving: TailSlot[] = [];
  const ends = { parameters: 0, moving: 0 };
  const add = (list: 'parameters' | 'moving', name: string, layer: string, shape: readonly number[]): void => {
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    (list === 'moving' ? moving : parameters).push({ name, layer, shape, offset: ends[list], length });
    ends[list] += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  };
  for (const layer of trained) {
    const { name, kind, unit, channels } = layer;
    if (unit !== undefined && (kind === 'conv' || kind === 'depthwise')) {
      const { kernelSize, inChannels, outChannels } = unit;
      const shape = kind === 'depthwise' ? [kernelSize, kernelSize, inChannels] : [kernelSize, kernelSize, inChannels, outChannels];
      add('parameters', `${name}/kernel`, name, shape);
      if (unit.batchNorm === undefined) add('parameters', `${name}/bias`, name, [outChannels]);
    } else if (kind === 'batch-norm' && !isIdentity(layer)) {
      add('parameters', `${name}/gamma`, name, [channels]);
      add('parameters', `${name}/beta`, name, [channels]);
      add('moving', `${name}/moments`, name, [2, channels]);
    } else if (kind === 'dense') {
      add('parameters', `${name}/kernel`, name, [denseInputs, channels]);
      add('parameters', `${name}/bias`, name, [channels]);
    }
  }
  return { parameters, moving, parameterFloats: ends.parameters, movingFloats: ends.moving };
}

/** All trained numbers on the CPU. */
export interface TailValues {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly moving: Float32Array<ArrayBuffer>;
  /** The optimiser's running values: velocity, or first and second moments. */
  readonly slots: readonly Float32Array<ArrayBuffer>[];
}

/**
 * The start: the net's own weights, and a new dense layer drawn from Glorot and Bengio's uniform distribution ("Understanding
 * the difficulty of training deep feedforward neural networks", 2010), Keras's default, with a bias of zero.
 */
export function initialValues(trained: readonly NetLayer[], layout: TailLayout, options: { readonly seed: number; readonly slots: number }): TailValues {
  const parameters = new Float32Array(layout.parameterFloats);
  const moving = new Float32Array(layout.movingFloats);
  for (const slot of layout.parameters) {
    if (slot.name === `${DENSE_LAYER}/kernel`) {
      const [inputs = 1, outputs = 1] = slot.shape;
      const limit = Math.sqrt(6 / (inputs + outputs));
      const random = new Philox(options.seed, DENSE_STREAM);
      for (let i = 0; i < slot.length; i++) parameters[slot.offset + i] = limit * (2 * random.nextUniform() - 1);
      continue;
    }
    const unit = trained.find(({ name }) => name === slot.layer)?.unit;
    const norm = unit?.batchNorm;
    const part = slot.name.slice(slot.layer.length + 1);
    const values = { kernel: unit?.weights, bias: unit?.bias, gamma: norm?.gamma, beta: norm?.beta }[part];
    if (values !== undefined && slot.layer !== DENSE_LAYER) parameters.set(values, slot.offset);
  }
  for (const slot of layout.moving) {
    const norm = trained.find(({ name }) => name === slot.layer)?.unit?.batchNorm;
    if (norm === undefined) continue;
    moving.set(norm.mean, slot.offset);
    moving.set(norm.variance, slot.offset + norm.mean.length);
  }
  return { parameters, moving, slots: Array.from({ length: options.slots }, () => new Float32Array(layout.parameterFloats)) };
}

/** The same numbers in GPU memory, shared by the programs of different batch sizes. */
export class TailBuffers {
  readonly parameters: GPUBuffer;
  readonly gradients: GPUBuffer;
  readonly moving: GPUBuffer;
  readonly slots: readonly GPUBuffer[];
  /** Learning rate and momentum, or Adam's β1, 1 - β1, β2, 1 - β2, ε. */
  readonly hyper: GPUBuffer;
  /** Adam's bias-corrected step size. */
  readonly schedule: GPUBuffer;
  /** Sum of losses, sum of hits. */
  readonly totals: GPUBuffer;
  readonly #engine: Engine;
  readonly #layout: TailLayout;

  constructor(engine: Engine, layout: TailLayout, slots: number) {
    this.#engine = engine;
    this.#layout = layout;
    const make = (label: string, floats: number): GPUBuffer => engine.createBuffer(label, Math.max(4, floats * 4));
    this.parameters = make('tail parameters', layout.parameterFloats);
    this.gradients = make('tail gradients', layout.parameterFloats);
    this.moving = make('tail moving averages', layout.movingFloats);
    this.slots = Array.from({ length: slots }, (_, index) => make(`tail optimiser ${String(index)}`, layout.parameterFloats));
    this.hyper = make('tail hyper', 5);
    this.schedule = make('tail schedule', 1);
    this.totals = make('tail totals', 2);
  }

  /** Copies numbers to the GPU. */
  write(values: TailValues): void {
    this.#engine.write(this.parameters, values.parameters);
    this.#engine.write(this.moving, values.moving);
    this.slots.forEach((slot, index) => {
      this.#engine.write(slot, values.slots[index] ?? new Float32Array(this.#layout.parameterFloats));
    });
  }

  /** Sets all gradients to zero, as they are before the first step. */
  clearGradients(): void {
    this.#engine.write(this.gradients, new Float32Array(this.#layout.parameterFloats));
  }

  /** Copies all numbers from the GPU, after everything submitted so far. */
  async read(): Promise<TailValues> {
    const floats = (buffer: GPUBuffer, count: number): Promise<Float32Array<ArrayBuffer>> => this.#engine.readFloats(buffer, count);
    const [parameters, moving, ...slots] = await Promise.all([
      floats(this.parameters, this.#layout.parameterFloats),
      floats(this.moving, this.#layout.movingFloats),
      ...this.slots.map((slot) => floats(slot, this.#layout.parameterFloats)),
    ]);
    return { parameters, moving, slots };
  }

  /** Frees everything. */
  destroy(): void {
    for (const buffer of [this.parameters, this.gradients, this.moving, ...this.slots, this.hyper, this.schedule, this.totals])
      this.#engine.destroyBuffer(buffer);
  }
}
