/** Building VGG19 weights from the named tensors of a file, whichever of the two naming schemes and layouts it has. */
import { GramaryeError } from '../engine/errors.js';
import { listed } from './safetensors.js';
import { shapeText, toFloat32, type FileTensor } from './tensor.js';
import { checkVggLayers, lacksLayer, layersUpTo, VGG19_LAYERS, vggLayerIndex, type VggLayer, type VggLayerWeights } from './vgg19.js';

/** A kernel's axes: Keras and tfjs have HWIO, torchvision has OIHW. */
export type KernelLayout = 'HWIO' | 'OIHW';

/** The tensors of one layer in a file. */
export interface VggTensorNames {
  readonly layer: VggLayer;
  readonly weight: string;
  readonly bias: string;
  readonly layout: KernelLayout;
}

/**
 * Finds the convolutions of VGG19 among a file's tensor names: `features.N.weight` (torchvision, timm; also with a prefix
 * such as `model.`) or `block1_conv1/kernel` (Keras, also `block1_conv1.kernel`, with or without `:0` and a scope before).
 *
 * @throws GramaryeError `bad-weights` when there are none, or a layer in the middle is missing.
 */
export function findVggTensors(net: string, names: readonly string[]): VggTensorNames[] {
  const byKey = new Map<string, { name: string; layout: KernelLayout }>();
  for (const name of names) {
    const torch = /(?:^|\.)features\.(\d+)\.(weight|bias)$/.exec(name);
    const keras =
      /(?:^|[/.])(block\d_conv\d)(?:_\d+)?[/.](?:block\d_conv\d_)?(?:kernel|bias|weight|[Wb](?:_\d+)?|(?:Conv2D|BiasAdd)\/ReadVariableOp)(?::0)?$/.exec(name);
    const layerName = torch === null ? keras?.[1] : VGG19_LAYERS.find(({ torchvisionIndex }) => torchvisionIndex === Number(torch[1]))?.name;
    if (layerName === undefined) continue;
    const key = `${layerName}/${/(?:bias|_b(?:_\d+)?|BiasAdd\/ReadVariableOp)(?::0)?$/.test(name) ? 'bias' : 'weight'}`;
    if (!byKey.has(key)) byKey.set(key, { name, layout: torch === null ? 'HWIO' : 'OIHW' });
  }
  const found: VggTensorNames[] = [];
  let gap: string | undefined;
  for (const layer of VGG19_LAYERS) {
    const weight = byKey.get(`${layer.name}/weight`);
    const bias = byKey.get(`${layer.name}/bias`);
    if (weight === undefined && bias === undefined) {
      gap ??= layer.name;
      continue;
    }
    if (weight === undefined || bias === undefined) {
      throw new GramaryeError(
        'bad-weights',
        `${net} has the ${weight === undefined ? 'bias' : 'weight'} of ${layer.name} but not its ${weight === undefined ? 'weight' : 'bias'}.`,
        { remedy: 'The file is incomplete.' },
      );
    }
    if (gap !== undefined)
      throw new GramaryeError('bad-weights', `${net} has ${layer.name} but lacks ${gap} before it.`, { remedy: 'The file is incomplete.' });
    found.push({ layer, weight: weight.name, bias: bias.name, layout: weight.layout });
  }
  if (found.length === 0) {
    throw new GramaryeError('bad-weights', `${net} has no convolution of VGG19; its tensors are ${listed(names)}.`, {
      remedy: 'Use a file with block1_conv1/kernel or features.0.weight onward.',
    });
  }
  return found;
}

/** Those of the found layers that the wanted taps need; all without taps. */
export function wantedVggTensors(net: string, found: readonly VggTensorNames[], taps: readonly string[] | undefined): readonly VggTensorNames[] {
  if (taps === undefined) return found;
  for (const tap of taps) if (vggLayerIndex(tap) >= found.length) throw lacksLayer(net, tap, found.at(-1)?.layer.name);
  return found.slice(0, layersUpTo(taps).length);
}

/**
 * Makes layers of tensors, turning every kernel to HWIO.
 *
 * @throws GramaryeError `bad-weights` naming the tensor whose shape is wrong.
 */
export function vggLayersFromTensors(net: string, wanted: readonly VggTensorNames[], tensors: ReadonlyMap<string, FileTensor>): VggLayerWeights[] {
  const layers = wanted.map(({ layer, weight, bias, layout }): VggLayerWeights => {
    const kernel = tensors.get(weight);
    const biasTensor = tensors.get(bias);
    if (kernel === undefined || biasTensor === undefined) throw new GramaryeError('internal', `${net}: ${layer.name} was not read.`);
    const { inChannels, outChannels } = kernelChannels(net, weight, kernel.shape, layout);
    if (biasTensor.shape.length !== 1 || biasTensor.shape[0] !== outChannels) {
      throw new GramaryeError(
        'bad-weights',
        `${net}: "${bias}" has the shape ${shapeText(biasTensor.shape)}; wanted [${String(outChannels)}], the outputs of "${weight}".`,
        { remedy: 'The file is damaged.' },
      );
    }
    const values = toFloat32(kernel);
    const weights = layout === 'HWIO' ? values : toHwio(values, inChannels, outChannels);
    return { ...layer, inChannels, outChannels, weights, bias: toFloat32(biasTensor) };
  });
  checkVggLayers(net, layers);
  return layers;
}

function kernelChannels(net: string, name: string, shape: readonly number[], layout: KernelLayout): { inChannels: number; outChannels: number } {
  const [a, b, c, d] = shape;
  const spatial = layout === 'HWIO' ? [a, b] : [c, d];
  const inChannels = layout === 'HWIO' ? c : b;
  const outChannels = layout === 'HWIO' ? d : a;
  if (shape.length !== 4 || spatial[0] !== 3 || spatial[1] !== 3 || inChannels === undefined || outChannels === undefined) {
    throw new GramaryeError(
      'bad-weights',
      `${net}: "${name}" has the shape ${shapeText(shape)}; wanted ${layout === 'HWIO' ? '[3, 3, in, out]' : '[out, in, 3, 3]'}.`,
      { remedy: 'It is not the weight of a 3×3 convolution.' },
    );
  }
  return { inChannels, outChannels };
}

/** OIHW [out, in, 3, 3] to HWIO [3, 3, in, out]. */
function toHwio(values: Float32Array<ArrayBuffer>, inChannels: number, outChannels: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let tap = 0; tap < 9; tap++) {
    for (let input = 0; input < inChannels; input++) {
      const row = (tap * inChannels + input) * outChannels;
      for (let output = 0; output < outChannels; output++) result[row + output] = values[(output * inChannels + input) * 9 + tap] ?? 0;
    }
  }
  return result;
}
