/** Records VGG19 forward and backward into a program. */
import { elementCount } from '../engine/contract.js';
import { GramaryeError } from '../engine/errors.js';
import type { ProgramBuilder, TensorHandle } from '../engine/program.js';
import {
  averagePool2x2,
  averagePool2x2Gradient,
  cast,
  conv3x3BiasRelu,
  conv3x3GateGradient,
  conv3x3ReluGate,
  conv3x3ReluMaxPool,
  fill,
  gateShape,
  maxPool2x2,
  maxPool2x2Gradient,
  preprocess,
  preprocessGradient,
} from '../kernels/run.js';
import type { Precision } from './settings.js';
import type { StepLayer, StepNet } from './vgg-net.js';

/** Height and width of a feature map. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** A recorded convolution. */
export interface RecordedLayer {
  readonly layer: StepLayer;
  readonly size: MapSize;
  readonly weights: TensorHandle;
  /** The feature map after the ReLU, as it is kept; undefined where only its pooled form is. */
  readonly output: TensorHandle | undefined;
  /** Where gradients pass the ReLU (and the pooling, where `output` is undefined); only with `taps`. */
  readonly gate: TensorHandle | undefined;
  /** The map that was pooled by a kernel of its own to make this layer's input. */
  readonly unpooled?: { readonly map: TensorHandle; readonly size: MapSize };
}

/** A recorded forward pass. */
export interface RecordedForward {
  readonly layers: readonly RecordedLayer[];
  readonly image: TensorHandle;
  readonly imageSize: MapSize;
  readonly preprocess: StepNet['preprocess'];
  readonly pooling: 'max' | 'avg';
  /** What gradients, and the feature maps kept for them, are stored in. */
  readonly dtype: Precision;
  /** Circular padding, as the kernels' attribute. */
  readonly padding: { readonly wrap?: true };
}

/** How a forward pass is recorded. */
export interface ForwardOptions {
  readonly size: MapSize;
  readonly pooling: 'max' | 'avg';
  /** Circular padding: beyond an edge lies the other edge. */
  readonly wrap?: boolean;
  /** Feature maps to keep in tensors of the caller's, by layer name. */
  readonly outputs?: ReadonlyMap<string, TensorHandle>;
  /**
   * Layers whose feature maps the way back needs. With it the forward pass remembers a bit per element (the gate) for
   * `recordBackward`, and maps that are no taps live only until the next layer has read them.
   */
  readonly taps?: ReadonlySet<string>;
  /** Weights by layer, for several forward passes of one program to share: filled by the first. */
  readonly weights?: Map<string, LayerWeights>;
}

/** Weights of a layer in a program. */
export interface LayerWeights {
  readonly weights: TensorHandle;
  readonly bias: TensorHandle;
}

function halved({ height, width }: MapSize): MapSize {
  return { height: Math.floor(height / 2), width: Math.floor(width / 2) };
}

function weightsOptions(buffer: GPUBuffer | undefined, dtype: Precision): { category: 'weights'; dtype: Precision; buffer?: GPUBuffer } {
  return { category: 'weights', dtype, ...(buffer === undefined ? {} : { buffer }) };
}

/**
 * Records preprocessing and every convolution of the net; feature maps are taken after the ReLU, before the pooling.
 *
 * In half precision a map goes from layer to layer in f32, and only what is kept of it is half: an error ε of a map switches a share of
 * about ε of the ReLUs behind it, each of which changes its gradient wholly, so that the gradient is off by about √ε. On the way back
 * nothing is switched any more, and an error ε stays ε.
 */
