/** The step in stock tfjs operations, on any of its backends. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Contender, GramTargets, ReadyStep } from './contender.js';
import type { StepProblem } from './problem.js';

const CAFFE_MEANS = [103.939, 116.779, 123.68];

function tensor(data: Float32Array, shape: number[]): tf.Tensor {
  return tf.tensor(data, shape, 'float32');
}

/** tfjs with one backend, which `initialise` registers. */
export class TfjsContender implements Contender {
  readonly name: string;
  readonly #backend: string;
  readonly #initialise: () => Promise<void>;

  constructor(backend: 'webgpu' | 'webgl' | 'wasm' | 'cpu', initialise: () => Promise<void>) {
    this.name = `tfjs-${backend}`;
    this.#backend = backend;
    this.#initialise = initialise;
  }

  async describe(): Promise<string> {
    return Promise.resolve(`tfjs ${tf.version_core} ${this.#backend}`);
  }

  async #use(): Promise<void> {
    if (!(await tf.setBackend(this.#backend))) throw new Error(`tfjs backend ${this.#backend} did not start`);
  }

  async prepare(problem: StepProblem, targets: GramTargets): Promise<ReadyStep> {
    await this.#initialise();
    await this.#use();
    const { net, settings } = problem;
    const { height, width } = settings;
    const layers = net.layers.map((layer) => ({
      name: layer.name,
      pooledBefore: layer.pooledBefore,
      outChannels: layer.outChannels,
      weights: tensor(layer.weights, [3, 3, layer.inChannels, layer.outChannels]) as tf.Tensor4D,
      bias: tensor(layer.bias, [layer.outChannels]),
    }));
    const grams = new Map(
      [...targets].map(([name, values]) => [name, tensor(Float32Array.from(values), [Math.sqrt(values.length), Math.sqrt(values.length)])]),
    );
    const means = tf.tensor1d(CAFFE_MEANS);
    const contentLayers = new Set(settings.contentLayers);

    const mapOf = (maps: ReadonlyMap<string, tf.Tensor4D>, name: string): tf.Tensor4D => {
      const map = maps.get(name);
      if (map === undefined) throw new Error(`the net has no ${name}`);
      return map;
    };
    const features = (image: tf.Tensor): Map<string, tf.Tensor4D> => {
      let x: tf.Tensor4D = tf.sub(tf.reverse(tf.mul(image, 255), 2), means).reshape<tf.Tensor4D>([1, height, width, 3]);
      const maps = new Map<string, tf.Tensor4D>();
      for (const layer of layers) {
        if (layer.pooledBefore) x = tf.maxPool(x, 2, 2, 'valid');
        x = tf.relu(tf.add(tf.conv2d(x, layer.weights, 1, 'same'), layer.bias));
        if (grams.has(layer.name) || contentLayers.has(layer.name)) maps.set(layer.name, x);
      }
      return maps;
    };
    const contents = tf.tidy(() => {
      const maps = features(tensor(problem.content.data, [height, width, 3]));
      return settings.contentLayers.map((name) => ({ name, map: mapOf(maps, name).clone() }));
    }) as unknown as { name: string; map: tf.Tensor4D }[];

    const loss = (image: tf.Tensor): tf.Scalar => {
      const maps = features(image);
      let total: tf.Tensor = tf.scalar(0);
      for (const [name, target] of grams) {
        const map = mapOf(maps, name);
        const positions = map.shape[1] * map.shape[2];
        const flat = map.reshape<tf.Tensor2D>([positions, map.shape[3]]);
        const gram = tf.div(tf.matMul(flat, flat, true, false), positions);
        total = tf.add(total, tf.mul(tf.mean(tf.square(tf.sub(gram, target))), settings.styleWeight));
      }
      for (const { name, map } of contents) {
        total = tf.add(total, tf.mul(tf.mean(tf.square(tf.sub(mapOf(maps, name), map))), settings.contentWeight));
      }
      const dx = tf.sub(tf.slice(image, [0, 1, 0], [height, width - 1, 3]), tf.slice(image, [0, 0, 0], [height, width - 1, 3]));
      const dy = tf.sub(tf.slice(image, [1, 0, 0], [height - 1, width, 3]), tf.slice(image, [0, 0, 0], [height - 1, width, 3]));
      return tf.add(total, tf.mul(tf.add(tf.mean(tf.square(dx)), tf.mean(tf.square(dy))), settings.tvWeight)).asScalar();
    };
    const valueAndGradient = tf.valueAndGrad(loss);

    let image = tensor(problem.start.data, [height, width, 3]);
    let first = tf.zerosLike(image);
    let second = tf.zerosLike(image);
    let steps = 0;
    return {
      evaluate: async () => {
        await this.#use();
        const { value, grad } = tf.tidy(() => valueAndGradient(image));
        const result = { loss: (await value.data())[0] ?? NaN, gradient: Float32Array.from(await grad.data()) };
        tf.dispose([value, grad]);
        return result;
      },
      step: async () => {
        await this.#use();
        steps++;
        const { beta1, beta2, epsilon, learningRate } = settings;
        const rate = (learningRate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps);
        const next = tf.tidy(() => {
          const { value, grad } = valueAndGradient(image);
          const m = tf.add(tf.mul(first, beta1), tf.mul(grad, 1 - beta1));
          const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(grad), 1 - beta2));
          const moved = tf.clipByValue(tf.sub(image, tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), rate)), 0, 1);
          return { value, m, v, moved };
        });
        tf.dispose([image, first, second]);
        image = next.moved;
        first = next.m;
        second = next.v;
        await next.value.data();
        // The loss may be there before the image is: one number of it ends the step.
        const probe = tf.slice(image, [0, 0, 0], [1, 1, 1]);
        await probe.data();
        tf.dispose([next.value, probe]);
      },
      destroy: () => {
        tf.dispose([
          image,
          first,
          second,
          means,
          ...grams.values(),
          ...contents.map(({ map }) => map),
          ...layers.flatMap(({ weights, bias }) => [weights, bias]),
        ]);
      },
    };
  }
}
