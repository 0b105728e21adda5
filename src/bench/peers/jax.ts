/** jax-js on WebGPU, each op compiled by its `jit`. Its maps are [1, channels, height, width]; a use that is not the last takes `.ref`. */
import { defaultDevice, init, jit, lax, nn, numpy as np } from '@jax-js/jax';
import type { Attributes, Values } from '../../engine/contract.js';
import { GramaryeError } from '../../engine/errors.js';
import { toOihw, transposed } from './layouts.js';
import { inputOf, numberOf, type Peer, type PeerOp } from './peer.js';

/** What jax-js gives is not typed everywhere. Throws `internal` for anything but an array of numbers. */
function numbersOf(data: unknown): ArrayLike<number> {
  if (data instanceof Float32Array) return data;
  throw new GramaryeError('internal', 'jax-js gave something else than 32-bit floats.');
}

interface Recipe {
  readonly arrays: readonly np.Array[];
  readonly compute: (...arrays: np.Array[]) => np.Array;
  /** The result in our order. */
  toOurs(values: ArrayLike<number>): ArrayLike<number>;
}

function recipeOf(kernel: string, attributes: Attributes, inputs: Values): Recipe | undefined {
  const of = (name: string): number => numberOf(attributes, name);
  const same = (values: ArrayLike<number>): ArrayLike<number> => values;
  const map = (channels: number): np.Array =>
    np.array(transposed(inputOf(inputs, 'input'), of('height') * of('width'), channels), { shape: [1, channels, of('height'), of('width')] });
  switch (kernel) {
    case 'conv3x3BiasRelu': {
      const [input, output] = [of('inChannels'), of('outChannels')];
      const weights = np.array(toOihw(inputOf(inputs, 'weights'), input, output), { shape: [output, input, 3, 3] });
      const bias = np.array(inputOf(inputs, 'bias'), { shape: [1, output, 1, 1] });
      return {
        arrays: [map(input), weights, bias],
        compute: (x, w, b) => {
          const sum = lax.convGeneralDilated(x, w, [1, 1], 'SAME').add(b);
          return attributes.relu === true ? nn.relu(sum) : sum;
        },
        toOurs: (values) => transposed(values, output, of('height') * of('width')),
      };
    }
    case 'gram': {
      const features = np.array(inputOf(inputs, 'features'), { shape: [of('positions'), of('channels')] });
      return {
        arrays: [features],
        compute: (f) => {
          return np.matmul(f.ref.transpose([1, 0]), f).div(of('positions'));
        },
        toOurs: same,
      };
    }
    case 'maxPool2x2': {
      const channels = of('channels');
      return {
        arrays: [map(channels)],
        compute: (x) => {
          return lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
        },
        toOurs: (values) => transposed(values, channels, Math.floor(of('height') / 2) * Math.floor(of('width') / 2)),
      };
    }
    default:
      return undefined;
  }
}

class JaxPeer implements Peer {
  readonly title = 'jit';

  prepare(kernel: string, attributes: Attributes, inputs: Values): Promise<PeerOp | undefined> {
    const recipe = recipeOf(kernel, attributes, inputs);
    if (recipe === undefined) return Promise.resolve(undefined);
    const compute = jit(recipe.compute);
    const call = (): np.Array => compute(...recipe.arrays.map((array) => array.ref));
    let last = call();
    return Promise.resolve({
      run: () => {
        last.dispose();
        last = call();
      },
      finish: async () => {
        await last.blockUntilReady();
      },
      output: async () => recipe.toOurs(numbersOf(await last.ref.data())),
      destroy: () => {
        last.dispose();
        for (const array of recipe.arrays) array.dispose();
        compute.dispose();
      },
    });
  }
}

/** Starts jax-js on WebGPU. Throws `unsupported` where it finds none. */
export async function startJax(): Promise<Peer> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new GramaryeError('unsupported', `jax-js finds no WebGPU here, only ${devices.join(', ') || 'nothing'}.`);
  defaultDevice('webgpu');
  return new JaxPeer();
}
