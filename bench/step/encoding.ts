/** What a step costs the thread that submits it: encoding, finishing and submitting, while the device has nothing else to do. */
import type { Engine } from '../../src/engine/engine.js';
import { layersUpTo, VGG19_WIDTHS } from '../../src/models/vgg19.js';
import { presetByName } from '../../src/tasks/presets.js';
import { buildStepProgram, EVALUATE, UPDATE } from '../../src/tasks/step-program.js';
import type { StepLayer } from '../../src/tasks/vgg-net.js';

/** What is measured. */
export interface EncodingOptions {
  /** Height and width of the image in px. */
  readonly size: number;
  /** How many times a step is encoded without being submitted. */
  readonly encodings: number;
  /** How many times it is encoded and submitted, each time after all before it is done. */
  readonly submissions: number;
  /** The share of VGG19's width is 1 over this; default 1. */
  readonly divisor?: number;
}

/** Milliseconds of the submitting thread, one entry a round, and what was encoded. */
export interface EncodingResult {
  readonly calls: number;
  /** Calls of the pass encoder in a step, by name. */
  readonly encoderCalls: Readonly<Record<string, number>>;
  readonly encodeMs: readonly number[];
  readonly finishMs: readonly number[];
  readonly submitMs: readonly number[];
  /** Of the submitted rounds: from `createCommandEncoder` to the return of `submit`. */
  readonly wholeMs: readonly number[];
}

const SECTIONS = [EVALUATE, UPDATE];

/** A pass encoder that only counts. */
function countingPass(counts: Record<string, number>): GPUComputePassEncoder {
  return new Proxy({} as GPUComputePassEncoder, {
    get: (_, name) => (): void => {
      counts[String(name)] = (counts[String(name)] ?? 0) + 1;
    },
  });
}

/** Measures the step of the default layers of VGG19 (style `block1..5_conv1`, content `block5_conv2`). */
export async function measureEncoding(engine: Engine, { size, encodings, submissions, divisor = 1 }: EncodingOptions): Promise<EncodingResult> {
  let inChannels = 3;
  const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index): StepLayer => {
    const layer = { name, pooledBefore, inChannels, outChannels: (VGG19_WIDTHS[index] ?? 0) / divisor };
    inChannels = layer.outChannels;
    return layer;
  });
  const settings = {
    ...presetByName('chapter-transfer').settings,
    height: size,
    width: size,
    styleLayers: [1, 2, 3, 4, 5].map((block) => ({ layer: `block${String(block)}_conv1`, weight: 1 })),
    contentLayers: ['block5_conv2'],
  };
  const { program } = await buildStepProgram(engine, { layers, preprocess: 'caffe' }, settings, { grams: new Map(), contents: new Map() });
  const { device } = engine;
  const encoderCalls: Record<string, number> = {};
  program.encodeInto(countingPass(encoderCalls), SECTIONS);
  const encodeMs: number[] = [];
  const finishMs: number[] = [];
  const submitMs: number[] = [];
  const wholeMs: number[] = [];
  for (let round = 0; round < encodings; round++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    program.encode(encoder, SECTIONS);
    const encoded = performance.now();
    encoder.finish();
    encodeMs.push(encoded - start);
    finishMs.push(performance.now() - encoded);
  }
  for (let round = 0; round < submissions; round++) {
    await engine.idle();
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    program.encode(encoder, SECTIONS);
    const commands = encoder.finish();
    const finished = performance.now();
    device.queue.submit([commands]);
    const end = performance.now();
    submitMs.push(end - finished);
    wholeMs.push(end - start);
  }
  await engine.idle();
  program.destroy();
  return { calls: program.calls.length, encoderCalls, encodeMs, finishMs, submitMs, wholeMs };
}
