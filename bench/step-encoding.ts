/**
 * How much JavaScript time a step costs: encoding and submitting, at full width, counted over many steps, with what it consists of.
 * `node bench/run-node.mjs bench/step-encoding.ts --size 224`.
 */
import { parseArgs } from 'node:util';
import { layersUpTo, VGG19_WIDTHS } from '../src/models/vgg19.js';
import { presetByName } from '../src/tasks/presets.js';
import { buildStepProgram, EVALUATE, UPDATE } from '../src/tasks/step-program.js';
import type { StepLayer } from '../src/tasks/vgg-net.js';
import { nodeEngine } from './node-gpu.js';
import { median } from '../src/bench/statistics/median.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { size: { type: 'string', default: '224' }, divisor: { type: 'string', default: '1' }, rounds: { type: 'string', default: '12' } },
  });
  const side = Number(values.size);
  const engine = await nodeEngine();
  let inChannels = 3;
  const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index): StepLayer => {
    const layer = { name, pooledBefore, inChannels, outChannels: (VGG19_WIDTHS[index] ?? 0) / Number(values.divisor) };
    inChannels = layer.outChannels;
    return layer;
  });
  const settings = {
    ...presetByName('chapter-transfer').settings,
    height: side,
    width: side,
    styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
    contentLayers: ['block5_conv2'],
  };
  const { program } = await buildStepProgram(engine, { layers, preprocess: 'caffe' }, settings, { grams: new Map(), contents: new Map() });
  const sections = [EVALUATE, UPDATE];
  const encodeMs: number[] = [];
  const finishMs: number[] = [];
  const submitMs: number[] = [];
  const { device } = engine;
  // Encoding alone first: nothing of it is ever submitted, so the adapter stays idle.
  for (let round = 0; round < 50; round++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    program.encode(encoder, sections);
    encodeMs.push(performance.now() - start);
    const encoded = performance.now();
    encoder.finish();
    finishMs.push(performance.now() - encoded);
  }
  const wholeMs: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    await engine.idle();
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    program.encode(encoder, sections);
    const commands = encoder.finish();
    const before = performance.now();
    device.queue.submit([commands]);
    const end = performance.now();
    submitMs.push(end - before);
    wholeMs.push(end - start);
  }
  await engine.idle();
  print(`${engine.info.device}, ${String(side)}², ${String(program.calls.length)} calls; ms of JavaScript, median [least]`);
  for (const [name, samples] of Object.entries({ encodeMs, finishMs, submitMs, wholeMs })) {
    print(`${name}: ${median(samples).toFixed(3)} [${Math.min(...samples).toFixed(3)}]`);
  }
  program.destroy();
  engine.destroy();
  return 0;
}
