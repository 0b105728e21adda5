/**
 * Where rounding decides what a gradient does: windows of maximum pooling whose two largest values are nearly equal, and values near the
 * kink of a ReLU, at the start of a reference case, in float64, beside what each variant of the kernel decides from the same inputs.
 * `node bench/run-node.mjs tools/golden/near-ties.ts --data FOLDER --case NAME`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeEngine } from '../../bench/node-gpu.js';
import { runKernel } from '../../src/engine/run-kernel.js';
import { acceptedVariants } from '../../src/engine/select.js';
import { conv3x3Reference } from '../../src/kernels/conv3x3-bias-relu/reference.js';
import { passesGate } from '../../src/kernels/conv3x3-gated/gate.js';
import { conv3x3ReluGate, conv3x3ReluMaxPool } from '../../src/kernels/index.js';
import { loadVgg } from '../../src/models/load.js';
import { readGoldenCase } from '../../test/support/golden.js';
import { fileSource } from '../../test/support/shared-data.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Decision {
  readonly place: string;
  readonly element: number;
  /** Distance from the other decision in float64, divided by the layer's root mean square. */
  readonly margin: number;
}

/** Every decision of a layer by its margin: of a ReLU, or of the windows of pooling. */
function decisions(map: { height: number; width: number; channels: number }, output: Float64Array, pooled: boolean, rms: number): Decision[] {
  const { height, width, channels } = map;
  const all: Decision[] = [];
  const at = (y: number, x: number, c: number): number => (y * width + x) * channels + c;
  if (!pooled) {
    output.forEach((value, element) => all.push({ place: String(element), element, margin: Math.abs(value) / rms }));
    return all.sort((a, b) => a.margin - b.margin);
  }
  for (let y = 0; y + 1 < height; y += 2) {
    for (let x = 0; x + 1 < width; x += 2) {
      for (let c = 0; c < channels; c++) {
        const four = [at(y, x, c), at(y, x + 1, c), at(y + 1, x, c), at(y + 1, x + 1, c)].map((element) => ({ element, value: output[element] ?? 0 }));
        const [first, second] = four.sort((a, b) => b.value - a.value);
        if (first === undefined || second === undefined) continue;
        const margin = (first.value <= 0 ? -first.value : Math.min(first.value, first.value - second.value)) / rms;
        all.push({
          place: `${String(y)},${String(x)},${String(c)}: ${first.value.toPrecision(9)} and ${second.value.toPrecision(9)}`,
          element: first.element,
          margin,
        });
      }
    }
  }
  return all.sort((a, b) => a.margin - b.margin);
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { data: { type: 'string', default: '' }, case: { type: 'string', default: 'vgg19-blocks1-3-nst' } },
  });
  const golden = await readGoldenCase(join(values.data, 'golden', values.case));
  const file = ['', 'vgg19-blocks1-3'].map((folder) => join(values.data, 'nets', folder, golden.config.net)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`The net ${golden.config.net} is not below ${values.data}/nets.`);
  const net = await loadVgg(await fileSource(file));
  const engine = await nodeEngine();
  const { order, scale, mean } = net.preprocess;
  let { height, width } = golden.settings;
  let map = Float64Array.from(
    { length: height * width * 3 },
    (_, index) => (golden.init.data[index - (index % 3) + (order[index % 3] ?? 0)] ?? 0) * (scale[index % 3] ?? 1) - (mean[index % 3] ?? 0),
  );
  const taps = [...golden.settings.styleLayers.map(({ layer }) => layer), ...golden.settings.contentLayers];
  const last = net.layers.findLastIndex(({ name }) => taps.includes(name));
  for (const [index, layer] of net.layers.slice(0, last + 1).entries()) {
    const attributes = { height, width, inChannels: layer.inChannels, outChannels: layer.outChannels };
    const inputs = { input: map, weights: Float64Array.from(layer.weights), bias: Float64Array.from(layer.bias) };
    const { output: linear = new Float64Array() } = conv3x3Reference({ ...attributes, relu: false }, inputs);
    const output = linear.map((value) => Math.max(value, 0));
    const rms = Math.sqrt(output.reduce((sum, value) => sum + value * value, 0) / output.length);
    const pooled = net.layers[index + 1]?.pooledBefore === true && golden.settings.pooling === 'max';
    const size = { height, width, channels: layer.outChannels };
    const sorted = decisions(size, linear, pooled, rms);
    print(
      `${layer.name}${pooled ? ' with pooling' : ''}: ${String(sorted.length)} decisions; nearest ${sorted
        .slice(0, 4)
        .map(({ margin }) => margin.toExponential(1))
        .join(', ')} of the root mean square`,
    );
    const kernel = pooled ? conv3x3ReluMaxPool : conv3x3ReluGate;
    const reference = kernel.reference(attributes, inputs);
    const wanted = reference.gate ?? new Float64Array();
    const wantedMap = reference.pooled ?? reference.output ?? new Float64Array();
    for (const variant of acceptedVariants(kernel, attributes, engine.traits).filter(({ id }) => !id.includes('shared'))) {
      const results = await runKernel(engine, kernel, attributes, inputs, { variant: variant.id });
      const gate = results.gate ?? new Float64Array();
      const got = results.pooled ?? results.output ?? new Float64Array();
      const errors = got.map((value, element) => Math.abs(value - (wantedMap[element] ?? NaN)) / rms);
      const errorRms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
      const errorMost = errors.reduce((most, error) => Math.max(most, error), 0);
      const flipped: string[] = [];
      for (const { element, margin, place } of sorted.slice(0, 2_000)) {
        const [y, x, c] = [Math.floor(element / (width * size.channels)), Math.floor(element / size.channels) % width, element % size.channels];
        if (passesGate(size, gate, y, x, c) !== passesGate(size, wanted, y, x, c)) flipped.push(`${margin.toExponential(1)} (${place})`);
      }
      print(
        `  ${variant.id}: error ${errorRms.toExponential(1)}, at most ${errorMost.toExponential(1)}; ${flipped.length === 0 ? 'decides as float64' : flipped.join('; ')}`,
      );
    }
    map = output;
    if (net.layers[index + 1]?.pooledBefore !== true) continue;
    const [pooledHeight, pooledWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
    const smaller = new Float64Array(pooledHeight * pooledWidth * size.channels);
    for (let y = 0; y < pooledHeight; y++) {
      for (let x = 0; x < pooledWidth; x++) {
        for (let c = 0; c < size.channels; c++) {
          const four = [0, 1, width, width + 1].map((offset) => map[(2 * y * width + 2 * x + offset) * size.channels + c] ?? 0);
          smaller[(y * pooledWidth + x) * size.channels + c] = pooled ? Math.max(...four) : four.reduce((sum, value) => sum + value, 0) / 4;
        }
      }
    }
    [map, height, width] = [smaller, pooledHeight, pooledWidth];
  }
  engine.destroy();
  return 0;
}
