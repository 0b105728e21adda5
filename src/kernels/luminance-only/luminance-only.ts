import pixelsShader from '../../../shaders/luminance-only/pixels.wgsl?raw';
import { defineKernel, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';

/** Pixels of the image. */
export type LuminanceAttributes = { readonly pixels: number };

const WORKGROUP = 64;

/** Luminance of ITU-R BT.601 in float64, on sRGB values as they are. */
export function luminanceOf(values: ArrayLike<number>, pixel: number): number {
  return 0.299 * (values[3 * pixel] ?? 0) + 0.587 * (values[3 * pixel + 1] ?? 0) + 0.114 * (values[3 * pixel + 2] ?? 0);
}

/** By way of the colour space, in float64: luminance of one, both colour differences of the other. */
export function luminanceOnlyReference({ pixels }: LuminanceAttributes, { image = new Float64Array(), colour = new Float64Array() }: Values): Values {
  const result = new Float64Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const y = luminanceOf(image, pixel);
    const [red, blue] = [0, 2].map((channel) => (colour[3 * pixel + channel] ?? 0) - luminanceOf(colour, pixel));
    const r = y + (red ?? 0);
    const b = y + (blue ?? 0);
    const g = (y - 0.299 * r - 0.114 * b) / 0.587;
    result.set(
      [r, g, b].map((value) => Math.min(1, Math.max(0, value))),
      3 * pixel,
    );
  }
  return { result };
}

/** An image's luminance with another's colours. */
export const luminanceOnly = defineKernel<LuminanceAttributes>({
  name: 'luminanceOnly',
  summary: 'The luminance of an image with the colours of another, clipped to [0, 1].',
  formula: 'result = clip(colour + Y(image) - Y(colour)) in each channel; Y = 0.299 R + 0.587 G + 0.114 B',
  source: 'Gatys, Bethge, Hertzmann, Shechtman, "Preserving color in neural artistic style transfer", 2016, section 5; luminance of ITU-R BT.601.',
  inputs: [
    { name: 'image', dtype: 'f32', summary: 'image [pixels, 3]' },
    { name: 'colour', dtype: 'f32', summary: 'image with the colours [pixels, 3]' },
  ],
  outputs: [{ name: 'result', dtype: 'f32', summary: 'image [pixels, 3]' }],
  attributes: { pixels: 'pixels of the image' },
  shapes({ pixels }) {
    requireInteger('luminanceOnly', 'pixels', pixels);
    return { image: [pixels, 3], colour: [pixels, 3], result: [pixels, 3] };
  },
  reference: luminanceOnlyReference,
  cost: ({ pixels }) => ({ flops: 14 * pixels, bytes: 36 * pixels }),
  variants: [
    {
      id: 'pixels',
      summary: 'One invocation per pixel.',
      accepts: () => true,
      passes: ({ pixels }, device) => [
        {
          shader: { path: 'luminance-only/pixels.wgsl', source: pixelsShader },
          constants: { WORKGROUP },
          params: { pixels },
          workgroups: linearWorkgroups(ceilDiv(pixels, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'It only presents.' },
  samples: [{ pixels: 1 }, { pixels: 63 }, { pixels: 65 }, { pixels: 10_007 }],
  generate: ({ pixels }, uniform) => ({
    image: drawValues(3 * pixels, () => uniform(0, 1)),
    colour: drawValues(3 * pixels, () => uniform(0, 1)),
  }),
});
