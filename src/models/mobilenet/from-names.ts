/** Building MobileNetV2 from a file whose tensors have Keras's names: `.h5`, tfjs layers model, or our own safetensors. */
import { GramaryeError } from '../../engine/errors.js';
import type { ReadOptions } from '../byte-source.js';
import type { WeightFile } from '../named-tensors.js';
import type { FileTensor } from '../tensor.js';
import { MOBILENET_WIDTHS, mobileNetUnits, type MobileNetUnit } from './description.js';
import { denseWeights, MOBILENET_EPSILON, unitWeights, type MobileNetWeights } from './weights.js';

/** `layer/part` of a tensor name, without a scope before or `:0` behind; undefined where it has no such form. */
function keyOf(name: string): string | undefined {
  const match = /(?:^|\/)([A-Za-z0-9_]+)\/(kernel|depthwise_kernel|bias|gamma|beta|moving_mean|moving_variance)(?::0)?$/.exec(name);
  return match === null ? undefined : `${match[1] ?? ''}/${match[2] ?? ''}`;
}

/** Whether a file's tensor names are those of Keras's MobileNetV2. */
export function hasMobileNetNames(names: readonly string[]): boolean {
  return names.some((name) => keyOf(name) === 'expanded_conv_depthwise/depthwise_kernel');
}

/**
 * Reads the net, as far as the file goes.
 *
 * @throws GramaryeError `bad-weights` naming what is missing or of the wrong shape.
 */
export async function mobileNetFromNames(name: string, file: WeightFile, options: ReadOptions = {}): Promise<MobileNetWeights> {
  const byKey = new Map<string, string>();
  for (const tensor of file.names) {
    const key = keyOf(tensor);
    if (key !== undefined && !byKey.has(key)) byKey.set(key, tensor);
  }
  const keysOf = (unit: MobileNetUnit): string[] => [
    `${unit.name}/${unit.kind === 'depthwise' ? 'depthwise_kernel' : 'kernel'}`,
    `${unit.name}/bias`,
    ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => `${unit.normName}/${part}`),
  ];
  const present = presentUnits(name, mobileNetUnits(1), (unit) => byKey.has(keysOf(unit)[0] ?? ''));
  const top = ['predictions', 'Logits', 'dense', 'head'].find((layer) => byKey.has(`${layer}/kernel`));
  const keys = [...present.flatMap(keysOf), ...(top === undefined ? [] : [`${top}/kernel`, `${top}/bias`])];
  const tensors = await file.readTensors(
    keys.map((key) => byKey.get(key)).filter((tensor) => tensor !== undefined),
    options,
  );
  const get = (key: string): FileTensor | undefined => tensors.get(byKey.get(key) ?? '');
  // A width that nothing fits leaves 1, so that the first kernel of another shape is named.
  const width =
    MOBILENET_WIDTHS.find((candidate) =>
      mobileNetUnits(candidate)
        .slice(0, present.length)
        .every((unit) => fits(unit, get(keysOf(unit)[0] ?? ''))),
    ) ?? 1;
  const units = mobileNetUnits(width)
    .slice(0, present.length)
    .map((unit) => {
      const [kernel, bias, gamma, beta, mean, variance] = keysOf(unit).map(get);
      if (kernel === undefined) throw new GramaryeError('internal', `${name}: ${unit.name} was not read.`);
      if ((mean === undefined) !== (variance === undefined))
        throw new GramaryeError('bad-weights', `${name}: ${unit.normName} has only one of moving mean and variance.`, { remedy: 'The file is incomplete.' });
      const batchNorm = mean === undefined || variance === undefined ? undefined : { gamma, beta, mean, variance, epsilon: MOBILENET_EPSILON };
      return unitWeights(name, unit, { kernel, bias, batchNorm });
    });
  const topKernel = get(`${top ?? ''}/kernel`);
  const dense = topKernel === undefined ? undefined : denseWeights(name, units.at(-1)?.outChannels ?? 0, topKernel, get(`${top ?? ''}/bias`));
  return { name, width, units, dense, input: { scale: 2, offset: 1 } };
}

/** The leading units that are there; a hole is an error. */
export function presentUnits(file: string, units: readonly MobileNetUnit[], has: (unit: MobileNetUnit) => boolean): readonly MobileNetUnit[] {
  const missing = units.findIndex((unit) => !has(unit));
  if (missing < 0) return units;
  const after = units.slice(missing).find(has);
  if (missing === 0 || after !== undefined) {
    throw new GramaryeError(
      'bad-weights',
      `${file} lacks the layer ${units[missing]?.name ?? ''}${after === undefined ? '' : ` but has ${after.name} behind it`}.`,
      { remedy: 'The file is incomplete or no MobileNetV2.' },
    );
  }
  return units.slice(0, missing);
}

function fits({ inChannels, outChannels, kind }: MobileNetUnit, kernel: FileTensor | undefined): boolean {
  return kernel?.shape[2] === inChannels && (kind === 'depthwise' || kernel.shape[3] === outChannels);
}
