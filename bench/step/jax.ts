/** The step in jax-js on WebGPU, compiled by its `jit`. Maps are [1, channels, height, width]; a use that is not the last takes `.ref`. */
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Contender, GramTargets, ReadyStep } from './contender.js';
import type { StepProblem } from './problem.js';
import { toOihw } from '../../src/bench/peers/layouts.js';

type Arrays = Record<string, np.Array>;

const CAFFE_MEANS = [103.939, 116.779, 123.68];

function array(data: Float32Array, shape: number[]): np.Array {
  return np.array(Float32Array.from(data), { shape });
}

async function floats(values: np.Array): Promise<Float32Array> {
  const data: unknown = await values.data();
  if (!(data instanceof Float32Array)) throw new Error('jax-js gave something other than floats');
  return data;
}

const refs = (arrays: Arrays): Arrays => Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, value.ref]));

function entryOf(arrays: Arrays, name: string): np.Array {
  const found = arrays[name];
  if (found === undefined) throw new Error(`jax-js was given no ${name}`);
  return found;
}

/** jax-js on its WebGPU device. */
export class JaxContender implements Contender {
  readonly name = 'jax-js';

  async describe(): Promise<string> {
    return Promise.resolve('@jax-js/jax 0.1.25 webgpu, jit');
  }

  async prepare(problem: StepProblem, targets: GramTargets): Promise<ReadyStep> {
    const available = await init('webgpu');
    if (!available.includes('webgpu')) throw new Error(`its devices here are ${available.join()}`);
    defaultDevice('webgpu');
    const { net, settings } = problem;
    const { height, width, beta1, beta2, epsilon, learningRate } = settings;
    const layers = net.layers.map(({ name, pooledBefore }) => ({ name, pooledBefore }));
    const weights: Arrays = {};
    const biases: Arrays = {};
    for (const layer of net.layers) {
      weights[layer.name] = array(toOihw(layer.weights, layer.inChannels, layer.outChannels), [layer.outChannels, layer.inChannels, 3, 3]);
      biases[layer.name] = array(layer.bias, [1, layer.outChannels, 1, 1]);
    }
    const grams: Arrays = Object.fromEntries(
      [...targets].map(([name, values]) => [name, array(Float32Array.from(values), [Math.sqrt(values.length), Math.sqrt(values.length)])]),
    );
    const means = array(Float32Array.from(CAFFE_MEANS), [3]);

    /** Maps of the wanted layers; consumes all it is given. */
    const features = (image: np.Array, filters: Arrays, offsets: Arrays, mean: np.Array, wanted: readonly string[]): Arrays => {
      let x = np.flip(image.mul(255), 2).sub(mean).transpose([2, 0, 1]).reshape([1, 3, height, width]);
      const maps: Arrays = {};
      for (const { name, pooledBefore } of layers) {
        if (pooledBefore) x = lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
        x = nn.relu(lax.convGeneralDilated(x, entryOf(filters, name), [1, 1], 'SAME').add(entryOf(offsets, name)));
        if (wanted.includes(name)) maps[name] = x.ref;
      }
      x.dispose();
      return maps;
    };
    const contents = features(array(problem.content.data, [height, width, 3]), refs(weights), refs(biases), means.ref, settings.contentLayers);
    await blockUntilReady(contents);

    const tapped = [...targets.keys(), ...settings.contentLayers];
    const loss = (image: np.Array, filters: Arrays, offsets: Arrays, mean: np.Array, style: Arrays, content: Arrays): np.Array => {
      const maps = features(image.ref, filters, offsets, mean, tapped);
      let total = np.zeros([]);
      for (const name of targets.keys()) {
        const map = entryOf(maps, name);
        const [, channels = 0, rows = 0, columns = 0] = map.shape;
        // A layer may be tapped for both.
        const flat = (settings.contentLayers.includes(name) ? map.ref : map).reshape([channels, rows * columns]);
        const gram = np.matmul(flat.ref, flat.transpose([1, 0])).div(rows * columns);
        total = total.add(
          np
            .square(gram.sub(entryOf(style, name)))
            .mean()
            .mul(settings.styleWeight),
        );
      }
      for (const name of settings.contentLayers) {
        total = total.add(
          np
            .square(entryOf(maps, name).sub(entryOf(content, name)))
            .mean()
            .mul(settings.contentWeight),
        );
      }
      const dx = image.ref.slice([], [1, width], []).sub(image.ref.slice([], [0, width - 1], []));
      const dy = image.ref.slice([1, height], [], []).sub(image.slice([0, height - 1], [], []));
      return total.add(np.square(dx).mean().add(np.square(dy).mean()).mul(settings.tvWeight));
    };
    const valueAndGradient = valueAndGrad(loss);
    const evaluate = jit(valueAndGradient);
    const advance = jit(
      (
        image: np.Array,
        first: np.Array,
        second: np.Array,
        rate: np.Array,
        filters: Arrays,
        offsets: Arrays,
        mean: np.Array,
        style: Arrays,
        content: Arrays,
      ): Arrays => {
        const [value, gradient] = valueAndGradient(image.ref, filters, offsets, mean, style, content);
        const m = first.mul(beta1).add(gradient.ref.mul(1 - beta1));
        const v = second.mul(beta2).add(np.square(gradient).mul(1 - beta2));
        const moved = np.clip(image.sub(m.ref.div(np.sqrt(v.ref).add(epsilon)).mul(rate)), 0, 1);
        return { value, m, v, moved };
      },
    );

    let image = array(problem.start.data, [height, width, 3]);
    let first = np.zeros([height, width, 3]);
    let second = np.zeros([height, width, 3]);
    let steps = 0;
    return {
      evaluate: async () => {
        const [value, gradient] = evaluate(image.ref, refs(weights), refs(biases), means.ref, refs(grams), refs(contents));
        return { loss: (await floats(value))[0] ?? NaN, gradient: await floats(gradient) };
      },
      step: async () => {
        steps++;
        const rate = np.array((learningRate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps));
        const next = advance(image, first, second, rate, refs(weights), refs(biases), means.ref, refs(grams), refs(contents));
        image = entryOf(next, 'moved');
        first = entryOf(next, 'm');
        second = entryOf(next, 'v');
        await floats(entryOf(next, 'value'));
        await image.blockUntilReady();
      },
      destroy: () => {
        for (const group of [weights, biases, grams, contents, { means, image, first, second }]) {
          for (const value of Object.values(group)) value.dispose();
        }
        evaluate.dispose();
        advance.dispose();
      },
    };
  }
}
