import { Philox } from '../../src/engine/random.js';
import { mobileNetUnits } from '../../src/models/mobilenet/description.js';
import type { MobileNetWeights } from '../../src/models/mobilenet/weights.js';

/** A MobileNetV2 of random weights with BatchNorm apart, small enough for tests at width 0.35. */
export function randomMobileNet(seed: number, width = 0.35, classes?: number): MobileNetWeights {
  const random = new Philox(seed);
  const normals = (length: number, deviation: number, mean = 0): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length }, () => mean + deviation * random.nextNormal());
  const units = mobileNetUnits(width).map((unit) => {
    const fanIn = unit.kernelSize ** 2 * (unit.kind === 'depthwise' ? 1 : unit.inChannels);
    return {
      ...unit,
      weights: normals(fanIn * unit.outChannels, Math.sqrt(2 / fanIn)),
      bias: new Float32Array(unit.outChannels),
      batchNorm: {
        gamma: normals(unit.outChannels, 0.1, 1),
        beta: normals(unit.outChannels, 0.1),
        mean: normals(unit.outChannels, 0.1),
        variance: Float32Array.from({ length: unit.outChannels }, () => 0.5 + random.nextUniform()),
        epsilon: 1e-3,
      },
    };
  });
  const features = units.at(-1)?.outChannels ?? 0;
  const dense = classes === undefined ? undefined : { weights: normals(features * classes, Math.sqrt(1 / features)), bias: normals(classes, 0.1), classes };
  return { name: 'random', width, units, dense, input: { scale: 2, offset: 1 } };
}
