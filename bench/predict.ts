/**
 * Predicts the time of a style-transfer step on GPUs that are not at hand, from the engine's own plan for them: which variant each
 * call gets, its arithmetic and its traffic. `npm run bench:predict` writes docs/performance/predicted-step-times.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DeviceTraits } from '../src/engine/device.js';
import type { BoundCall } from '../src/engine/program.js';
import { acceptedVariants, shapeKey } from '../src/engine/select.js';
import { layersUpTo, VGG19_WIDTHS } from '../src/models/vgg19.js';
import { presetByName } from '../src/tasks/presets.js';
import { planStep } from '../src/tasks/step-program.js';
import type { StepLayer } from '../src/tasks/vgg-net.js';
import { callTime, MODEL_DEVICES, PRODUCTS, SHARES, type CallTime, type ModelDevice } from './cost-model.js';
import { nodeEngine } from './node-gpu.js';

const SIZES = [128, 224, 512, 1024];
/** A variant is counted as faster where it takes at most this share of the time of every other. */
const FASTER = 0.95;

/** Full-width VGG19 without weights. */
function netLayers(): StepLayer[] {
  let inChannels = 3;
  return layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index) => {
    const layer = { name, pooledBefore, inChannels, outChannels: VGG19_WIDTHS[index] ?? 0 };
    inChannels = layer.outChannels;
    return layer;
  });
}

function traitsFor(device: ModelDevice, base: DeviceTraits): DeviceTraits {
  return {
    ...base,
    features: new Set([...base.features, 'subgroups', 'shader-f16', 'timestamp-query']),
    isSoftware: false,
    vendor: device.vendor,
    architecture: '',
    device: device.name,
    description: device.name,
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
  };
}

const text = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
const range = (low: number, high: number): string => (text(low) === text(high) ? text(low) : `${text(low)}–${text(high)}`);
const isConvolution = ({ kernel }: BoundCall): boolean => kernel.startsWith('conv3x3');
const isGram = ({ kernel }: BoundCall): boolean => kernel.startsWith('gram');

interface Timed {
  readonly call: BoundCall;
  readonly time: CallTime;
}

function rangeOf(times: readonly Timed[]): string {
  const total = (pick: (time: CallTime) => number): number => times.reduce((all, { time }) => all + pick(time), 0);
  return range(
    total(({ cachedMs }) => cachedMs),
    total(({ memoryMs }) => memoryMs),
  );
}

/** By variant: the shapes of convolutions where the model finds it fastest, with intermediate values in a cache. */
function fastest(device: ModelDevice, traits: DeviceTraits, calls: readonly BoundCall[]): { counts: Map<string, number>; shapes: number; gain: number } {
  const counts = new Map<string, number>();
  const shapes = new Map(calls.filter(isConvolution).map((call) => [shapeKey(call.kernel, call.attributes), call]));
  let [chosenMs, bestMs] = [0, 0];
  for (const call of shapes.values()) {
    const rivals = acceptedVariants(call.definition, call.attributes, traits).map(({ id }) => ({
      id,
      ms: callTime(device, traits, call, id)?.cachedMs ?? Infinity,
    }));
    const [first, second] = rivals.sort((a, b) => a.ms - b.ms);
    if (first === undefined) continue;
    chosenMs += callTime(device, traits, call)?.cachedMs ?? 0;
    bestMs += first.ms;
    const name = second !== undefined && first.ms > FASTER * second.ms ? `${first.id} or ${second.id}` : first.id;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { counts, shapes: shapes.size, gain: chosenMs / bestMs };
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { out: { type: 'string', default: 'docs/performance/predicted-step-times.md' } } });
  const engine = await nodeEngine();
  const base = presetByName('chapter-transfer').settings;
  const rows: string[] = [];
  const parts: string[] = [];
  const best: string[] = [];
  for (const device of MODEL_DEVICES) {
    const traits = traitsFor(device, engine.traits);
    const cells: string[] = [];
    for (const size of SIZES) {
      const settings = {
        ...base,
        height: size,
        width: size,
        styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
        contentLayers: ['block5_conv2'],
      };
      const { calls } = planStep(engine, { layers: netLayers(), preprocess: 'caffe' }, settings, { traits });
      const times = calls.flatMap((call) => {
        const time = callTime(device, traits, call);
        return time === undefined ? [] : [{ call, time }];
      });
      cells.push(rangeOf(times));
      const { counts, shapes, gain } = fastest(device, traits, calls);
      const list = [...counts].sort(([, a], [, b]) => b - a).map(([id, count]) => `${String(count)} × ${id}`);
      best.push(`| ${device.name}, ${String(size)}² | ${String(shapes)} | ${list.join(', ')} | ${gain.toFixed(2)} |`);
      if (size !== 224 && size !== 512) continue;
      const variants = new Map<string, number>();
      for (const { variant } of calls.filter(isConvolution)) variants.set(variant, (variants.get(variant) ?? 0) + 1);
      const groups = [isConvolution, isGram, (call: BoundCall): boolean => !isConvolution(call) && !isGram(call)];
      const cellsOf = groups.map((has) => rangeOf(times.filter(({ call }) => has(call))));
      parts.push(
        `| ${device.name}, ${String(size)}² | ${cellsOf.join(' | ')} | ${[...variants].map(([id, count]) => `${String(count)} × ${id}`).join(', ')} |`,
      );
    }
    rows.push(`| ${device.name}, ${String(device.tflops)} TFLOP/s, ${String(device.gigabytesPerSecond)} GB/s | ${cells.join(' | ')} |`);
  }
  engine.destroy();
  writeFileSync(values.out, page(rows, parts, best));
  process.stdout.write(`${values.out}\n`);
  return 0;
}

