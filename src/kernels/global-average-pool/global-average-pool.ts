import columns from '../../../shaders/global-average-pool/columns.wgsl?raw';
import gradientShader from '../../../shaders/global-average-pool/gradient.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Pictures, pixels of one picture, channels. */
export type GlobalAveragePoolAttributes = { readonly batch: number; readonly pixels: number; readonly channels: number };

const WORKGROUP = 64;
const SOURCE = 'Lin, Chen, Yan, "Network in network", ICLR 2014.';
const ATTRIBUTES = { batch: 'pictures', pixels: 'height × width of one picture', channels: 'channels' } as const;
const SAMPLES: readonly GlobalAveragePoolAttributes[] = [
  { batch: 1, pixels: 1, channels: 1 },
  { batch: 3, pixels: 49, channels: 33 },
  { batch: 2, pixels: 63, channels: 65 },
];

function require(owner: string, { batch, pixels, channels }: GlobalAveragePoolAttributes): void {
  requireInteger(owner, 'batch', batch);
  requireInteger(owner, 'pixels', pixels);
  requireInteger(owner, 'channels', channels);
}

/** Mean over the pixels of each picture. */
export const globalAveragePool = defineKernel<GlobalAveragePoolAttributes>({
  name: 'globalAveragePool',
  summary: 'Mean over the pixels of each picture.',
  formula: 'output[b, c] = mean_p input[b, p, c]',
  source: SOURCE,
  inputs: [{ name: 'input', dtype: 'f32', summary: 'feature map [batch, pixels, channels]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'means [batch, channels]' }],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    require('globalAveragePool', attributes);
    const { batch, pixels, channels } = attributes;
    return { input: [batch, pixels, channels], output: [batch, channels] };
  },
  reference: ({ batch, pixels, channels }, { input = new Float64Array() }) => {
    const output = new Float64Array(batch * channels);
    input.forEach((value, i) => {
      const at = Math.floor(i / (pixels * channels)) * channels + (i % channels);
      output[at] = (output[at] ?? 0) + value / pixels;
    });
    return { output };
  },
  cost: ({ batch, pixels, channels }) => ({ flops: batch * pixels * channels, bytes: 4 * batch * (pixels + 1) * channels }),
  variants: [
    {
      id: 'columns',
      summary: 'One invocation per mean, lanes along the channels.',
      accepts: () => true,
      passes: ({ batch, pixels, channels }) => [
        {
          shader: { path: 'global-average-pool/columns.wgsl', source: columns },
          constants: { WORKGROUP },
          params: { batch, pixels, channels, inverse_pixels: 1 / pixels },
          workgroups: linearWorkgroups(ceilDiv(batch * channels, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { kernel: 'globalAveragePoolGradient', summary: 'to the input' },
  samples: SAMPLES,
  largeSamples: [{ batch: 2, pixels: 2, channels: 65_537 * 32 + 1 }],
});

/** Gradient of the mean over pixels. */
export const globalAveragePoolGradient = defineKernel<GlobalAveragePoolAttributes>({
  name: 'globalAveragePoolGradient',
  summary: 'Gradient of the mean over pixels to the feature map.',
  formula: 'inputGradient[b, p, c] = gradient[b, c] / pixels',
  source: SOURCE,
  inputs: [{ name: 'gradient', dtype: 'f32', summary: 'gradient of the means [batch, channels]' }],
  outputs: [{ name: 'inputGradient', dtype: 'f32', summary: 'gradient of the feature map [batch, pixels, channels]' }],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    require('globalAveragePoolGradient', attributes);
    const { batch, pixels, channels } = attributes;
    return { gradient: [batch, channels], inputGradient: [batch, pixels, channels] };
  },
  reference: ({ batch, pixels, channels }, { gradient = new Float64Array() }) => ({
    inputGradient: Float64Array.from(
      { length: batch * pixels * channels },
      (_, i) => (gradient[Math.floor(i / (pixels * channels)) * channels + (i % channels)] ?? 0) / pixels,
    ),
  }),
  cost: ({ batch, pixels, channels }) => ({ flops: batch * pixels * channels, bytes: 4 * batch * (pixels + 1) * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per value, lanes along the channels.',
      accepts: () => true,
      passes: ({ batch, pixels, channels }) => [
        {
          shader: { path: 'global-average-pool/gradient.wgsl', source: gradientShader },
          constants: { WORKGROUP },
          params: { count: batch * pixels * channels, pixels, channels, inverse_pixels: 1 / pixels },
          workgroups: linearWorkgroups(ceilDiv(batch * pixels * channels, WORKGROUP)),
        },
      ],
    },
  ],
  gradient: { none: 'Second derivatives are not needed.' },
  samples: SAMPLES,
  largeSamples: [{ batch: 2, pixels: 65_537, channels: 33 }],
});
