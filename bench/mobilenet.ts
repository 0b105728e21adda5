/**
 * `bench:mobilenet`: MobileNetV2 inference as a recorded program against the same graph in stock tfjs on the same device,
 * with the same folded weights, checked against each other, then timed in turns.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { flushTfjs, registerTfjsBackend } from '../src/engine/tfjs-bridge.js';
import { Philox } from '../src/engine/random.js';
import { sourceFromBytes } from '../src/models/byte-source.js';
import { loadMobileNet } from '../src/models/mobilenet/load.js';
import { foldBatchNorm, type MobileNetWeights } from '../src/models/mobilenet/weights.js';
import { FrozenProgram } from '../src/tasks/mobilenet/frozen-program.js';
import { mobileNetLayers } from '../src/tasks/mobilenet/layers.js';
import { nodeEngine } from './node-gpu.js';
import { median } from '../src/bench/statistics/median.js';

const root = fileURLToPath(new URL('..', import.meta.url));

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The graph in stock tfjs: fused convolutions with bias and ReLU6, additions. */
function tfjsForward(net: MobileNetWeights): (input: tf.Tensor4D) => tf.Tensor4D {
  const units = net.units.map(foldBatchNorm).map((unit) => ({
    unit,
    kernel:
      unit.kind === 'depthwise'
        ? tf.tensor4d(unit.weights, [3, 3, unit.inChannels, 1])
        : tf.tensor4d(unit.weights, [unit.kernelSize, unit.kernelSize, unit.inChannels, unit.outChannels]),
    bias: tf.tensor1d(unit.bias),
  }));
  return (input) =>
    tf.tidy(() => {
      let x = input;
      const ends = new Map<string, tf.Tensor4D>();
      for (const { unit, kernel, bias } of units) {
        const options = {
          x,
          filter: kernel,
          strides: unit.stride,
          pad: 'same',
          bias,
          activation: unit.activationName === undefined ? 'linear' : 'relu6',
        } as const;
        x = unit.kind === 'depthwise' ? tf.fused.depthwiseConv2d(options) : tf.fused.conv2d(options);
        const residual = unit.residual === undefined ? undefined : ends.get(unit.residual.from);
        if (residual !== undefined) x = tf.add(x, residual);
        ends.set(unit.name, x);
      }
      return x;
    });
}

/** The command. Returns the exit code: 1 when the outputs differ or the ratio is below `--at-least`. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '224' },
      batch: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      'at-least': { type: 'string', default: '5' },
      out: { type: 'string' },
    },
  });
  const [size, batch, rounds, atLeast] = [values.size, values.batch, values.rounds, values['at-least']].map(Number);
  if (size === undefined || batch === undefined || rounds === undefined || atLeast === undefined) return 1;
  const engine = await nodeEngine();
  const backend = await registerTfjsBackend(engine);
  const net = await loadMobileNet(sourceFromBytes('mobilenet-v2-oid.safetensors', await readFile(`${root}assets/models/mobilenet-v2-oid/model.safetensors`)));
  const layers = mobileNetLayers(net, { height: size, width: size, classes: 0 });
  const output = layers.at(-1)?.name ?? '';
  const program = await FrozenProgram.build(engine, net, { layers, outputs: [output], batch });
  const random = new Philox(1);
  const input = Float32Array.from({ length: batch * size * size * 3 }, () => 2 * random.nextUniform() - 1);
  program.write(input);
  const tensor = tf.tensor4d(input, [batch, size, size, 3]);
  const forward = tfjsForward(net);

  const runs = {
    gramarye: async (): Promise<void> => {
      program.run();
      await engine.idle();
    },
    tfjs: async (): Promise<void> => {
      const result = forward(tensor);
      flushTfjs(backend);
      await engine.idle();
      result.dispose();
    },
  };
  await runs.gramarye();
  const mine = new Float32Array(await program.read(output));
  const theirs = Float32Array.from(await forward(tensor).data());
  const rms = Math.sqrt(theirs.reduce((sum, value) => sum + value * value, 0) / theirs.length);
  const difference = mine.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (theirs[index] ?? NaN))), 0) / rms;
  print(`${engine.traits.description || engine.traits.device}; ${String(cpus().length)} × ${cpus()[0]?.model ?? '?'}, ${platform()} ${arch()}`);
  print(`MobileNetV2 up to ${output}, ${String(batch)} × ${String(size)}²: largest difference ${difference.toExponential(1)} of the output's rms`);
  const times: Record<keyof typeof runs, number[]> = { gramarye: [], tfjs: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of ['gramarye', 'tfjs'] as const) {
      const started = performance.now();
      await runs[name]();
      times[name].push(performance.now() - started);
    }
    print(`round ${String(round + 1)}: gramarye ${(times.gramarye[round] ?? NaN).toFixed(0)} ms, tfjs ${(times.tfjs[round] ?? NaN).toFixed(0)} ms`);
  }
  const ratio = median(times.gramarye.map((ms, round) => (times.tfjs[round] ?? NaN) / ms));
  for (const [name, ms] of Object.entries(times)) print(`${name.padEnd(9)} median ${median(ms).toFixed(1)} ms, least ${Math.min(...ms).toFixed(1)} ms`);
  print(`ratio, median over rounds: ${ratio.toFixed(1)}`);
  if (values.out !== undefined)
    await writeFile(values.out, `${JSON.stringify({ adapter: engine.traits.description, size, batch, difference, times, ratio }, undefined, 1)}\n`);
  return difference < 1e-3 && ratio >= atLeast ? 0 : 1;
}