function page(rows: readonly string[], parts: readonly string[], best: readonly string[]): string {
  const percent = (share: number): string => `${String(Math.round(share * 100))}%`;
  return [
    '# Predicted step times',
    '',
    'Milliseconds of one step of style transfer (full-width VGG19, style at `block1..5_conv1`, content at `block5_conv2`, total variation, Adam,',
    'f32), **predicted**: no such device was measured. `npm run bench:predict` makes this page from the plan that the engine itself makes for',
    'the device; owners can compare it with `npm run bench:step`.',
    '',
    `| device | ${SIZES.map((size) => `${String(size)}²`).join(' | ')} |`,
    `|---|${SIZES.map(() => '---|').join('')}`,
    ...rows,
    '',
    'The lower figure holds if the strips of Winograd stay in a cache, the higher one if every intermediate value goes through memory.',
    '',
    '| device, size | convolutions, ms | Gram matrices, ms | all others, ms | variants of the 3×3 convolutions |',
    '|---|---|---|---|---|',
    ...parts,
    '',
    '## The fastest variants by this model',
    '',
    'For every shape of a 3×3 convolution in the step, forward and gradient, with intermediate values in a cache. Two are named where they differ',
    'by less than 5%. The last column is what the convolutions of those shapes would gain over the choices that the engine makes without a',
    'tuning: what `--tune` may be worth at most, if the model is right.',
    '',
    '| device, size | shapes | fastest | gain |',
    '|---|---|---|---|',
    ...best,
    '',
    '## The model',
    '',
    `A call takes the longer of its arithmetic and its traffic. Memory runs at ${percent(SHARES.bandwidth)} of its bandwidth; Gram matrices at ${percent(SHARES.gram)} of peak`,
    `arithmetic, transforms and elementwise work at ${percent(SHARES.other)}; every dispatch costs ${MODEL_DEVICES.map(({ name, dispatchUs }) => `${String(dispatchUs)} µs (${name})`).join(', ')}.`,
    'Products of Winograd and direct convolutions reach the shares below, less in proportion where their blocks are fewer than two invocations for',
    `each lane (${MODEL_DEVICES.map(({ name, lanes }) => `${String(lanes)} on ${name}`).join(', ')}); blocks that are only partly filled cost as much as full ones. Winograd F(m×m, 3×3) takes`,
    '(m + 2)² products for each tile and pair of channels; its transformed values are written and read once, the transformed filter is read once for',
    "each strip. Peaks and bandwidths are the makers' figures. The shares of peak are what published kernels of this kind reach, in the order of",
    "the share of multiply-adds in the compiler's output for ours; Apple's workgroup memory is taken to be slow, as others report.",
    '',
    '| product or direct form | block, rows × columns | share of peak | on Apple |',
    '|---|---|---|---|',
    ...Object.entries(PRODUCTS).map(
      ([id, { rows: blockRows, columns, share, appleShare }]) =>
        `| ${id} | ${String(blockRows)} × ${String(columns)} | ${percent(share)} | ${percent(appleShare)} |`,
    ),
    '',
  ].join('\n');
}
