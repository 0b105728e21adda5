/** Times the variants of the 3×3 convolution on VGG19's layers, interleaved; `--size 128 --layers conv3_2 --variants direct,…`. */
import { parseArgs } from 'node:util';
import { ProgramBuilder } from '../src/engine/program.js';
import { conv3x3BiasRelu, conv3x3InputGradient } from '../src/kernels/index.js';
import type { KernelDefinition } from '../src/engine/contract.js';
import { nodeEngine } from './node-gpu.js';

/** VGG19's distinct layers: how often the map is halved before, and the channels. */
const LAYERS: readonly (readonly [name: string, halvings: number, inChannels: number, outChannels: number])[] = [
  ['conv1_1', 0, 3, 64],
  ['conv1_2', 0, 64, 64],
  ['conv2_1', 1, 64, 128],
  ['conv2_2', 1, 128, 128],
  ['conv3_1', 2, 128, 256],
  ['conv3_2', 2, 256, 256],
  ['conv4_1', 3, 256, 512],
  ['conv4_2', 3, 512, 512],
  ['conv5_1', 4, 512, 512],
];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Milliseconds of processor time: on a shared machine the clock on the wall mostly measures the neighbours. */
function processorMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e3;
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '128' },
      layers: { type: 'string' },
      variants: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      direction: { type: 'string', default: 'forward,gradient' },
    },
  });
  const engine = await nodeEngine();
  const size = Number(values.size);
  print(`${engine.info.device}, image ${String(size)}², best of ${values.rounds} rounds: wall ms / processor ms / effective GFLOP/s of processor time`);
  for (const [name, halvings, inChannels, outChannels] of LAYERS) {
    if (values.layers !== undefined && !values.layers.split(',').includes(name)) continue;
    const side = Math.max(1, size >> halvings);
    const attributes = { height: side, width: side, inChannels, outChannels, relu: true };
    const flops = 18 * side * side * inChannels * outChannels;
    for (const direction of values.direction.split(',')) {
      const kernel = (direction === 'forward' ? conv3x3BiasRelu : conv3x3InputGradient) as KernelDefinition<typeof attributes>;
      const programs = [];
      for (const variant of kernel.variants) {
        if (variant.accepts(attributes, engine.traits) !== true || (values.variants !== undefined && !values.variants.split(',').includes(variant.id)))
          continue;
        const builder = new ProgramBuilder(engine, { pins: { [kernel.name]: variant.id } });
        const shapes = kernel.shapes(attributes);
        const tensors = Object.fromEntries(
          [...kernel.inputs, ...kernel.outputs].map((spec) => [
            spec.name,
            builder.persistent(spec.name, shapes[spec.name] ?? [], { category: 'activations', dtype: spec.dtype }),
          ]),
        );
        builder.call(name, kernel, attributes, tensors);
        const start = performance.now();
        const program = await builder.build();
        program.prepare();
        program.run();
        await engine.idle();
        programs.push({ id: variant.id, program, firstMs: performance.now() - start, wall: Infinity, processor: Infinity });
      }
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const entry of programs) {
          const usage = process.cpuUsage();
          const start = performance.now();
          entry.program.run();
          await engine.idle();
          entry.wall = Math.min(entry.wall, performance.now() - start);
          entry.processor = Math.min(entry.processor, processorMs(usage));
        }
      }
      for (const { id, program, wall, processor, firstMs } of programs) {
        print(
          `${name.padEnd(8)} ${direction.padEnd(8)} ${id.padEnd(24)} ${wall.toFixed(1).padStart(9)} ${processor.toFixed(1).padStart(9)} ${(flops / processor / 1e6).toFixed(2).padStart(7)}   first run ${firstMs.toFixed(0)} ms`,
        );
        program.destroy();
      }
    }
  }
  engine.destroy();
  return 0;
}
