import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import { HALF_MAX } from '../engine/half-storage.js';
import { Pauses } from '../engine/pauses.js';
import { halfOfBits } from '../engine/values.js';
import type { PreprocessName } from '../models/preprocess.js';
import { netUpTo, type VggWeights } from '../models/vgg19.js';
import type { Precision } from './settings.js';

/** A layer as a step needs it: without buffers it can be recorded and planned, not run. */
export interface StepLayer {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly weights?: GPUBuffer;
  readonly bias?: GPUBuffer;
  /** True when 2×2 pooling comes before this layer. */
  readonly pooledBefore: boolean;
}

/** A net as a step needs it. */
export interface StepNet {
  readonly layers: readonly StepLayer[];
  readonly preprocess: PreprocessName;
  /** What weights (but not biases), kept feature maps and gradients are stored in; default f32. */
  readonly precision?: Precision;
}

/** Values that are converted in one go: a few milliseconds, even before the browser has compiled the loop. */
const HALF_PIECE = 1 << 13;

/** Weights in half precision. There are millions: a page can answer its visitor in between. Throws `non-finite` for what half precision cannot hold. */
async function halfWeights(name: string, values: Float32Array, pauses: Pauses): Promise<Uint16Array<ArrayBuffer>> {
  const half = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let start = 0; start < values.length; start += HALF_PIECE) {
    await pauses.take();
    for (let index = start; index < Math.min(values.length, start + HALF_PIECE); index++) {
      const value = values[index] ?? NaN;
      if (!(Math.abs(value) <= HALF_MAX)) {
        throw new GramaryeError('non-finite', `The weights of ${name} hold ${String(value)}, which half precision cannot.`, { remedy: 'Use precision f32.' });
      }
      half[index] = halfOfBits(bits[index] ?? 0);
    }
  }
  return half;
}

/** A layer whose weights are in GPU memory. */
export interface GpuLayer extends StepLayer {
  readonly weights: GPUBuffer;
  readonly bias: GPUBuffer;
}

/** Weights of a net in GPU memory, only as deep as the taps need. */
export class GpuNet implements StepNet {
  readonly layers: readonly GpuLayer[];
  readonly preprocess: PreprocessName;
  readonly precision: Precision;
  readonly #engine: Engine;

  private constructor(engine: Engine, net: VggWeights, layers: readonly GpuLayer[], precision: Precision) {
    this.#engine = engine;
    this.precision = precision;
    this.preprocess = net.preprocess.name;
    this.layers = layers;
  }

  /**
   * Brings weights to GPU memory, layer by layer. Throws `unknown-layer` for a tap the net lacks, and `non-finite` for weights that the
   * precision cannot hold.
   */
  static async create(engine: Engine, net: VggWeights, taps: readonly string[], precision: Precision = 'f32'): Promise<GpuNet> {
    const pauses = new Pauses();
    const layers: GpuLayer[] = [];
    const made = new GpuNet(engine, net, layers, precision);
    try {
      for (const { name, inChannels, outChannels, pooledBefore, weights, bias } of netUpTo(net, taps)) {
        await pauses.take();
        layers.push({
          name,
          inChannels,
          outChannels,
          pooledBefore,
          weights: engine.createBufferFrom(`${name}.weights`, precision === 'f16' ? await halfWeights(name, weights, pauses) : weights),
          bias: engine.createBufferFrom(`${name}.bias`, bias),
        });
      }
      return made;
    } catch (error) {
      made.destroy();
      throw error;
    }
  }

  /** Frees the weights. */
  destroy(): void {
    for (const layer of this.layers) {
      this.#engine.destroyBuffer(layer.weights);
      this.#engine.destroyBuffer(layer.bias);
    }
  }
}
