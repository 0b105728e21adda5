import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';
import { HALF_MAX } from '../engine/half-storage.js';
import { encodeValues } from '../engine/values.js';
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

function requireHalf(name: string, values: Float32Array): void {
  const beyond = values.find((value) => !(Math.abs(value) <= HALF_MAX));
  if (beyond === undefined) return;
  throw new GramaryeError('non-finite', `The weights of ${name} hold ${String(beyond)}, which half precision cannot.`, { remedy: 'Use precision f32.' });
}

/** A layer whose weights are in GPU memory. */
export interface GpuLayer extends StepLayer {
  readonly weights: GPUBuffer;
  readonly bias: GPUBuffer;
}

/**
 * Weights of a net in GPU memory, only as deep as the taps need. Throws `unknown-layer` for a tap the net lacks, and `non-finite` for
 * weights that the precision cannot hold.
 */
export class GpuNet implements StepNet {
  readonly layers: readonly GpuLayer[];
  readonly preprocess: PreprocessName;
  readonly precision: Precision;
  readonly #engine: Engine;

  constructor(engine: Engine, net: VggWeights, taps: readonly string[], precision: Precision = 'f32') {
    this.#engine = engine;
    this.precision = precision;
    const layers = netUpTo(net, taps);
    if (precision === 'f16') for (const { name, weights } of layers) requireHalf(name, weights);
    this.preprocess = net.preprocess.name;
    this.layers = layers.map((layer) => ({
      name: layer.name,
      inChannels: layer.inChannels,
      outChannels: layer.outChannels,
      pooledBefore: layer.pooledBefore,
      weights: engine.createBufferFrom(`${layer.name}.weights`, precision === 'f16' ? encodeValues(layer.weights, 'f16') : layer.weights),
      bias: engine.createBufferFrom(`${layer.name}.bias`, layer.bias),
    }));
  }

  /** Frees the weights. */
  destroy(): void {
    for (const layer of this.layers) {
      this.#engine.destroyBuffer(layer.weights);
      this.#engine.destroyBuffer(layer.bias);
    }
  }
}
