import type { Engine } from '../engine/engine.js';
import { GramaryeError } from '../engine/errors.js';

/** One 3×3 convolution with its weights: HWIO [3, 3, inChannels, outChannels] and bias [outChannels]. */
export interface VggLayerWeights {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
}

/** What a task needs of a network: its convolutions in order and its preprocessing. */
export interface VggNet {
  readonly layers: readonly VggLayerWeights[];
  readonly preprocess: 'caffe' | 'torch';
}

/** A layer whose weights are in GPU memory. */
export interface GpuLayer {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly weights: GPUBuffer;
  readonly bias: GPUBuffer;
  /** True when 2×2 pooling comes before this layer. */
  readonly pooledBefore: boolean;
}

/** True for the first convolution of a block but the first: VGG19 pools before it. */
function beginsBlock(layer: string): boolean {
  return layer.endsWith('_conv1') && !layer.startsWith('block1_');
}

/** The layers of a net up to the deepest tap. Throws `unknown-layer` naming what the net has. */
export function layersThrough(net: VggNet, taps: readonly string[]): readonly VggLayerWeights[] {
  const deepest = Math.max(
    ...taps.map((tap) => {
      const index = net.layers.findIndex((layer) => layer.name === tap);
      if (index < 0) {
        throw new GramaryeError('unknown-layer', `The net has no layer "${tap}".`, {
          remedy: `Choose among ${net.layers.map((layer) => layer.name).join(', ')}.`,
        });
      }
      return index;
    }),
  );
  return net.layers.slice(0, deepest + 1);
}

/** Weights of a net in GPU memory, only as deep as the taps need. */
export class GpuNet {
  readonly layers: readonly GpuLayer[];
  readonly preprocess: VggNet['preprocess'];
  readonly #engine: Engine;

  constructor(engine: Engine, net: VggNet, taps: readonly string[]) {
    this.#engine = engine;
    this.preprocess = net.preprocess;
    this.layers = layersThrough(net, taps).map((layer) => ({
      name: layer.name,
      inChannels: layer.inChannels,
      outChannels: layer.outChannels,
      weights: engine.createBufferFrom(`${layer.name}.weights`, layer.weights),
      bias: engine.createBufferFrom(`${layer.name}.bias`, layer.bias),
      pooledBefore: beginsBlock(layer.name),
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