export function recordForward(builder: ProgramBuilder, net: StepNet, image: TensorHandle, options: ForwardOptions): RecordedForward {
  const { pooling } = options;
  const dtype = net.precision ?? 'f32';
  const padding = options.wrap === true ? { wrap: true as const } : {};
  let size = options.size;
  let current = builder.transient('input', [size.height, size.width, 3]);
  builder.call('preprocess', preprocess, { ...size, mode: net.preprocess }, { image, output: current });
  const layers: RecordedLayer[] = [];
  net.layers.forEach((layer, index) => {
    let unpooled: RecordedLayer['unpooled'];
    if (layer.pooledBefore && layers.at(-1)?.output !== undefined) {
      unpooled = { map: current, size };
      const pooledSize = halved(size);
      const pooled = builder.transient(`${layer.name}.pooled`, [pooledSize.height, pooledSize.width, layer.inChannels]);
      const kernel = pooling === 'max' ? maxPool2x2 : averagePool2x2;
      builder.call(`${layer.name}.pool`, kernel, { ...size, channels: layer.inChannels }, { input: current, output: pooled });
      current = pooled;
    }
    if (layer.pooledBefore) size = halved(size);
    const { weights, bias } = options.weights?.get(layer.name) ?? {
      weights: builder.persistent(`${layer.name}.weights`, [3, 3, layer.inChannels, layer.outChannels], weightsOptions(layer.weights, dtype)),
      bias: builder.persistent(`${layer.name}.bias`, [layer.outChannels], weightsOptions(layer.bias, 'f32')),
    };
    options.weights?.set(layer.name, { weights, bias });
    const attributes = { ...size, inChannels: layer.inChannels, outChannels: layer.outChannels, ...padding };
    const inputs = { input: current, weights, bias };
    const isPooledNext = net.layers[index + 1]?.pooledBefore === true;
    const gate =
      options.taps === undefined ? undefined : builder.transient(`${layer.name}.gate`, gateShape({ ...size, channels: layer.outChannels }), { dtype: 'u32' });
    const isFused = gate !== undefined && isPooledNext && pooling === 'max' && options.taps?.has(layer.name) === false;
    let output: TensorHandle | undefined;
    if (isFused) {
      const { height, width } = halved(size);
      current = builder.transient(`${layer.name}.pooled`, [height, width, layer.outChannels]);
      builder.call(layer.name, conv3x3ReluMaxPool, attributes, { ...inputs, pooled: current, gate });
    } else {
      const shape = [size.height, size.width, layer.outChannels];
      const own = options.outputs?.get(layer.name);
      // Where the largest of a window lies is looked up in the map itself, in which it must not be rounded.
      const isLookedUp = gate !== undefined && isPooledNext && pooling === 'max';
      const kept = own?.dtype ?? (options.taps?.has(layer.name) === true && !isLookedUp ? dtype : 'f32');
      const isCast = kept !== 'f32' && index < net.layers.length - 1;
      current = isCast ? builder.transient(layer.name, shape) : (own ?? builder.transient(layer.name, shape, { dtype: kept }));
      if (gate === undefined) builder.call(layer.name, conv3x3BiasRelu, { ...attributes, relu: true }, { ...inputs, output: current });
      else builder.call(layer.name, conv3x3ReluGate, attributes, { ...inputs, output: current, gate });
      output = isCast ? (own ?? builder.transient(`${layer.name}.kept`, shape, { dtype: kept })) : current;
      if (isCast) builder.call(`${layer.name}.keep`, cast, { count: elementCount(shape) }, { input: current, output });
    }
    layers.push({ layer, size, weights, output, gate, ...(unpooled === undefined ? {} : { unpooled }) });
  });
  return { layers, image, imageSize: options.size, preprocess: net.preprocess, pooling, dtype, padding };
}

/** Adds the gradient of a tap's loss terms to the running gradient of its feature map. */
export type TapGradient = (layer: string, features: TensorHandle, gradient: TensorHandle) => void;

/**
 * Records the way back from the deepest layer to the image. At every layer `addTap` may record kernels that add to the
 * running gradient. Writes `imageGradient` [height, width, 3]. The forward pass must have been recorded with `taps`.
 */
export function recordBackward(builder: ProgramBuilder, forward: RecordedForward, addTap: TapGradient, imageGradient: TensorHandle): void {
  const deepest = forward.layers.at(-1);
  if (deepest?.output === undefined) throw new GramaryeError('internal', 'The deepest layer of a recorded step is no tap.');
  const { dtype } = forward;
  let gradient = builder.transient(`${deepest.layer.name}.gradient`, deepest.output.shape, { dtype });
  builder.call('gradient.start', fill, { count: elementCount(gradient.shape), value: 0 }, { output: gradient });
  for (const { layer, size, weights, output, gate, unpooled } of [...forward.layers].reverse()) {
    if (gate === undefined) throw new GramaryeError('internal', `The forward pass of ${layer.name} was recorded without taps.`);
    if (output !== undefined) addTap(layer.name, output, gradient);
    const attributes = { ...size, inChannels: layer.inChannels, outChannels: layer.outChannels, pooled: output === undefined, ...forward.padding };
    const inputGradient = builder.transient(`${layer.name}.inputGradient`, [size.height, size.width, layer.inChannels], {
      dtype: layer === forward.layers[0]?.layer ? 'f32' : dtype,
    });
    builder.call(`${layer.name}.backward`, conv3x3GateGradient, attributes, { outputGradient: gradient, gate, weights, inputGradient });
    gradient = inputGradient;
    if (unpooled === undefined) continue;
    const pooledAttributes = { ...unpooled.size, channels: layer.inChannels };
    const scattered = builder.transient(`${layer.name}.unpooledGradient`, unpooled.map.shape, { dtype });
    if (forward.pooling === 'max') {
      builder.call(`${layer.name}.unpool`, maxPool2x2Gradient, pooledAttributes, { input: unpooled.map, outputGradient: gradient, inputGradient: scattered });
    } else {
      builder.call(`${layer.name}.unpool`, averagePool2x2Gradient, pooledAttributes, { outputGradient: gradient, inputGradient: scattered });
    }
    gradient = scattered;
  }
  builder.call('preprocess.backward', preprocessGradient, { ...forward.imageSize, mode: forward.preprocess }, { outputGradient: gradient, imageGradient });
}
