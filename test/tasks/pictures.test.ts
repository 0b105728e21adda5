import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { sourceFromBytes } from '../../src/models/byte-source.js';
import { parsePictureSize, resolvePictureSize } from '../../src/tasks/pictures/picture-size.js';
import { pictureOfPixels, pixelsOfPicture, resizePixels, type Pixels } from '../../src/tasks/pictures/pixels.js';
import { readTensorPicture } from '../../src/tasks/pictures/tensor-picture.js';

describe('picture size', () => {
  const natural = { height: 600, width: 901 };
  it.each([
    ['512', { height: 340, width: 512 }],
    ['901', { height: 600, width: 901 }],
    ['2000', { height: 1331, width: 2000 }],
    ['100x300', { height: 100, width: 300 }],
    ['16x16', { height: 16, width: 16 }],
    ['as-is', natural],
  ])('%s', (text, wanted) => {
    expect(resolvePictureSize(parsePictureSize(text, '--size'), natural, 'a.png')).toEqual(wanted);
  });

  it('keeps the longer side of an upright picture', () => {
    expect(resolvePictureSize(parsePictureSize('64', '--size'), { height: 901, width: 600 }, 'a.png')).toEqual({ height: 64, width: 42 });
  });

  it.each(['15', '0', '16x15', '1e3', '-20', '20x', 'x20', '20,20', '', 'as is', '20000', '99999999999'])('refuses "%s"', (text) => {
    expect(() => parsePictureSize(text, '--size')).toThrow(/--size is/);
  });

  it('refuses a size whose other side would be under 16 px', () => {
    expect(() => resolvePictureSize(parsePictureSize('64', '--size'), { height: 100, width: 1000 }, 'long.png')).toThrow('long.png would be 64 × 6 px');
    expect(() => resolvePictureSize(parsePictureSize('as-is', '--size'), { height: 8, width: 8 }, 'tiny.png')).toThrow('tiny.png would be 8 × 8 px');
  });
});

function pixels(height: number, width: number, colour: (y: number, x: number) => [number, number, number]): Pixels {
  const rgba = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rgba.set(colour(y, x), (y * width + x) * 4);
  return { height, width, rgba };
}

describe('pixels', () => {
  it('survive the way to a picture and back', () => {
    const before = pixels(16, 16, (y, x) => [y * 16 + x, x, 255 - y]);
    const picture = pictureOfPixels(before);
    expect(picture.data[0]).toBe(0);
    expect(picture.data[3 * 255]).toBe(1);
    expect(pixelsOfPicture(picture)).toEqual(before);
  });

  it('are rounded to nearest and clipped', () => {
    const data = Float32Array.from([0.5, -1, 2, 1 / 510 - 1e-4, 1 / 510 + 1e-4, 0.999]);
    expect([...pixelsOfPicture({ height: 1, width: 2, data }).rgba]).toEqual([128, 0, 255, 255, 0, 1, 255, 255]);
  });

  it('keep a plain colour through any resize', async () => {
    for (const size of [
      { height: 16, width: 16 },
      { height: 37, width: 91 },
    ]) {
      const { rgba } = await resizePixels(
        pixels(40, 50, () => [10, 128, 250]),
        size,
      );
      expect(rgba.length).toBe(size.height * size.width * 4);
      for (let at = 0; at < rgba.length; at += 4) expect([...rgba.subarray(at, at + 4)]).toEqual([10, 128, 250, 255]);
    }
  });

  it('do not alias when they shrink: stripes finer than the result become grey', async () => {
    const { rgba } = await resizePixels(
      pixels(128, 128, (_, x) => (x % 2 === 0 ? [0, 0, 0] : [255, 255, 255])),
      { height: 32, width: 32 },
    );
    // The filter's tails end at the border, so the outermost pixels see an uneven number of stripes.
    for (let x = 3; x < 29; x++) expect(Math.abs((rgba[(16 * 32 + x) * 4] ?? 0) - 127.5)).toBeLessThan(3);
  });

  it('keep their place: a ramp stays a ramp', async () => {
    const { rgba } = await resizePixels(
      pixels(64, 64, (y) => [y * 4, 0, 0]),
      { height: 32, width: 32 },
    );
    for (let y = 2; y < 30; y++) expect(Math.abs((rgba[y * 32 * 4] ?? 0) - (y * 8 + 2))).toBeLessThanOrEqual(1);
  });
});

describe('tensor pictures', () => {
  const values = Float64Array.from({ length: 20 * 16 * 3 }, (_, index) => index / 960);
  const source = sourceFromBytes(
    'case.safetensors',
    writeSafetensors({
      image: { shape: [20, 16, 3], dtype: 'F32', values },
      exact: { shape: [20, 16, 3], dtype: 'F64', values },
      half: { shape: [20, 16, 3], dtype: 'F16', values },
      flat: { shape: [960], dtype: 'F32', values },
      bright: { shape: [20, 16, 3], dtype: 'F32', values: values.map((value) => value * 255) },
      small: { shape: [8, 8, 3], dtype: 'F32', values: values.subarray(0, 192) },
    }),
  );
  const read = (tensor: string, size: string): Promise<unknown> => readTensorPicture(source, tensor, parsePictureSize(size, '--size'));

  it('are taken exactly, at their own size', async () => {
    const wanted = { height: 20, width: 16, data: Float32Array.from(values) };
    expect(await read('image', 'as-is')).toEqual(wanted);
    expect(await read('exact', '20x16')).toEqual(wanted);
    expect(await read('image', '20')).toEqual(wanted);
  });

  it.each([
    ['image', '40', /case\.safetensors#image is 20x16, and 40x32 is asked/],
    ['half', 'as-is', /F16 \[20, 16, 3\]/],
    ['flat', 'as-is', /F32 \[960\]/],
    ['bright', 'as-is', /outside 0 to 1/],
    ['small', 'as-is', /8 × 8 px/],
    ['absent', 'as-is', /no tensor "absent"/],
  ])('%s at %s is refused', async (tensor, size, message) => {
    await expect(read(tensor, size)).rejects.toThrow(message);
  });
});
