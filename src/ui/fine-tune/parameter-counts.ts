import type { MobileNetUnitWeights, MobileNetWeights } from '../../models/mobilenet/weights.js';
import { mobileNetUnits } from '../../models/mobilenet/description.js';
import { EMBEDDED_BACKBONE } from '../../models/mobilenet/classifier-net.js';
import { countParameters, mobileNetLayers, type NetLayer } from '../../tasks/mobilenet/layers.js';

const NONE = new Float32Array(0);
const NORM = { gamma: NONE, beta: NONE, mean: NONE, variance: NONE, epsilon: 0 };

/** Layers of a net before it is loaded: of the full width, with BatchNorm apart unless it is the one that comes along, which has it folded. */
export function layersOf(net: Pick<MobileNetWeights, 'units'> | null, spec: string, size: number, classes: number): NetLayer[] {
  const units =
    net?.units ??
    mobileNetUnits(1).map((unit): MobileNetUnitWeights => ({ ...unit, weights: NONE, bias: NONE, batchNorm: spec === EMBEDDED_BACKBONE ? undefined : NORM }));
  return mobileNetLayers({ units }, { height: size, width: size, classes });
}

/** How many layers there are, how many parameters, and which of them are trained, as Keras counts. */
export function countsFor(
  layers: readonly NetLayer[],
  trainLast: number,
): ReturnType<typeof countParameters> & { readonly layers: number; readonly first: string } {
  return { ...countParameters(layers, trainLast), layers: layers.length, first: layers.at(-trainLast)?.name ?? '' };
}
