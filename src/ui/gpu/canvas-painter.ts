import picture from '../../../shaders/display/picture.wgsl?raw';
import triangle from '../../../shaders/display/triangle.wgsl?raw';
import { USAGE } from '../../engine/buffers.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { pictureBands, type PictureBand } from './picture-bands.js';

interface Target {
  readonly engine: Engine;
  readonly context: GPUCanvasContext;
  readonly pipeline: GPURenderPipeline;
}

/** A picture that is bound: its bands, and what their fragments are told. */
interface Bound {
  readonly buffer: GPUBuffer;
  readonly height: number;
  readonly width: number;
  readonly params: GPUBuffer;
  readonly bands: readonly (PictureBand & { readonly group: GPUBindGroup })[];
}

const PARAMS_BYTES = 16;

const pipelines = new WeakMap<Engine, GPURenderPipeline>();

function pipelineOf(engine: Engine, format: GPUTextureFormat): GPURenderPipeline {
  let pipeline = pipelines.get(engine);
  if (pipeline === undefined) {
    const { device } = engine;
    pipeline = device.createRenderPipeline({
      label: 'picture',
      layout: 'auto',
      vertex: { module: device.createShaderModule({ label: 'display/triangle.wgsl', code: triangle }), entryPoint: 'main' },
      fragment: { module: device.createShaderModule({ label: 'display/picture.wgsl', code: picture }), entryPoint: 'main', targets: [{ format }] },
    });
    pipelines.set(engine, pipeline);
  }
  return pipeline;
}

/** Draws a picture in GPU memory to a canvas on the engine's device, without reading it back. */
export class CanvasPainter {
  readonly #canvas: HTMLCanvasElement;
  #target: Target | undefined;
  #bound: Bound | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /**
   * Draws f32 [height, width, 3] from `buffer`. The canvas takes the picture's size.
   *
   * @throws GramaryeError `unsupported` when the canvas has no WebGPU context.
   */
  draw(engine: Engine, buffer: GPUBuffer, { height, width }: { readonly height: number; readonly width: number }): void {
    if (engine.isLost) return;
    const target = this.#targetFor(engine);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const bound = this.#bind(target, buffer, height, width);
    const encoder = engine.device.createCommandEncoder({ label: 'picture' });
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view: target.context.getCurrentTexture().createView(), loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(target.pipeline);
    for (const { group, firstRow, rows } of bound.bands) {
      pass.setBindGroup(0, group);
      pass.setScissorRect(0, firstRow, width, rows);
      pass.draw(3);
    }
    pass.end();
    engine.device.queue.submit([encoder.finish()]);
  }

  /** Lets go of the device. What was drawn last may disappear. */
  release(): void {
    this.#unbind();
    this.#target?.context.unconfigure();
    this.#target = undefined;
  }

  #unbind(): void {
    this.#bound?.params.destroy();
    this.#bound = undefined;
  }

  #bind({ engine, pipeline }: Target, buffer: GPUBuffer, height: number, width: number): Bound {
    if (this.#bound?.buffer === buffer && this.#bound.height === height && this.#bound.width === width) return this.#bound;
    this.#unbind();
    const { device } = engine;
    const stride = Math.ceil(PARAMS_BYTES / device.limits.minUniformBufferOffsetAlignment) * device.limits.minUniformBufferOffsetAlignment;
    const bands = pictureBands(height, width, device.limits);
    const params = device.createBuffer({ label: 'picture params', size: stride * bands.length, usage: USAGE.uniform | USAGE.copyTarget });
    const layout = pipeline.getBindGroupLayout(0);
    this.#bound = {
      buffer,
      height,
      width,
      params,
      bands: bands.map((band, index) => {
        device.queue.writeBuffer(params, index * stride, Uint32Array.of(height, width, band.firstRow, band.skip));
        const entries = [
          { binding: 0, resource: { buffer, offset: band.offsetBytes, size: band.sizeBytes } },
          { binding: 1, resource: { buffer: params, offset: index * stride, size: PARAMS_BYTES } },
        ];
        return { ...band, group: device.createBindGroup({ label: 'picture', layout, entries }) };
      }),
    };
    return this.#bound;
  }

  #targetFor(engine: Engine): Target {
    if (this.#target?.engine === engine) return this.#target;
    this.release();
    const context = this.#canvas.getContext('webgpu');
    if (context === null) throw new GramaryeError('unsupported', 'This canvas gives no WebGPU context.', { remedy: 'Restart the browser.' });
    const format = navigator.gpu.getPreferredCanvasFormat();
    context.configure({ device: engine.device, format, alphaMode: 'opaque' });
    this.#target = { engine, context, pipeline: pipelineOf(engine, format) };
    return this.#target;
  }
}
