/** Pictures drawn in bands where the device cannot bind them whole: the same pixels, on the machine's adapter. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanvasPainter } from '../../src/ui/gpu/canvas-painter.js';
import { pictureBands } from '../../src/ui/gpu/picture-bands.js';
import type { Engine } from '../../src/engine/engine.js';
import { Philox } from '../../src/engine/random.js';
import { nodeEngine } from '../support/node-gpu.js';

const FORMAT = 'rgba8unorm';
let engine: Engine;

beforeAll(async () => {
  engine = await nodeEngine();
  navigator.gpu.getPreferredCanvasFormat = () => FORMAT;
});
afterAll(() => {
  engine.destroy();
});

describe('bands of a picture', () => {
  it.each([
    [4_096, 4_096, 2 ** 27, 2],
    [4_096, 4_096, 2 ** 28, 1],
    [37, 53, 2_000, 19],
    [1, 5, 1_000, 1],
  ])('cover %d × %d once under %d bytes', (height, width, maxStorageBufferBindingSize, count) => {
    const bands = pictureBands(height, width, { maxStorageBufferBindingSize, minStorageBufferOffsetAlignment: 256 });
    expect(bands).toHaveLength(count);
    let row = 0;
    for (const { firstRow, rows, offsetBytes, sizeBytes, skip } of bands) {
      expect(firstRow).toBe(row);
      expect(offsetBytes % 256).toBe(0);
      expect(offsetBytes + 4 * skip).toBe(firstRow * width * 12);
      expect(sizeBytes).toBe(4 * skip + rows * width * 12);
      expect(sizeBytes).toBeLessThanOrEqual(maxStorageBufferBindingSize);
      row += rows;
    }
    expect(row).toBe(height);
  });
});

/** An engine that says that its device binds less. */
function limitedTo(bytes: number): Engine {
  const limits = new Proxy(engine.device.limits, {
    get: (target, name) => (name === 'maxStorageBufferBindingSize' ? bytes : (Reflect.get(target, name) as unknown)),
  });
  const device = new Proxy(engine.device, {
    get: (target, name) => {
      if (name === 'limits') return limits;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return Object.create(engine, { isLost: { value: false }, device: { value: device } }) as Engine;
}

async function drawn(on: Engine, buffer: GPUBuffer, height: number, width: number): Promise<Uint8Array> {
  const { device } = engine;
  const texture = device.createTexture({ size: [width, height], format: FORMAT, usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC });
  const context = { configure: () => undefined, unconfigure: () => undefined, getCurrentTexture: () => texture };
  const painter = new CanvasPainter({ width: 0, height: 0, getContext: () => context } as unknown as HTMLCanvasElement);
  painter.draw(on, buffer, { height, width });
  const bytesPerRow = 256 * Math.ceil((width * 4) / 256);
  const read = device.createBuffer({ size: bytesPerRow * height, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer: read, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const rows = new Uint8Array(read.getMappedRange().slice(0));
  painter.release();
  texture.destroy();
  read.destroy();
  return Uint8Array.from({ length: height * width * 4 }, (_, i) => rows[Math.floor(i / (4 * width)) * bytesPerRow + (i % (4 * width))] ?? 0);
}

describe('the painter', () => {
  it('draws every pixel, whole and in bands', async () => {
    const [height, width] = [37, 53];
    const random = new Philox(11);
    const image = Float32Array.from({ length: height * width * 3 }, () => random.nextUniform());
    const buffer = engine.createBufferFrom('picture', image);
    const wanted = Uint8Array.from({ length: height * width * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : Math.round(255 * (image[Math.floor(i / 4) * 3 + (i % 4)] ?? 0)),
    );
    for (const [name, on] of [
      ['whole', engine],
      ['in bands', limitedTo(2_000)],
    ] as const) {
      const found = await drawn(on, buffer, height, width);
      const apart = found.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? 0))), 0);
      expect(apart, name).toBeLessThanOrEqual(1);
    }
    engine.destroyBuffer(buffer);
  });
});
