import scalarShader from '../../../shaders/conv3x3/filter-gradient-scalar.wgsl?raw';
import vec4Shader from '../../../shaders/conv3x3/filter-gradient-vec4.wgsl?raw';
import { defineKernel, type Pass, type Shader, type Values, type Variant } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { GramaryeError, requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { columnSumPass } from '../column-sum/column-sum.js';

/** Sizes of a 3×3 convolution of a batch with stride 1. */
export type Conv3x3FilterGradientAttributes = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Zeros on every side: 1 keeps the size, 0 gives outputs only where the filter lies inside. */
  readonly pad: number;
};

const WORKGROUP = 64;
/** Output vectors of one invocation of the vec4 file. */
const VECTORS = 2;
/** How many invocations should run at once: enough for a large GPU, or for the few threads of a software adapter. */
const WANTED_INVOCATIONS = { gpu: 16_384, software: 512 };
/** The partial sums of all slices together stay below this. */
const MAX_PARTIALS_BYTES = 64 * 2 ** 20;

interface OutputSize {
  readonly outHeight: number;
  readonly outWidth: number;
}

const outputSize = ({ height, width, pad }: Conv3x3FilterGradientAttributes): OutputSize => ({
  outHeight: height + 2 * pad - 2,
  outWidth: width + 2 * pad - 2,
});

/** The definition, in float64. */
export function conv3x3FilterGradientReference(attributes: Conv3x3FilterGradientAttributes, values: Values): Values {
  const { batch, height, width, inChannels, outChannels, pad } = attributes;
  const { input = new Float64Array(), gradient = new Float64Array() } = values;
  const { outHeight, outWidth } = outputSize(attributes);
  const filterGradient = new Float64Array(9 * inChannels * outChannels);
  for (let pixel = 0; pixel < batch * outHeight * outWidth; pixel++) {
    const image = Math.floor(pixel / (outHeight * outWidth));
    for (let tap = 0; tap < 9; tap++) {
      const y = (Math.floor(pixel / outWidth) % outHeight) + Math.floor(tap / 3) - pad;
      const x = (pixel % outWidth) + (tap % 3) - pad;
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      for (let i = 0; i < inChannels; i++) {
        const value = input[((image * height + y) * width + x) * inChannels + i] ?? 0;
        for (let o = 0; o < outChannels; o++) {
          const at = (tap * inChannels + i) * outChannels + o;
          filterGradient[at] = (filterGradient[at] ?? 0) + value * (gradient[pixel * outChannels + o] ?? 0);
        }
      }
    }
  }
  return { filterGradient };
}

/** One file: how many channels an invocation takes, and what its parameters are called. */
interface Form {
  readonly id: string;
  readonly summary: string;
  readonly shader: Shader;
  accepts(attributes: Conv3x3FilterGradientAttributes): true | string;
  /** Invocations along input channels and output channels. */
  groups(attributes: Conv3x3FilterGradientAttributes): { inputs: number; outputs: number };
  params(attributes: Conv3x3FilterGradientAttributes): Readonly<Record<string, number>>;
}

function sliceCount(form: Form, attributes: Conv3x3FilterGradientAttributes, { isSoftware }: DeviceTraits): number {
  const { batch, inChannels, outChannels } = attributes;
  const { inputs, outputs } = form.groups(attributes);
  const wanted = ceilDiv(isSoftware ? WANTED_INVOCATIONS.software : WANTED_INVOCATIONS.gpu, 3 * inputs * outputs);
  const affordable = Math.floor(MAX_PARTIALS_BYTES / (36 * inChannels * outChannels));
  return Math.max(1, Math.min(wanted, affordable, batch * outputSize(attributes).outHeight));
}

