import type { Engine } from '../engine/engine.js';
import type { PreprocessName } from '../models/preprocess.js';
import { netUpTo, type VggWeights } from '../models/vgg19.js';

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
}

/** A layer whose weights are in GPU memory. */
export interface GpuLayer extends StepLayer {
  readonly weights: GPUBuffer;
  readonly bias: GPUBuffer;
}

/** Weights of a net in GPU memory, only as deep as the taps need. Throws `unknown-layer` for a tap the net lacks. */
export class GpuNet implements StepNet {
  readonly layers: readonly GpuLayer[];
  readonly preprocess: PreprocessName;
  readonly #engine: Engine;

  constructor(engine: Engine, net: VggWeights, taps: readonly string[]) {
    this.#engine = engine;
    this.preprocess = net.preprocess.name;
    this.layers = netUpTo(net, taps).map((layer) => ({
      name: layer.name,
      inChannels: layer.inChannels,
      outChannels: layer.outChannels,
      pooledBefore: layer.pooledBefore,
      weights: engine.createBufferFrom(`${layer.name}.weights`, layer.weights),
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