function variant(form: Form): Variant<Conv3x3FilterGradientAttributes> {
  const { id, summary, shader } = form;
  return {
    id,
    summary,
    accepts: (attributes) => form.accepts(attributes),
    scratch: (attributes, device): Record<string, number> => {
      const slices = sliceCount(form, attributes, device);
      return slices === 1 ? {} : { partials: 36 * attributes.inChannels * attributes.outChannels * slices };
    },
    passes: (attributes, device) => {
      const { batch, height, width, inChannels, outChannels, pad } = attributes;
      const { outHeight, outWidth } = outputSize(attributes);
      const slices = sliceCount(form, attributes, device);
      const rows = batch * outHeight;
      const { inputs, outputs } = form.groups(attributes);
      const partial: Pass = {
        shader,
        constants: { WORKGROUP },
        params: {
          height,
          width,
          out_height: outHeight,
          out_width: outWidth,
          pad,
          rows,
          slices,
          rounds: ceilDiv(rows, slices),
          out_groups: outputs,
          ...form.params(attributes),
        },
        workgroups: linearWorkgroups(ceilDiv(slices * 3 * inputs * outputs, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
      };
      // A single slice is already the sum.
      if (slices === 1) return [{ ...partial, bind: { partials: 'filterGradient' } }];
      return [partial, columnSumPass({ rows: slices, columns: 9 * inChannels * outChannels, slices: 1 }, ['partials', 'filterGradient'], device)];
    },
  };
}

const vec4Form: Form = {
  id: 'row-slices-vec4',
  summary: 'One invocation per filter row × 4 input × 8 output channels and slice of output rows; a second pass adds the slices. No workgroup memory.',
  shader: { path: 'conv3x3/filter-gradient-vec4.wgsl', source: vec4Shader },
  accepts: ({ inChannels, outChannels }) => (inChannels % 4 === 0 && outChannels % 4 === 0 ? true : 'channel counts are no multiples of 4'),
  groups: ({ inChannels, outChannels }) => ({ inputs: inChannels / 4, outputs: ceilDiv(outChannels / 4, VECTORS) }),
  params: ({ inChannels, outChannels }) => ({ in_vectors: inChannels / 4, out_vectors: outChannels / 4 }),
};

const scalarForm: Form = {
  id: 'row-slices-scalar',
  summary: 'One invocation per filter row × 1 input × 4 output channels and slice of output rows; a second pass adds the slices. Any channel counts.',
  shader: { path: 'conv3x3/filter-gradient-scalar.wgsl', source: scalarShader },
  accepts: () => true,
  groups: ({ inChannels, outChannels }) => ({ inputs: inChannels, outputs: ceilDiv(outChannels, 4) }),
  params: ({ inChannels, outChannels }) => ({ in_channels: inChannels, out_channels: outChannels }),
};

/** Gradient of a 3×3 convolution with stride 1 to its filter, summed over a batch. */
export const conv3x3FilterGradient = defineKernel<Conv3x3FilterGradientAttributes>({
  name: 'conv3x3FilterGradient',
  summary: 'Gradient of a 3×3 convolution with stride 1 to its filter, summed over the batch.',
  formula: 'filterGradient[ky, kx, i, o] = Σ_{b,y,x} input[b, y + ky - pad, x + kx - pad, i] · gradient[b, y, x, o]',
  source: 'The chain rule.',
  inputs: [
    { name: 'input', dtype: 'f32', summary: 'feature map [batch, height, width, inChannels]' },
    { name: 'gradient', dtype: 'f32', summary: 'gradient of the output [batch, height + 2 pad - 2, width + 2 pad - 2, outChannels]' },
  ],
  outputs: [{ name: 'filterGradient', dtype: 'f32', summary: 'gradient of the filter [3, 3, inChannels, outChannels]' }],
  attributes: {
    batch: 'pictures',
    height: 'rows of the input',
    width: 'columns of the input',
    inChannels: 'input channels',
    outChannels: 'output channels',
    pad: 'zeros on every side of the input, 0 or 1',
  },
  shapes(attributes) {
    const { batch, height, width, inChannels, outChannels, pad } = attributes;
    for (const [name, value] of Object.entries({ batch, inChannels, outChannels })) requireInteger('conv3x3FilterGradient', name, value);
    if (pad !== 0 && pad !== 1) throw new GramaryeError('bad-shape', `conv3x3FilterGradient: pad is ${String(pad)}; wanted 0 or 1.`);
    for (const [name, value] of Object.entries({ height, width })) requireInteger('conv3x3FilterGradient', name, value, 3 - 2 * pad);
    const { outHeight, outWidth } = outputSize(attributes);
    return {
      input: [batch, height, width, inChannels],
      gradient: [batch, outHeight, outWidth, outChannels],
      filterGradient: [3, 3, inChannels, outChannels],
    };
  },
  reference: conv3x3FilterGradientReference,
  cost: (attributes) => {
    const { batch, height, width, inChannels, outChannels } = attributes;
    const { outHeight, outWidth } = outputSize(attributes);
    const outputs = batch * outHeight * outWidth;
    return {
      flops: 18 * outputs * inChannels * outChannels,
      bytes: 4 * (batch * height * width * inChannels + outputs * outChannels + 9 * inChannels * outChannels),
    };
  },
  variants: [variant(vec4Form), variant(scalarForm)],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: [
    { batch: 1, height: 1, width: 1, inChannels: 1, outChannels: 1, pad: 1 },
    { batch: 1, height: 3, width: 3, inChannels: 4, outChannels: 4, pad: 0 },
    { batch: 2, height: 5, width: 7, inChannels: 3, outChannels: 13, pad: 1 },
    { batch: 3, height: 7, width: 4, inChannels: 8, outChannels: 12, pad: 1 },
    { batch: 2, height: 8, width: 9, inChannels: 12, outChannels: 20, pad: 0 },
    { batch: 1, height: 6, width: 5, inChannels: 64, outChannels: 72, pad: 1 },
    { batch: 5, height: 17, width: 2, inChannels: 16, outChannels: 8, pad: 1 },
  ],
});
